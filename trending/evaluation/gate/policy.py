"""The policy of the gate: one YAML file, checked to the last word."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from trending.errors import PolicyError
from trending.settings import Settings
from trending.settings.yaml_file import read_yaml, wrong_values

SHIPPED = Path(__file__).parent / "laptop.yaml"
"""The policy where none is named. `cluster/profiles/laptop/gate.yaml` is a link to it."""

Paired = Literal["micro_f1", "macro_f1", "weighted_f1", "map"]
"""Scores that two models are compared by, on the same resamples of the titles."""
Overall = Literal[
    "micro_f1", "macro_f1", "weighted_f1", "samples_f1", "map", "roc_auc", "hit_at_1", "hit_at_3", "exact_match"
]  # fmt: skip
PerGenre = Literal["precision", "recall", "f1", "roc_auc", "average_precision"]
Share = Annotated[float, Field(ge=0, le=1)]
Titles = Annotated[int, Field(ge=1)]


class Part(BaseModel):
    """Base of every part: what it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class GenreFloors(Part):
    """Floors of each genre by itself."""

    score: PerGenre = "f1"
    least_titles: Titles = 30
    """Genres with fewer titles in the gate set are not judged."""
    floor: Share = 0.0
    """Of every genre."""
    floors: dict[str, Share] = {}
    """Of some genres, instead of `floor`."""


class Better(Part):
    """By how much the candidate must be better than another model."""

    score: Paired = "macro_f1"
    by: Share = 0.0
    """The difference must be more than this: a model that is as good does not pass."""
    confident: bool = True
    """Not only the difference, also the lower end of its paired 95% interval."""


class Baselines(Better):
    """Models that any candidate must beat: the newest registered version of each kind."""

    models: tuple[str, ...] = ("prior", "keyword", "linear")


class SliceMargins(Part):
    """No slice may be worse than the champion's by more than a margin, where that is not chance."""

    margin: Share
    """Micro-F1."""
    p_value: Annotated[float, Field(gt=0, le=1)] = 0.05
    """Holm-corrected over all slices; a difference with a greater one counts as chance."""
    least_titles: Titles = 30


class ProtectedSlices(Part):
    """Slices where chance is no excuse: the difference itself may not be worse than the margin."""

    slices: Annotated[tuple[str, ...], Field(min_length=1)]
    """Names such as `platform=netflix`; `platform=*` is every value."""
    margin: Share = 0.0
    """Micro-F1 that may be lost."""
    least_titles: Titles = 30
    required: bool = False
    """A slice that the gate set has too few titles of blocks, instead of not being judged."""


class CalibrationCeilings(Part):
    """How far probabilities may be from the shares that come true."""

    error: Share | None = None
    """Expected calibration error over all answers."""
    mean_genre_error: Share | None = None
    """Mean over the genres with `least_titles`."""
    least_titles: Titles = 200


class RobustnessFloors(Part):
    """Pass rates under changed texts."""

    kinds: dict[Literal["invariance", "direction", "injection"], Share] = {}
    """Of every test of that kind."""
    tests: dict[str, Share] = {}
    """Of some tests, instead of their kind's."""
    least_cases: Titles = 20
    """Tests with fewer cases are not judged."""


class ServingCeilings(Part):
    """What answering may cost, measured on the machine of the gate."""

    latency_p50_ms: Annotated[float, Field(gt=0)] | None = None
    latency_p99_ms: Annotated[float, Field(gt=0)] | None = None
    memory_mib: Annotated[float, Field(gt=0)] | None = None
    size_mib: Annotated[float, Field(gt=0)] | None = None
    titles_per_s: Annotated[float, Field(gt=0)] | None = None
    """A floor, unlike the others."""


class Policy(Part):
    """All rules. What is left out is not asked for, except `champion`: that rule always holds."""

    name: str
    least_titles: Titles = 30
    """Of the gate set."""
    floors: dict[Overall, Share] = {}
    genres: GenreFloors | None = None
    champion: Better = Better()
    baselines: Baselines | None = None
    slices: SliceMargins | None = None
    protected: ProtectedSlices | None = None
    calibration: CalibrationCeilings | None = None
    robustness: RobustnessFloors | None = None
    serving: ServingCeilings | None = None
    approval: bool = False
    """A candidate that passes waits for `trending approve`."""

    @property
    def full(self) -> bool:
        """It asks for what takes minutes to measure."""
        return self.robustness is not None or self.serving is not None


@dataclass(frozen=True)
class PolicyFile:
    """A policy and where it was read."""

    policy: Policy
    path: Path
    sha256: str
    """Of the file."""


def load_policy(settings: Settings, file: Path | None = None) -> PolicyFile:
    """The policy in `file`, else the one that the settings name, else the laptop's.

    Raises `PolicyError` naming every wrong field and its line.
    """
    path = file or settings.gate.policy_file or SHIPPED
    if not path.is_file():
        raise PolicyError(f"{path}: no such policy file. `cluster/profiles/*/gate.yaml` are examples.")
    read = read_yaml(path, of="rules", error=PolicyError)
    try:
        return PolicyFile(Policy.model_validate(read.values), path, read.sha256)
    except ValidationError as error:
        lines = [f"  {read.where(place)}: {said}" for place, said in wrong_values(error)]
        raise PolicyError(f"{path}: {len(lines)} wrong field(s):\n" + "\n".join(lines)) from error
