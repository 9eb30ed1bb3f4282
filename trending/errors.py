"""Every error that a person can cause or mend. One type per cause, all under `TrendingError`."""

from __future__ import annotations


class TrendingError(Exception):
    """Base of all errors that the command line prints without a traceback.

    The message says what was wrong, where, and what to do.
    """


class SettingsError(TrendingError):
    """A setting is missing, unknown or out of range."""


class PlanError(TrendingError):
    """Nothing can be planned for such a job."""


class SourceError(TrendingError):
    """A source cannot be read: no such file, wrong header, broken encoding, unterminated quote.

    `where` is the file, and the line in it where there is one: `catalogue.csv:17`.
    """

    def __init__(self, where: str, what: str, hint: str = "") -> None:
        self.where = where
        self.what = what
        self.hint = hint
        super().__init__(f"{where}: {what}." + (f" {hint}" if hint else ""))

    def __reduce__(self) -> tuple[type[SourceError], tuple[str, str, str]]:
        """Pickled by its parts: it is raised in workers and read in the driver."""
        return type(self), (self.where, self.what, self.hint)


class TaxonomyError(TrendingError):
    """The taxonomy file is not consistent with itself."""


class AccountingError(TrendingError):
    """Rows in does not equal accepted + merged + quarantined: a row was lost."""


class QualityError(TrendingError):
    """A quality check of severity `error` failed; nothing was committed."""


class SnapshotError(TrendingError):
    """There is no such table or snapshot."""


class BusyError(TrendingError):
    """Another process is writing to the same tables."""


class BundleError(TrendingError):
    """A model bundle is missing, incomplete or not byte for byte what was saved."""


class LabelError(TrendingError):
    """A file of corrected labels cannot be taken, or labels are asked for that nobody has given."""


class TrainingError(TrendingError):
    """A model cannot be trained on this data with these settings."""


class EvaluationError(TrendingError):
    """A model cannot be tested or explained in this way."""


class RegistryError(TrendingError):
    """There is no such run, registered version or alias."""


class ExhaustedError(TrendingError):
    """A disk is full, or Ray's object store with the disk that it spills to."""


class LLMError(TrendingError):
    """A language model did not answer: its engine is down, or its answer cannot be read."""


class LLMBusyError(LLMError):
    """As many requests run and wait as the limits allow. Ask again after `retry_after_s` seconds."""

    def __init__(self, message: str, retry_after_s: float = 1.0) -> None:
        self.message = message
        self.retry_after_s = retry_after_s
        super().__init__(message)

    def __reduce__(self) -> tuple[type[LLMBusyError], tuple[str, float]]:
        """Pickled by its parts: it is raised in a replica and read in another."""
        return type(self), (self.message, self.retry_after_s)


class LLMBudgetError(LLMBusyError):
    """The tokens or the money of the day are spent. `retry_after_s`: seconds to the next day (UTC)."""


class LLMDeadlineError(LLMError):
    """The answer was not whole when its deadline came."""


class PromptError(LLMError):
    """The request can never be answered as it is: too long for the model, or a schema that it cannot obey."""


class EnrichmentError(TrendingError):
    """Titles cannot be enriched with these settings, or what an earlier run left does not fit them."""


class ServiceError(TrendingError):
    """The service cannot start or change as asked: a port in use, no model, no key where one is needed."""


class PolicyError(TrendingError):
    """A gate policy cannot be read, or asks for something that there is not."""


class GateError(TrendingError):
    """The gate cannot judge, approve or roll back: what it needs is missing or has changed since."""


class AuditError(TrendingError):
    """The audit log is not as it was written."""


class SliceError(TrendingError):
    """A slice's condition cannot be read, or holds for too few titles to say anything."""


class CapacityError(TrendingError):
    """A capacity cannot be computed from these amounts, rates or prices."""


class ClusterError(TrendingError):
    """A cluster on this machine does not come up, is not there, or is there already."""
