"""Where a model comes from, step by step: raw files, snapshot, features, run, bundle, version, alias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.catalog.snapshots import Version, log
from trending.errors import BundleError, RegistryError
from trending.evaluation.gate.champion import DECISION_TAG, GATE_TAG
from trending.models.bundle import Manifest, read_manifest, verify_files
from trending.models.registry import BUNDLE_TAG, DIGEST_TAG, RegistryView, open_client, read_registry
from trending.settings import Settings
from trending.sources.files import RawFile, digest_of

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion


@dataclass(frozen=True)
class Link:
    """One step on the way from a raw file to what answers."""

    step: str
    """`raw file`, `snapshot`, `features`, `run`, `bundle`, `version` or `alias`."""
    name: str
    facts: Mapping[str, Any]
    fault: str = ""
    """What is wrong with it now: a file that changed, a snapshot or run that is gone."""


@dataclass(frozen=True)
class Lineage:
    """All steps, raw files first."""

    version: str
    links: list[Link]

    @property
    def whole(self) -> bool:
        """Every step is there, as it was."""
        return not any(link.fault for link in self.links)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {"version": self.version, "whole": self.whole, "links": [asdict(link) for link in self.links]}


def lineage(settings: Settings, word: str) -> Lineage:
    """The way to the version that `word` means: an alias, a version, a run, a bundle folder, or the digest (its first
    six digits or more) that a prediction names. Raises `RegistryError` where it means nothing, `BundleError` where the
    bundle is gone or its manifest damaged.
    """
    registry = read_registry(settings)
    version = _version(registry, word)
    folder = Path(version.tags[BUNDLE_TAG])
    manifest, digest = read_manifest(folder)
    aliases = [alias for alias, number in registry.aliases.items() if number == str(version.version)]
    return Lineage(
        version=str(version.version),
        links=[
            *_data(settings, manifest),
            _features(manifest),
            _run(settings, version.run_id),
            _bundle(folder, manifest, digest),
            *_parents(manifest),
            _registered(version, digest),
            *(Link("alias", alias, {}) for alias in sorted(aliases)),
        ],
    )


def _version(registry: RegistryView, word: str) -> ModelVersion:
    try:
        resolved = registry.resolve(word)
        digest = read_manifest(resolved.folder)[1] if resolved.version is None else None
    except RegistryError:
        if len(word) < 6:
            raise
        resolved, digest = None, word
    for version in registry.versions:
        if resolved and resolved.version == str(version.version):
            return version
        if digest and version.tags.get(DIGEST_TAG, "").startswith(digest):
            return version
    raise RegistryError(f"{word!r}: no registered version has this bundle. `trending models` lists them.")


def _data(settings: Settings, manifest: Manifest) -> Iterator[Link]:
    """The files of the snapshot and of those it grew from, oldest first; then the snapshot."""
    versions = {one.snapshot_id: one for one in log(settings)}
    snapshot = versions.get(manifest.snapshot_id)
    if snapshot is None:
        yield Link("snapshot", str(manifest.snapshot_id), {}, "gone: expired, or of another warehouse")
        return
    files = [file for one in reversed(list(_back(versions, snapshot))) for file in one.files]
    if not files:
        yield Link("raw file", " ".join(snapshot.sources), {}, "ingested before files were written down")
    yield from (_raw(file) for file in dict.fromkeys(files))
    yield Link(
        "snapshot",
        str(snapshot.snapshot_id),
        {
            "committed_at": snapshot.committed_at.isoformat(timespec="seconds"),
            "titles": snapshot.titles,
            "sources": snapshot.sources,
            "parent": snapshot.parent_id,
        },
    )


def _back(versions: Mapping[int, Version], newest: Version) -> Iterator[Version]:
    at: Version | None = newest
    while at is not None:
        yield at
        at = versions.get(at.parent_id) if at.parent_id is not None else None


def _raw(file: RawFile) -> Link:
    facts = {"source": file.source, "bytes": file.bytes, "sha256": file.sha256}
    path = Path(file.path)
    fault = ""
    if "://" not in file.path:
        if not path.is_file():
            fault = "gone"
        elif path.stat().st_size != file.bytes or digest_of(path) != file.sha256:
            fault = "changed since it was ingested"
    return Link("raw file", file.path, facts, fault)


def _features(manifest: Manifest) -> Link:
    encoder = {name: digest for name, digest in manifest.files.items() if "encoder/model.safetensors" in name}
    names = {"split": "by time" if manifest.time_split else "by title key", "reviews": manifest.max_reviews}
    embedding = manifest.settings.get("embedding", {}) if encoder else {}
    return Link("features", "documents", {**names, **embedding, **encoder})


def _run(settings: Settings, run_id: str | None) -> Link:
    from mlflow.exceptions import MlflowException

    if not run_id:
        return Link("run", "none", {}, "registered without a run")
    try:
        run = open_client(settings).get_run(run_id)
    except MlflowException:
        return Link("run", run_id, {}, "gone")
    metrics = {name: value for name, value in run.data.metrics.items() if name.startswith("test_")}
    return Link("run", run_id, {"status": run.info.status, "seed": run.data.params.get("seed"), **metrics})


def _bundle(folder: Path, manifest: Manifest, digest: str) -> Link:
    facts = {
        "model": manifest.model,
        "digest": digest,
        "created_at": manifest.created_at,
        "code": manifest.code_revision,
        "files": len(manifest.files),
    }
    try:
        verify_files(folder, manifest)
    except BundleError as error:
        return Link("bundle", str(folder), facts, str(error))
    return Link("bundle", str(folder), facts)


def _parents(manifest: Manifest) -> Iterator[Link]:
    """Models that this one holds, or went on from."""
    if parent := manifest.state.get("parent"):
        yield Link("bundle", "went on from", {"digest": parent})
    for member in manifest.state.get("members", ()):
        yield Link("bundle", f"holds {member['model']}", {"digest": member["digest"]})


def _registered(version: ModelVersion, digest: str) -> Link:
    gate = {"gate": version.tags.get(GATE_TAG, ""), "decision": version.tags.get(DECISION_TAG, "")}
    fault = "" if version.tags.get(DIGEST_TAG, digest) == digest else "registered with another bundle"
    return Link("version", str(version.version), gate, fault)
