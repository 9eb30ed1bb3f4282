"""Every row that came in is accepted, merged or quarantined, and the sums say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.compute as pc

from trending.catalog.dispositions import Dispositions
from trending.errors import AccountingError


@dataclass(frozen=True)
class Account:
    """Where the rows of one table went; always `rows_in == accepted + merged + quarantined`."""

    rows_in: int
    accepted: int
    merged: int
    quarantined: int

    def as_json(self) -> dict[str, int]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class Leakage:
    """How far plots give their own genre away. The two F1 scores are of a bare keyword match."""

    leaked_plots: int
    keyword_f1: float
    keyword_f1_masked: float


def balance(decided: Dispositions, expected: Mapping[str, int]) -> Account:
    """The account of one table. `expected`: rows of each source, counted apart from the reading.

    Raises `AccountingError` that names the source whose rows are not all there, or were decided twice.
    """
    staged = decided.staged
    found = dict.fromkeys(expected, 0) | _counts(staged.light["source"])
    for source, rows in expected.items():
        if found[source] != rows:
            raise AccountingError(
                f"{source}: {rows:,} {staged.table} are in the source, but {found[source]:,} came out of"
                " cleaning. Nothing was committed. Was the file changed meanwhile? Run the ingest again."
            )
    repeated = _first_repeated(staged.light)
    if repeated:
        raise AccountingError(f"{repeated}: two {staged.table} of one source have this place in common.")
    account = Account(
        rows_in=sum(expected.values()),
        accepted=len(decided.accepted),
        merged=decided.merged,
        quarantined=decided.quarantined,
    )
    if account.rows_in != account.accepted + account.merged + account.quarantined:
        raise AccountingError(
            f"{account.rows_in:,} {staged.table} came in, but {account.accepted:,} accepted,"
            f" {account.merged:,} merged and {account.quarantined:,} quarantined make another sum."
            " Nothing was committed."
        )
    return account


def leakage(accepted: pa.Table) -> Leakage:
    """The leak report of accepted titles, from their staged light columns."""
    total = {name: pc.sum(accepted[name]).as_py() or 0 for name in accepted.column_names if name in _TALLIED}
    return Leakage(
        leaked_plots=pc.sum(accepted["leaked"]).as_py() or 0,
        keyword_f1=_micro_f1(total["right"], total["named"] + total["labels"]),
        keyword_f1_masked=_micro_f1(total["right_masked"], total["named_masked"] + total["labels"]),
    )


def label_counts(rows: pa.Table, column: str) -> dict[str, int]:
    """How often each value occurs in a column of lists, most frequent first."""
    return _counts(pc.list_flatten(rows[column]))


_TALLIED = frozenset({"labels", "named", "right", "named_masked", "right_masked"})


def _micro_f1(right: int, named_and_labels: int) -> float:
    return round(2 * right / named_and_labels, 4) if named_and_labels else 0.0


def _counts(values: pa.ChunkedArray | pa.Array) -> dict[str, int]:
    counted = {entry["values"]: entry["counts"] for entry in pc.value_counts(values).to_pylist()}
    return dict(sorted(counted.items(), key=lambda item: (-item[1], item[0])))


def _first_repeated(light: pa.Table) -> str | None:
    ids = light["staged_id"].to_numpy()  # sorted
    repeated = (ids[1:] == ids[:-1]).nonzero()[0]
    if not len(repeated):
        return None
    row = light.slice(int(repeated[0]), 1).to_pylist()[0]
    return f"{row['source']} {row['row_ref']}"
