"""Nobody may have learnt from the titles that judge them: checked by the key of the work, in the data itself."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path

from trending.catalog.splits import TEST, time_split
from trending.catalog.tables import Tables
from trending.errors import GateError
from trending.models.bundle import Manifest, read_manifest
from trending.models.registry import BUNDLE_TAG, DIGEST_TAG, read_registry
from trending.settings import Settings

_COLUMNS = ("title_key", "split", "added_on", "release_year")


def learnt_from(settings: Settings, manifest: Manifest, title_keys: Collection[str]) -> int:
    """How many of these works are among those that a model was trained, stopped or calibrated on.

    Its own snapshot is read as it was split then, and so are those of the models that it went on from. Raises
    `SnapshotError` or `GateError` where that data or such a model is gone: then nothing is proven.
    """
    learnt: set[str] = set()
    for one in (manifest, *_ancestors(settings, manifest)):
        learnt |= _learnt_keys(settings, one.snapshot_id, by_time=one.time_split)
    return len(learnt.intersection(title_keys))


def _learnt_keys(settings: Settings, snapshot_id: int, *, by_time: bool) -> set[str]:
    rows = Tables(settings).read_arrow("titles", snapshot_id, columns=_COLUMNS)
    splits = time_split(rows, settings.split) if by_time else rows["split"]
    return {
        key
        for key, split in zip(rows["title_key"].to_pylist(), splits.to_pylist(), strict=True)
        if split != TEST
    }


def _ancestors(settings: Settings, manifest: Manifest) -> Iterator[Manifest]:
    """Of a warm start: the models whose trees it holds. Those of a blend's members too."""
    states = [manifest.state, *(member["state"] for member in manifest.state.get("members", ()))]
    for digest in filter(None, (state.get("parent") for state in states)):
        parent = _by_digest(settings, digest)
        yield parent
        yield from _ancestors(settings, parent)


def _by_digest(settings: Settings, digest: str) -> Manifest:
    for version in read_registry(settings).versions:
        if version.tags.get(DIGEST_TAG) == digest:
            return read_manifest(Path(version.tags[BUNDLE_TAG]))[0]
    raise GateError(
        f"The model went on from one with the digest {digest[:12]}, which is not registered: what that one learnt from "
        "cannot be checked. Train anew, without --warm-start."
    )
