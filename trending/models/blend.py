"""Several models as one: a weighted sum of their logits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import numpy.typing as npt

from trending.models.base import GenreModel, Probabilities
from trending.models.bundle import model_class
from trending.models.calibrators import Calibrated, log_odds, without_calibration


@dataclass(frozen=True)
class Member:
    """A model in a blend, and the bundle that it came from."""

    model: GenreModel
    digest: str
    """Identity of that bundle."""


class BlendModel(Calibrated):
    """Sigmoid of the members' weighted logits and a bias a genre. The bundle holds the members whole.

    Members answer without the calibration of their own bundles; only what they come to together is calibrated. A
    mixture of calibrated answers is not calibrated itself (Ranjan and Gneiting 2010), so the blend needs curves of
    its own anyway, and the weights are fitted on logits that no step of an isotonic curve has flattened.
    """

    name: ClassVar[str] = "blend"

    def __init__(
        self, members: Sequence[Member], *, weights: Sequence[float], biases: Sequence[float]
    ) -> None:
        """One weight a member, one bias a genre; the members' genres are the same."""
        self.members = [Member(without_calibration(one.model), one.digest) for one in members]
        self.weights, self.biases = tuple(weights), tuple(biases)
        self.genres: tuple[str, ...] = tuple(members[0].model.genres)

    def predict_proba(self, documents: Sequence[str]) -> Probabilities:
        """`[n, len(genres)]`."""
        return self.combine([member.model.predict_proba(documents) for member in self.members])

    def combine(self, answers: Sequence[Probabilities]) -> Probabilities:
        """The blend of the members' probabilities, each `[n, len(genres)]`."""
        from scipy.special import expit

        blended = np.tensordot(self.weights, member_logits(answers), axes=1) + np.asarray(self.biases)
        return self.calibrated(expit(blended))

    def save(self, folder: Path) -> Mapping[str, Any]:
        """Every member in a folder of its own."""
        members = []
        for number, member in enumerate(self.members):
            place = f"{number}-{member.model.name}"
            (folder / place).mkdir()
            state = member.model.save(folder / place)
            members.append(
                {"folder": place, "model": member.model.name, "digest": member.digest, "state": state}
            )
        return {"members": members, "weights": self.weights, "biases": self.biases}

    @classmethod
    def load(cls, folder: Path, state: Mapping[str, Any]) -> BlendModel:
        """The blend that `save` wrote."""
        members = [
            Member(model_class(one["model"]).load(folder / one["folder"], one["state"]), one["digest"])
            for one in state["members"]
        ]
        return cls(members, weights=state["weights"], biases=state["biases"])


def member_logits(answers: Sequence[Probabilities]) -> npt.NDArray[np.float64]:
    """Log-odds `[members, n, genres]` of probabilities, finite."""
    return log_odds(np.stack(answers))
