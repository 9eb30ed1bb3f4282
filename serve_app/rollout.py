"""Which versions should answer, by the registry; and which may, once it is known what loads."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from serve_app.classifier import ModelRef
from serve_app.contracts import TrafficPolicy
from trending.errors import BundleError, RegistryError, ServiceError
from trending.settings import Settings, TrafficSettings


@dataclass(frozen=True)
class Candidate:
    """A version that the registry or the settings name."""

    kind: str
    version: str
    folder: str

    @property
    def ref(self) -> ModelRef:
        """As the classifiers want it."""
        return ModelRef(self.version, self.folder)


@dataclass(frozen=True)
class Candidates:
    """What should be served. None where a word means nothing, or its bundle cannot be read."""

    champion: Candidate | None
    challenger: Candidate | None
    fallbacks: tuple[Candidate, ...]
    faults: tuple[str, ...] = ()

    def all(self) -> list[Candidate]:
        """Each once, the champion first."""
        named = [one for one in (self.champion, self.challenger, *self.fallbacks) if one]
        return list({one.version: one for one in named}.values())


def candidates(settings: Settings, challenger: str | None) -> Candidates:
    """What the settings' words mean in the registry now; of each kind of fallback the newest version."""
    from trending.models.registry import read_registry

    registry = read_registry(settings)
    faults: list[str] = []

    def named(word: str) -> Candidate | None:
        try:
            found = registry.resolve(word)
            return read_candidate(found.folder, found.version)
        except (RegistryError, BundleError) as error:
            faults.append(str(error))
            return None

    newest = [found[0] for kind in settings.serve.fallbacks if (found := registry.versions_of(kind))]
    return Candidates(
        champion=named(settings.serve.model),
        challenger=named(challenger) if challenger else None,
        fallbacks=tuple(one for each in newest if each.version and (one := named(each.version))),
        faults=tuple(faults),
    )


def read_candidate(folder: Path, version: str | None) -> Candidate:
    """The bundle in `folder`; one that is not registered goes by its digest. Raises `BundleError`."""
    from trending.models.bundle import read_manifest

    manifest, digest = read_manifest(folder)
    return Candidate(manifest.model, version or digest[:12], str(folder))


def next_policy(
    before: TrafficPolicy | None,
    named: Candidates,
    rules: TrafficSettings,
    *,
    loaded: Collection[str],
    faults: tuple[str, ...] = (),
) -> TrafficPolicy:
    """The policy of what is loaded. What does not load leaves the version before it in its place.

    Raises `ServiceError` where nothing can be served.
    """
    known = {one.version: one for one in named.all() if one.version in loaded} | _of(before)
    fallbacks = _fallbacks(before, named, known, loaded)
    champion = _first(known, named.champion, before and before.champion, *(f.version for f in fallbacks))
    if champion is None:
        raise ServiceError("No model can be served: " + " ".join((*named.faults, *faults)))
    previous = before.challenger if before and rules.challenger else None
    challenger = _first(known, named.challenger, previous) if rules.challenger else None
    if challenger is champion:
        challenger = None
    below = tuple(one for one in fallbacks if one.kind != champion.kind)
    served = [one for one in (champion, challenger, *below) if one]
    return TrafficPolicy(
        champion=champion.version,
        champion_kind=champion.kind,
        challenger=challenger.version if challenger else None,
        challenger_kind=challenger.kind if challenger else None,
        weight=rules.weight if challenger else 0.0,
        shadow=rules.shadow if challenger else 0.0,
        fallbacks=tuple((one.kind, one.version) for one in below),
        folders={one.version: one.folder for one in served},
        faults=(*named.faults, *faults),
    )


def _fallbacks(
    before: TrafficPolicy | None, named: Candidates, known: dict[str, Candidate], loaded: Collection[str]
) -> list[Candidate]:
    """The newest of each kind, or the one of before while the newest does not load."""
    kept = dict(before.fallbacks) if before else {}
    chosen = []
    for one in named.fallbacks:
        version = one.version if one.version in loaded else kept.get(one.kind)
        if version:
            chosen.append(known[version])
    return chosen


def _first(known: dict[str, Candidate], *wanted: Candidate | str | None) -> Candidate | None:
    versions = [one.version if isinstance(one, Candidate) else one for one in wanted]
    return next((known[version] for version in versions if version in known), None)


def _of(policy: TrafficPolicy | None) -> dict[str, Candidate]:
    """What a policy serves: all of it was loaded."""
    if policy is None:
        return {}
    pairs = [
        (policy.champion_kind, policy.champion),
        (policy.challenger_kind, policy.challenger),
        *policy.fallbacks,
    ]
    return {v: Candidate(k, v, policy.folders[v]) for k, v in pairs if k and v}
