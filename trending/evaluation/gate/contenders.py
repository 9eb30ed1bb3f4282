"""Who stands before the gate: the candidate, the champion, and the baselines that both must be better than."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from trending.errors import BundleError, GateError
from trending.evaluation.gate.decision import Party
from trending.models.bundle import Manifest, read_manifest
from trending.models.registry import CHAMPION, DIGEST_TAG, RegistryView, Resolved, read_registry
from trending.settings import Settings


@dataclass(frozen=True)
class Contender:
    """A registered version and its bundle."""

    resolved: Resolved
    manifest: Manifest
    digest: str

    @property
    def version(self) -> str:
        """In the registry."""
        assert self.resolved.version is not None
        return self.resolved.version

    @property
    def party(self) -> Party:
        """For the record."""
        return Party(
            version=self.version,
            model=self.manifest.model,
            digest=self.digest,
            run_id=self.resolved.run_id,
            trained_on=self.manifest.snapshot_id,
            code_revision=self.manifest.code_revision,
        )


@dataclass(frozen=True)
class Contenders:
    """All that are judged together."""

    candidate: Contender
    champion: Contender | None
    baselines: Mapping[str, Contender]
    """By kind; a kind of which no version is registered is not in it."""


def contenders(settings: Settings, word: str, baselines: Sequence[str]) -> Contenders:
    """The version that `word` names, the champion of this moment, and the newest version of each kind of baseline.

    Raises `RegistryError` for a word that names nothing; `GateError` for a bundle that is not registered, that is
    another than was registered, or that is the champion already; `BundleError` for a damaged one.
    """
    registry = read_registry(settings)
    candidate = _contender(registry, word)
    champion = _contender(registry, CHAMPION) if CHAMPION in registry.aliases else None
    if champion and champion.version == candidate.version:
        raise GateError(f"Version {candidate.version} is the champion already.")
    found = {kind: _newest(registry, kind, candidate.manifest) for kind in baselines}
    return Contenders(candidate, champion, {kind: one for kind, one in found.items() if one})


def _contender(registry: RegistryView, word: str) -> Contender:
    resolved = registry.resolve(word)
    if resolved.version is None:
        raise GateError(
            f"{word}: not registered. Only a version of the registry can be promoted: `trending models`."
        )
    manifest, digest = read_manifest(resolved.folder)
    (version,) = [one for one in registry.versions if str(one.version) == resolved.version]
    if version.tags.get(DIGEST_TAG, digest) != digest:
        raise GateError(
            f"{resolved.folder}: another bundle than was registered as version {resolved.version} (digest "
            f"{digest[:12]}, registered {version.tags[DIGEST_TAG][:12]}). Do not serve it; train anew."
        )
    return Contender(resolved, manifest, digest)


def _newest(registry: RegistryView, kind: str, like: Manifest) -> Contender | None:
    """The newest version of a kind that can be compared: the same genres, split the same way."""
    for resolved in registry.versions_of(kind):
        try:
            found = _contender(registry, str(resolved.version))
        except (BundleError, GateError):
            continue  # an older one may serve as well; where none does, the rule says so
        if (found.manifest.genres, found.manifest.time_split) == (like.genres, like.time_split):
            return found
    return None
