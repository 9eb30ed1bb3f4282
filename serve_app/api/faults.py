"""What fails behind the API, in the API's words."""

from __future__ import annotations

import logging

from serve_app.api.problems import Problem
from trending.errors import (
    LLMBudgetError,
    LLMBusyError,
    LLMDeadlineError,
    LLMError,
    PromptError,
    ServiceError,
)

_log = logging.getLogger(__name__)
_RETRY_AFTER_S = 1.0
NO_PLACE = "All places are taken; ask again later."


def problem_of(error: BaseException, unavailable: tuple[type[BaseException], ...]) -> Problem | None:
    """The problem that tells a client about this error; None for what nobody foresaw.

    `unavailable`: what is raised where a deployment is busy, gone or not up yet. Ray wraps what another process
    raised and keeps it as `cause`.
    """
    cause = getattr(error, "cause", None)
    original = cause if isinstance(cause, BaseException) else error
    if isinstance(error, unavailable) or isinstance(original, unavailable):
        wait_s = getattr(original, "retry_after_s", None) or _RETRY_AFTER_S
        return no_place(wait_s)
    if isinstance(original, ServiceError):
        _log.error("A part of the service failed: %s", original)
        return Problem(
            "unavailable", "No model can answer now; ask again later.", retry_after_s=_RETRY_AFTER_S
        )
    if isinstance(original, LLMError):
        return _of_language_model(original)
    return None


def no_place(wait_s: float = _RETRY_AFTER_S) -> Problem:
    """Everything that could answer has as much to do as it may."""
    return Problem("unavailable", NO_PLACE, retry_after_s=wait_s)


def _of_language_model(error: LLMError) -> Problem:
    if isinstance(error, PromptError):
        return Problem("bad-request", str(error))
    if isinstance(error, LLMBudgetError):
        return Problem("too-many-requests", str(error), retry_after_s=error.retry_after_s)
    if isinstance(error, LLMBusyError):
        return Problem("unavailable", str(error), retry_after_s=error.retry_after_s)
    if isinstance(error, LLMDeadlineError):
        return Problem("deadline", "The language model did not finish in time.")
    # What an engine says may name addresses and files of this machine: it goes into the log, not to the client.
    _log.error("The language model failed: %s", error)
    return Problem("model-failed", "The language model failed; the service's log says why.")
