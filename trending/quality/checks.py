"""Quality checks from YAML, run on a profile: an `error` stops the ingest, a `warning` is reported."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any, Literal

import pyarrow as pa
import yaml
from pydantic import TypeAdapter, ValidationError

from trending.errors import SettingsError
from trending.quality.check_kinds import Check, CheckKind, Evidence, Severity
from trending.quality.profiles import summarise


@dataclass(frozen=True)
class CheckResult:
    """One check, judged."""

    name: str
    severity: Severity
    status: Literal["passed", "failed", "skipped"]
    observed: str
    expected: str

    @property
    def passed(self) -> bool:
        """Not failed; a check with nothing to judge is skipped, which is no failure."""
        return self.status != "failed"

    @property
    def sentence(self) -> str:
        """The result for a person."""
        return f"{self.name}: expected {self.expected}, found {self.observed}"


@dataclass(frozen=True)
class CheckReport:
    """All results of one run, in the order of the checks file."""

    results: tuple[CheckResult, ...]

    @property
    def failed_errors(self) -> tuple[CheckResult, ...]:
        """Failures that must stop the job."""
        return tuple(r for r in self.results if not r.passed and r.severity == "error")

    @property
    def failed_warnings(self) -> tuple[CheckResult, ...]:
        """Failures that are only reported."""
        return tuple(r for r in self.results if not r.passed and r.severity == "warning")

    def as_json(self) -> list[dict[str, str]]:
        """Plain values, for `json.dumps`."""
        return [asdict(result) for result in self.results]


def load_checks(path: Path | None = None) -> list[Check]:
    """Checks of a YAML file; None: the ones that ship with the package.

    Raises `SettingsError` naming the file and every wrong check.
    """
    file = path or resources.files("trending.quality") / "checks.yaml"
    try:
        document = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: no such checks file.") from error
    except yaml.YAMLError as error:
        raise SettingsError(f"{path}: not YAML: {error}") from error
    entries = document.get("checks") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        raise SettingsError(f"{file}: expected a list under the key `checks`.")
    try:
        checks = TypeAdapter(list[CheckKind]).validate_python(entries)
    except ValidationError as error:
        raise SettingsError(f"{file}: " + "; ".join(_faults(error, entries))) from error
    repeated = [name for name, times in Counter(check.name for check in checks).items() if times > 1]
    if repeated:
        raise SettingsError(f"{file}: check names must differ; repeated: {', '.join(repeated)}.")
    return list(checks)


def run_checks(
    checks: Sequence[Check],
    profile: bytes,
    *,
    schema: pa.Schema,
    today: date,
    previous: bytes | None = None,
    quarantined: int = 0,
) -> CheckReport:
    """Judge the profile of accepted rows.

    `schema` is the Arrow schema of the rows; `previous` the profile of the snapshot before, which relative
    volume is measured against; `quarantined` the number of rows that were refused.
    """
    evidence = Evidence(
        columns=summarise(profile),
        previous=summarise(previous) if previous is not None else None,
        schema=schema,
        today=today,
        quarantined=quarantined,
    )
    return CheckReport(results=tuple(_judge(check, evidence) for check in checks))


def _judge(check: Check, evidence: Evidence) -> CheckResult:
    finding = check.judge(evidence)
    status = "skipped" if finding.passed is None else "passed" if finding.passed else "failed"
    return CheckResult(check.name, check.severity, status, finding.observed, finding.expected)


def _faults(error: ValidationError, entries: Sequence[Any]) -> list[str]:
    """One phrase a wrong field, with the check's name where it has one."""
    lines = []
    for fault in error.errors():
        position = fault["loc"][0]
        entry = entries[position] if isinstance(position, int) else None
        name = entry.get("name") if isinstance(entry, Mapping) else None
        where = f"check {position + 1}" if isinstance(position, int) else str(position)
        field = ".".join(str(part) for part in fault["loc"][2:])
        lines.append(f"{where}{f' ({name})' if name else ''}: {f'{field}: ' if field else ''}{fault['msg']}")
    return lines
