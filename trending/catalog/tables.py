"""The Iceberg tables: the only place that opens, reads or commits to one.

The version of the data is the snapshot id of `catalog.titles`. Its summary names the snapshots of
`catalog.reviews` and `catalog.quarantine` that belong to it, and it is committed last. So one id pins all
three tables, and a job that dies between two commits leaves no trace for a reader.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from trending.catalog.schema import QUARANTINE, REVIEWS, TITLES
from trending.errors import SnapshotError
from trending.settings import Settings

if TYPE_CHECKING:
    from pyiceberg.catalog import Catalog
    from pyiceberg.table import Table
    from pyiceberg.table.snapshots import Snapshot
    from ray.data import Dataset

SCHEMAS = {"titles": TITLES, "reviews": REVIEWS, "quarantine": QUARANTINE}
WRITE_CPUS = 0.5
"""Other than what maps ask for: fused with the reading, Ray's sink is shown the schema of what the reading
tasks read (a list of files), and tries to give it to the table."""
PROPERTY_PREFIX = "trending."


class Tables:
    """The tables of one catalog, by short name (`titles`) or in full (`features.embeddings`).

    Tables of `SCHEMAS` are created when first opened; others with `ensure`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._kwargs = settings.iceberg_kwargs
        self._catalog: Catalog | None = None

    def ensure(self, name: str, schema: pa.Schema) -> None:
        """Create the table with this schema where there is none."""
        identifier = _identifier(name)
        self._open_catalog().create_namespace_if_not_exists(identifier.split(".")[0])
        self._open_catalog().create_table_if_not_exists(identifier, schema=schema)

    def latest(self) -> int | None:
        """The version of the data: snapshot id of `catalog.titles`, or None before the first ingest."""
        snapshot = self.table("titles").current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def history(self) -> list[Snapshot]:
        """Snapshots of `catalog.titles`, oldest first."""
        return sorted(self.table("titles").metadata.snapshots, key=lambda s: s.sequence_number or 0)

    def snapshot(self, snapshot_id: int) -> Snapshot:
        """The snapshot of `catalog.titles` with this id. Raises `SnapshotError`."""
        found = self.table("titles").snapshot_by_id(snapshot_id)
        if found is None:
            raise SnapshotError(f"There is no snapshot {snapshot_id}. `trending data log` lists them.")
        return found

    def belonging(self, name: str, snapshot_id: int | None = None) -> int | None:
        """Snapshot id of table `name` in version `snapshot_id` of the data (None: the latest).

        None where the table has no rows in that version.
        """
        short = name.removeprefix("catalog.")
        if short not in SCHEMAS:
            current = self.table(name).current_snapshot()
            return snapshot_id or (current.snapshot_id if current else None)
        version = snapshot_id if snapshot_id is not None else self.latest()
        if version is None:
            return None
        snapshot = self.snapshot(version)
        if short == "titles":
            return version
        found = snapshot_properties(snapshot).get(short)
        return int(found) if found else None

    def read(
        self, name: str, snapshot_id: int | None = None, *, columns: Sequence[str] | None = None
    ) -> Dataset:
        """Rows of a table in a version of the data (None: the latest), streamed by Ray Data.

        Raises `SnapshotError` where there is no such version.
        """
        import ray

        version = self.belonging(name, snapshot_id)
        files = self._data_files(name, version)
        if not files:
            return ray.data.from_arrow(self._empty(name, columns))
        dataset = ray.data.read_iceberg(
            table_identifier=_identifier(name),
            catalog_kwargs=dict(self._kwargs),
            snapshot_id=version,
            override_num_blocks=files,  # left to itself, Ray cuts even a small file into 200 blocks
        )
        schema = self._empty(name, columns).schema
        conform = partial(_conform, schema=schema)
        return dataset.select_columns(schema.names).map_batches(
            conform, batch_format="pyarrow", batch_size=None
        )

    def read_arrow(
        self,
        name: str,
        snapshot_id: int | None = None,
        *,
        columns: Sequence[str] | None = None,
        where: str | None = None,
    ) -> pa.Table:
        """The same as one Arrow table in this process: for few rows or light columns.

        `where`: a filter as Iceberg reads it, `title_id < '8'`.
        """
        from pyiceberg.expressions import AlwaysTrue

        version = self.belonging(name, snapshot_id)
        if version is None:
            return self._empty(name, columns)
        scan = self.table(name).scan(
            snapshot_id=version,
            selected_fields=tuple(columns) if columns is not None else ("*",),
            row_filter=where or AlwaysTrue(),
        )
        rows = scan.to_arrow()
        return rows.select(list(columns)) if columns is not None else rows

    def rows(self, name: str, snapshot_id: int | None = None) -> int:
        """Number of rows in a version of the data, from the summary of its snapshot."""
        version = self.belonging(name, snapshot_id)
        snapshot = self.table(name).snapshot_by_id(version) if version is not None else None
        summary = snapshot.summary.additional_properties if snapshot and snapshot.summary else {}
        return int(summary.get("total-records", 0))

    def upsert(
        self,
        name: str,
        rows: Dataset | pa.Table,
        *,
        key: str,
        properties: Mapping[str, str] | None = None,
    ) -> int | None:
        """Insert rows, or replace those with the same `key`, in one atomic commit.

        Returns the snapshot id after it, unchanged where `rows` is empty. `properties` go into the summary
        of the snapshot. What the transaction needs from the rows streams through Ray; the driver holds keys.
        """
        import ray
        from ray.data import SaveMode

        schema = self._arrow_schema(name)
        dataset = ray.data.from_arrow(rows) if isinstance(rows, pa.Table) else rows
        # Ray's upsert looks for the branch `main`, which the first snapshot makes.
        first = self.table(name).current_snapshot() is None
        dataset.map_batches(partial(_conform, schema=schema), batch_format="pyarrow").write_iceberg(
            table_identifier=_identifier(name),
            catalog_kwargs=dict(self._kwargs),
            snapshot_properties=_prefixed(properties),
            mode=SaveMode.APPEND if first else SaveMode.UPSERT,
            upsert_kwargs=None if first else {"join_cols": [key]},
            ray_remote_args={"num_cpus": WRITE_CPUS},
        )
        snapshot = self.table(name).current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def upsert_few(self, name: str, rows: pa.Table, *, keys: Sequence[str]) -> int:
        """The same as `upsert` for rows that a person wrote, in this process and without Ray; `keys` together are
        the key. Returns the snapshot id after it."""
        table = self.table(name)
        table.upsert(rows, join_cols=list(keys))
        snapshot = table.current_snapshot()
        assert snapshot is not None
        return snapshot.snapshot_id

    def delete(self, name: str, *, key: str, values: Sequence[str]) -> int | None:
        """Delete the rows whose `key` is one of `values`. Returns the snapshot id after it."""
        from pyiceberg.expressions import In

        table = self.table(name)
        if values:
            table.delete(In(key, list(values)))  # pyright: ignore[reportCallIssue]
        snapshot = table.current_snapshot()
        return snapshot.snapshot_id if snapshot else None

    def heads(self) -> dict[str, str]:
        """Current snapshot ids of reviews and quarantine: the properties that tie them to a version."""
        current = {name: self.table(name).current_snapshot() for name in ("reviews", "quarantine")}
        return {name: str(snapshot.snapshot_id) for name, snapshot in current.items() if snapshot}

    def commit_version(self, properties: Mapping[str, str]) -> int:
        """A new version of the data whose titles are those of the last: only what belongs to it changed."""
        table = self.table("titles")
        with (
            table.transaction() as transaction,
            transaction.update_snapshot(snapshot_properties=_prefixed(properties)).fast_append(),
        ):
            pass
        version = self.latest()
        assert version is not None
        return version

    def roll_back_unfinished(self) -> list[str]:
        """Undo commits to reviews and quarantine that never became part of a version of the data.

        A job that was killed between its commits leaves them. Returns the names of the tables mended.
        """
        mended = []
        for name in ("reviews", "quarantine"):
            table = self.table(name)
            current = table.current_snapshot()
            wanted = self.belonging(name)
            if current is None or current.snapshot_id == wanted:
                continue
            if wanted is None:
                self._open_catalog().drop_table(_identifier(name))
                self.ensure(name, SCHEMAS[name])
            else:
                table.manage_snapshots().rollback_to_snapshot(wanted).commit()
            mended.append(name)
        return mended

    def table(self, name: str) -> Table:
        """The pyiceberg table. Raises `SnapshotError` for a table that there is not."""
        from pyiceberg.exceptions import NoSuchTableError

        short = name.removeprefix("catalog.")
        if short in SCHEMAS:
            self.ensure(short, SCHEMAS[short])
        try:
            return self._open_catalog().load_table(_identifier(name))
        except NoSuchTableError as error:
            raise SnapshotError(f"There is no table {_identifier(name)} in {self._kwargs['uri']}.") from error

    def _open_catalog(self) -> Catalog:
        if self._catalog is None:
            from pyiceberg.catalog import load_catalog

            self._settings.root.mkdir(parents=True, exist_ok=True)
            self._catalog = load_catalog(**self._kwargs)
        return self._catalog

    def _data_files(self, name: str, snapshot_id: int | None) -> int:
        if snapshot_id is None:
            return 0
        return sum(1 for _ in self.table(name).scan(snapshot_id=snapshot_id).plan_files())

    def _arrow_schema(self, name: str) -> pa.Schema:
        return SCHEMAS.get(name.removeprefix("catalog.")) or self.table(name).schema().as_arrow()

    def _empty(self, name: str, columns: Sequence[str] | None) -> pa.Table:
        empty = self._arrow_schema(name).empty_table()
        return empty.select(list(columns)) if columns is not None else empty


def snapshot_properties(snapshot: Snapshot) -> dict[str, str]:
    """What the ingest wrote into the summary of a snapshot, without the prefix."""
    summary = snapshot.summary.additional_properties if snapshot.summary else {}
    return {
        key.removeprefix(PROPERTY_PREFIX): value
        for key, value in summary.items()
        if key.startswith(PROPERTY_PREFIX)
    }


def _conform(batch: pa.Table, *, schema: pa.Schema) -> pa.Table:
    return batch.select(schema.names).cast(schema)


def _prefixed(properties: Mapping[str, str] | None) -> dict[str, str]:
    return {PROPERTY_PREFIX + key: value for key, value in (properties or {}).items()}


def _identifier(name: str) -> str:
    return name if "." in name else f"catalog.{name}"
