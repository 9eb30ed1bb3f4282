"""whylogs profiles of Arrow tables: small, mergeable sketches. The only module that touches whylogs.

A column is profiled by its type: text, numbers and dates as they are, free text (`plot`, `text`) as
`plot_words`, a list as its members under its own name and its length under `genres_count`.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    import pandas as pd
    from ray.data import Dataset
    from whylogs.core import DatasetProfileView

TITLE_COLUMNS = (
    "title_id",
    "kind",
    "platform",
    "title",
    "release_year",
    "added_on",
    "plot",
    "language",
    "genres",
    "split",
)
"""Columns of titles that are profiled."""

FREE_TEXT = frozenset({"plot", "text"})
"""Text whose length in words is profiled, not its values."""

FREQUENT = 100
"""At most so many frequent texts of a column are told."""

_EPOCH = date(1970, 1, 1)
_DATES = "date_columns"


@dataclass(frozen=True)
class ColumnSummary:
    """What a profile knows of one column. Estimates come from sketches: within about 2% of the truth."""

    count: int
    """Values seen, nulls among them. For a list column: members of all lists."""
    nulls: int
    min: float | date | None
    max: float | date | None
    mean: float | date | None
    median: float | date | None
    distinct: int
    """Estimated number of different values."""
    types: tuple[str, ...]
    """Kinds of value that occur: `integral`, `fractional`, `boolean`, `string`."""
    frequent: Mapping[str, int] = field(default_factory=dict)
    """The most frequent texts with their estimated counts, most frequent first."""

    @property
    def null_share(self) -> float:
        """Share of nulls, 0 where there are no values."""
        return self.nulls / self.count if self.count else 0.0


def profile_table(table: pa.Table) -> bytes:
    """Profile of every column of a table, serialised."""
    from pandas import DataFrame

    profile, _ = _whylogs()
    dates = [f.name for f in table.schema if pa.types.is_date(f.type) or pa.types.is_timestamp(f.type)]
    sketch = profile(metadata={_DATES: ",".join(dates)})
    for name in table.column_names:
        for measured, values in _measures(name, table.column(name)).items():
            sketch.track(DataFrame({measured: values}))
    return sketch.view().serialize()


def merge_profiles(parts: Iterable[bytes]) -> bytes:
    """One profile as if all the rows had been profiled together."""
    profile, view = _whylogs()
    merged = profile().view()
    for part in parts:
        merged = merged.merge(view.deserialize(part))
    return merged.serialize()


def profile_dataset(ds: Dataset, columns: Sequence[str] = TITLE_COLUMNS) -> bytes:
    """Profile the named columns of a Ray Dataset: one sketch a batch, merged as they arrive."""
    sketches = ds.select_columns(list(columns)).map_batches(
        _profile_batch, batch_format="pyarrow", batch_size=4096
    )
    return merge_profiles(row["profile"] for row in sketches.iter_rows())


def summarise(profile: bytes) -> dict[str, ColumnSummary]:
    """Figures of every column of a serialised profile, by column name."""
    _, view = _whylogs()
    sketch = view.deserialize(profile)
    dates = set(sketch.metadata.get(_DATES, "").split(","))
    columns = sketch.get_columns()
    return {
        name: _summary(columns[name].to_summary_dict(), is_date=name in dates) for name in sorted(columns)
    }


def _profile_batch(batch: pa.Table) -> pa.Table:
    return pa.table({"profile": pa.array([profile_table(batch)], pa.binary())})


def _whylogs() -> tuple[Any, type[DatasetProfileView]]:
    """The two classes of whylogs, imported with its telemetry off and its one NumPy 1 name mended."""
    import numpy as np

    os.environ.setdefault("WHYLOGS_NO_ANALYTICS", "1")
    if not hasattr(np, "unicode_"):
        np.unicode_ = np.str_  # pyright: ignore[reportAttributeAccessIssue]
    from whylogs.core import DatasetProfile, DatasetProfileView

    return DatasetProfile, DatasetProfileView


def _measures(name: str, column: pa.ChunkedArray) -> dict[str, pd.Series]:
    """The series that are sketched for a column, by the name they get in the profile."""
    from pandas import Series

    kind = column.type
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        lengths = pc.call_function("list_value_length", [column])
        members = Series(pc.call_function("list_flatten", [column]).to_pylist(), dtype=object)
        return {name: members, f"{name}_count": _whole(lengths)}
    if name in FREE_TEXT:
        return {f"{name}_words": _whole(count_words(column))}
    if pa.types.is_date(kind) or pa.types.is_timestamp(kind):
        return {name: _whole(column.cast(pa.date32()).cast(pa.int32()))}
    if pa.types.is_integer(kind):
        return {name: _whole(column)}
    if pa.types.is_floating(kind) or pa.types.is_boolean(kind):
        return {name: column.to_pandas()}
    return {name: Series(column.to_pylist(), dtype=object)}


def count_words(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Words in each text of a column: runs of characters that are not white space; null stays null."""
    options = pc.MatchSubstringOptions(r"\S+")
    return pc.call_function("count_substring_regex", [column], options)


def _whole(column: pa.ChunkedArray) -> pd.Series:
    from pandas import Series

    return Series(column.to_pylist(), dtype="Int64")


def _summary(raw: Mapping[str, Any], *, is_date: bool) -> ColumnSummary:
    def value(key: str) -> float | date | None:
        number = _number(raw.get(f"distribution/{key}"))
        if number is None or not is_date:
            return number
        return _EPOCH + timedelta(days=int(number))

    seen = int(raw.get("distribution/n", 0)) > 0
    kinds = sorted(key.removeprefix("types/") for key in raw if key.startswith("types/") and raw[key])
    items = raw.get("frequent_items/frequent_strings", ())[:FREQUENT]
    return ColumnSummary(
        count=int(raw["counts/n"]),
        nulls=int(raw["counts/null"]),
        min=value("min"),
        max=value("max"),
        mean=value("mean") if seen else None,
        median=value("median") if seen else None,
        distinct=round(raw.get("cardinality/est") or 0),
        types=tuple(kinds),
        frequent={item.value: int(item.est) for item in items} if "string" in kinds else {},
    )


def _number(value: Any) -> float | None:
    return None if value is None or math.isnan(value) else round(float(value), 6)
