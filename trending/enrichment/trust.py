"""How far the language model is trusted about genres: a rule learnt on validation titles, or no trust at all."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.errors import EnrichmentError
from trending.evaluation.bootstrap import Interval
from trending.settings import Settings

CLIP = 1e-4
"""Probabilities closer than this to 0 or 1 are taken as that close: their log-odds stay finite."""
FORMAT = 1


@dataclass(frozen=True)
class Trust:
    """The rule: to the classifier's log-odds of a genre comes `weight` times the language model's evidence for it.

    Evidence is `scale * (logit(p) - centre)`: by how much its log-odds lie above those that it gives any title, on
    the scale of a classifier. So a language model that says the same of all titles changes nothing.
    """

    weight: float
    """0: the language model is not asked. 1: its evidence counts in full, as if independent of the classifier's."""
    scales: Mapping[str, float] = field(default_factory=dict)
    centres: Mapping[str, float] = field(default_factory=dict)
    """Mean log-odds of each genre over the titles that it was learnt on."""
    priors: Mapping[str, float] = field(default_factory=dict)
    """Log-odds of each genre without any evidence."""
    llm_model: str = ""
    classifier_version: str = ""
    titles: int = 0
    """Validation titles that it was learnt on; 0: nothing was learnt."""
    best_weight: float = 0.0
    """The weight with the best validation score, whether or not its gain is clear of chance."""
    gain: float = 0.0
    """Macro-F1 of the mix less that of the classifier, on titles that the mix had not seen."""
    gain_ci95: Interval = (0.0, 0.0)
    learnt_at: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"gain_ci95": list(self.gain_ci95)}


def combine(classifier: Mapping[str, float], llm: Mapping[str, float], trust: Trust) -> dict[str, float]:
    """Probability of each genre by the rule; a genre that only one of them knows is left to that one."""
    alone = llm_alone({genre: p for genre, p in llm.items() if genre not in classifier}, trust)
    both = {
        genre: float(add_evidence(given, _evidence(genre, llm[genre], trust), trust.weight))
        for genre, given in classifier.items()
        if genre in llm
    }
    return {genre: float(given) for genre, given in classifier.items()} | both | alone


def llm_alone(llm: Mapping[str, float], trust: Trust) -> dict[str, float]:
    """What the language model says where no classifier does, on a classifier's scale."""
    return {
        genre: float(_sigmoid(trust.priors.get(genre, 0.0) + _evidence(genre, probability, trust)))
        for genre, probability in llm.items()
    }


def add_evidence(
    classifier: npt.ArrayLike, evidence: npt.ArrayLike, weight: float
) -> npt.NDArray[np.float64]:
    """Probabilities, elementwise. With weight 0 they are the classifier's, to the last bit."""
    given = np.asarray(classifier, np.float64)
    if weight == 0:
        return given
    return _sigmoid(_logit(given) + weight * np.asarray(evidence))


def load_trust(settings: Settings, llm_model: str, classifier_version: str) -> Trust:
    """The rule for this pair of models; of weight 0 where none was learnt.

    Raises `EnrichmentError` for a file that cannot be read.
    """
    path = trust_file(settings, llm_model, classifier_version)
    if not path.is_file():
        return Trust(0.0, llm_model=llm_model, classifier_version=classifier_version)
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        if found.pop("format") != FORMAT:
            raise ValueError(f"not of format {FORMAT}")
        low, high = found.pop("gain_ci95")
        return Trust(**found, gain_ci95=(low, high))
    except (ValueError, TypeError, KeyError) as error:
        raise EnrichmentError(
            f"{path}: not a rule of trust: {error}. Learn it again: `trending trust`."
        ) from error


def save_trust(settings: Settings, trust: Trust) -> Path:
    """Keep the rule for its pair of models; returns where."""
    path = trust_file(settings, trust.llm_model, trust.classifier_version)
    path.parent.mkdir(parents=True, exist_ok=True)
    stamped = trust.as_json() | {
        "format": FORMAT,
        "learnt_at": trust.learnt_at or datetime.now(UTC).isoformat(timespec="seconds"),
    }
    part = path.with_suffix(f".{os.getpid()}.part")
    part.write_text(json.dumps(stamped, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def trust_file(settings: Settings, llm_model: str, classifier_version: str) -> Path:
    """Where the rule for a pair of models is kept."""
    pair = hashlib.sha256(f"{llm_model}\n{classifier_version}".encode()).hexdigest()[:16]
    return settings.enrichment_dir / "trust" / f"{pair}.json"


def log_odds(probabilities: npt.ArrayLike) -> npt.NDArray[np.float64]:
    """Finite log-odds, elementwise."""
    return _logit(np.asarray(probabilities, np.float64))


def as_matrix(answers: Sequence[Mapping[str, float]], genres: Sequence[str]) -> npt.NDArray[np.float64]:
    """Answers `[n, len(genres)]`; a genre that an answer lacks has probability 0."""
    rows = [[answer.get(genre, 0.0) for genre in genres] for answer in answers]
    return np.asarray(rows, np.float64).reshape(len(answers), len(genres))


def _evidence(genre: str, probability: float, trust: Trust) -> float:
    return trust.scales.get(genre, 1.0) * (float(_logit(probability)) - trust.centres.get(genre, 0.0))


def _logit(probability: npt.ArrayLike) -> Any:
    from scipy.special import logit

    return logit(np.clip(np.asarray(probability, np.float64), CLIP, 1 - CLIP))


def _sigmoid(value: npt.ArrayLike) -> Any:
    from scipy.special import expit

    return expit(value)
