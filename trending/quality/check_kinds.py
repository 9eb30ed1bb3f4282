"""The kinds of quality check: each a typed entry of the YAML that judges the evidence."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, model_validator

from trending.quality.profiles import ColumnSummary

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Evidence:
    """All that a check may look at."""

    columns: Mapping[str, ColumnSummary]
    previous: Mapping[str, ColumnSummary] | None
    schema: pa.Schema
    today: date
    quarantined: int


@dataclass(frozen=True)
class Finding:
    """What a check found. `passed` is None where there was nothing to judge."""

    passed: bool | None
    observed: str
    expected: str


class Check(BaseModel):
    """One entry of the checks file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(min_length=1)
    """What is expected, as a person would say it."""
    severity: Severity
    """`error` stops the ingest before anything is committed."""

    @abstractmethod
    def judge(self, evidence: Evidence) -> Finding:
        """Compare what is expected with the evidence."""


class SchemaCheck(Check):
    """Columns exist and have these Arrow types; more columns may be there."""

    check: Literal["schema"]
    columns: dict[str, str] = Field(min_length=1)
    """Column name to Arrow type, as Arrow prints it. `string` also accepts `large_string`."""

    def judge(self, evidence: Evidence) -> Finding:
        """Name every column that is missing or of another type."""
        found = {field.name: _plain_type(field.type) for field in evidence.schema}
        wrong = [
            f"{name} is {found.get(name, 'missing')}"
            for name in self.columns
            if found.get(name) != self.columns[name]
        ]
        expected = f"{len(self.columns)} columns with their types"
        if wrong:
            needs = ", ".join(f"{n} {t}" for n, t in self.columns.items() if found.get(n) != t)
            return Finding(False, "; ".join(wrong), needs)
        return Finding(True, "all of them", expected)


class NullsCheck(Check):
    """At most a share of a column is null."""

    check: Literal["nulls"]
    column: str
    max_share: float = Field(ge=0, le=1)

    def judge(self, evidence: Evidence) -> Finding:
        """Compare the share of nulls."""
        expected = (
            f"at most {self.max_share:.1%} of {self.column} missing"
            if self.max_share
            else f"no {self.column} missing"
        )
        column = evidence.columns.get(self.column)
        if column is None:
            return _no_column(self.column, expected)
        if not column.count:
            return Finding(None, "no rows", expected)
        observed = f"{column.nulls:,} of {column.count:,} ({column.null_share:.1%})"
        return Finding(column.null_share <= self.max_share, observed, expected)


class RangeCheck(Check):
    """Smallest and largest value of a column of numbers or dates lie within bounds."""

    check: Literal["range"]
    column: str
    min: float | date | None = None
    max: float | date | Literal["today", "next year"] | None = None
    """A number, a date, `today`, or `next year` (the number of the coming year)."""

    @model_validator(mode="after")
    def _bounded(self) -> RangeCheck:
        if self.min is None and self.max is None:
            raise ValueError("give `min`, `max` or both")
        return self

    def judge(self, evidence: Evidence) -> Finding:
        """Compare both ends of the column."""
        upper = {"today": evidence.today, "next year": evidence.today.year + 1}.get(str(self.max), self.max)
        expected = f"{self.column} {_bounds(_plain(self.min), _plain(upper))}"
        column = evidence.columns.get(self.column)
        if column is None:
            return _no_column(self.column, expected)
        if column.min is None or column.max is None:
            return Finding(None, "no values", expected)
        observed = f"{_plain(column.min)} to {_plain(column.max)}"
        try:
            inside = (self.min is None or column.min >= self.min) and (upper is None or column.max <= upper)  # pyright: ignore[reportOperatorIssue]
        except TypeError:
            return Finding(False, f"{observed}, which cannot be compared with the bounds", expected)
        return Finding(inside, observed, expected)


class CardinalityCheck(Check):
    """The number of different values lies within bounds, or the values are among those allowed."""

    check: Literal["cardinality"]
    column: str
    min: int | None = Field(default=None, ge=0)
    max: int | None = Field(default=None, ge=0)
    allowed: list[str] | None = Field(default=None, min_length=1, max_length=64)

    @model_validator(mode="after")
    def _bounded(self) -> CardinalityCheck:
        if self.min is None and self.max is None and self.allowed is None:
            raise ValueError("give `min`, `max` or `allowed`")
        return self

    def judge(self, evidence: Evidence) -> Finding:
        """Compare the estimated number of values, then the values themselves."""
        wanted = _bounds(_plain(self.min), _plain(self.max))
        among = f"{self.column} among {', '.join(self.allowed or ())}"
        expected = f"{wanted} different values of {self.column}" if wanted else among
        column = evidence.columns.get(self.column)
        if column is None:
            return _no_column(self.column, expected)
        if column.count == column.nulls:
            return Finding(None, "no values", expected)
        if (self.min is not None and column.distinct < self.min) or (
            self.max is not None and column.distinct > self.max
        ):
            return Finding(False, f"{column.distinct}", expected)
        strangers = [
            value for value in column.frequent if self.allowed is not None and value not in self.allowed
        ]
        if strangers:
            return Finding(False, f"also {', '.join(map(repr, strangers[:5]))}", expected)
        return Finding(True, f"{column.distinct}" if wanted else ", ".join(column.frequent), expected)


class VolumeCheck(Check):
    """The number of rows, absolute or relative to the snapshot before."""

    check: Literal["volume"]
    column: str = "title_id"
    """The column whose values are counted."""
    min_rows: int | None = Field(default=None, ge=0)
    max_rows: int | None = Field(default=None, ge=0)
    max_drop: float | None = Field(default=None, ge=0, le=1)
    """Share of the rows before that may be missing now."""
    max_growth: float | None = Field(default=None, ge=0)
    """How many times the rows before may have come on top."""

    @model_validator(mode="after")
    def _bounded(self) -> VolumeCheck:
        absolute = self.min_rows is not None or self.max_rows is not None
        relative = self.max_drop is not None or self.max_growth is not None
        if absolute == relative:
            raise ValueError("give `min_rows`/`max_rows`, or `max_drop`/`max_growth`")
        return self

    def judge(self, evidence: Evidence) -> Finding:
        """Compare the number of rows with the bounds."""
        lowest, highest, unit = self.min_rows, self.max_rows, "rows"
        column = evidence.columns.get(self.column)
        rows = column.count if column else 0
        if self.max_drop is not None or self.max_growth is not None:
            before = (evidence.previous or {}).get(self.column)
            if before is None or not before.count:
                return Finding(
                    None, f"{rows:,} rows and no earlier snapshot", "a like number of rows as before"
                )
            lowest = None if self.max_drop is None else round(before.count * (1 - self.max_drop))
            highest = None if self.max_growth is None else round(before.count * (1 + self.max_growth))
            unit = f"rows, after {before.count:,} last time"
        bounds = _bounds(_plain(lowest), _plain(highest))
        inside = (lowest is None or rows >= lowest) and (highest is None or rows <= highest)
        return Finding(inside, f"{rows:,}", f"{bounds} {unit}")


class FreshnessCheck(Check):
    """The newest date of a column is not too long ago."""

    check: Literal["freshness"]
    column: str
    max_age_days: int = Field(ge=0)

    def judge(self, evidence: Evidence) -> Finding:
        """Compare the age of the newest date."""
        expected = f"the newest {self.column} within {self.max_age_days:,} days"
        column = evidence.columns.get(self.column)
        if column is None:
            return _no_column(self.column, expected)
        if not isinstance(column.max, date):
            return Finding(None, "no dates", expected)
        age = (evidence.today - column.max).days
        return Finding(age <= self.max_age_days, f"{column.max} ({age:,} days ago)", expected)


class QuarantineCheck(Check):
    """At most a share of the rows that came in was refused."""

    check: Literal["quarantine"]
    column: str = "title_id"
    """The column whose values count the accepted rows."""
    max_share: float = Field(ge=0, le=1)

    def judge(self, evidence: Evidence) -> Finding:
        """Compare the share of refused rows."""
        expected = f"at most {self.max_share:.1%} of the rows refused"
        column = evidence.columns.get(self.column)
        rows = evidence.quarantined + (column.count if column else 0)
        if not rows:
            return Finding(None, "no rows", expected)
        share = evidence.quarantined / rows
        return Finding(
            share <= self.max_share, f"{evidence.quarantined:,} of {rows:,} ({share:.1%})", expected
        )


CheckKind = Annotated[
    SchemaCheck | NullsCheck | RangeCheck | CardinalityCheck | VolumeCheck | FreshnessCheck | QuarantineCheck,
    Field(discriminator="check"),
]
"""Any entry of the checks file, told apart by its key `check`."""


def _no_column(name: str, expected: str) -> Finding:
    return Finding(False, f"no column {name} in the profile", expected)


def _bounds(low: str, high: str) -> str:
    """`from 3 to 5`, `at least 3`, `at most 5`, or nothing."""
    if low and high:
        return f"from {low} to {high}"
    return f"at least {low}" if low else f"at most {high}" if high else ""


def _plain(value: float | date | str | None) -> str:
    """A bound for a person; nothing where there is none."""
    return "" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)


def _plain_type(kind: pa.DataType) -> str:
    """Arrow's name of a type, without the difference of large and small and of field names."""
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list<{_plain_type(kind.value_type)}>"
    return str(kind).removeprefix("large_")
