"""The words of the card that hold for it as a whole: heading, lede, headline scores, what is left out."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trending.evaluation.bootstrap import Interval
from trending.evaluation.card.findings import FEW_TITLES, listed
from trending.evaluation.record import EvaluationRecord
from trending.quality.page import number, percent

MODELS = {
    "prior": "How frequent genres are",
    "keyword": "Words that name a genre",
    "linear": "Logistic regression over TF-IDF",
    "xgboost": "Boosted trees over sentence embeddings",
    "bert": "A fine-tuned encoder",
    "blend": "A blend of models",
}
SCORES = {
    "micro_f1": ("micro-F1", "over all labels together: frequent genres count most"),
    "macro_f1": ("macro-F1", "mean over genres: rare genres count as much"),
    "weighted_f1": ("weighted F1", "mean over genres, weighted by their titles"),
    "samples_f1": ("samples F1", "mean over titles"),
    "map": ("mAP", "mean average precision: how well titles are ranked, whatever the thresholds"),
    "roc_auc": ("ROC-AUC", "mean over genres: how often a title of the genre comes before one without it"),
    "hit_at_1": ("hit rate at 1", "the most probable genre is one of the title’s"),
    "hit_at_3": ("hit rate at 3", "one of the three most probable is one of the title’s"),
    "exact_match": ("label-set accuracy", "exactly the title’s genres, no more and no fewer"),
    "log_loss": ("log loss", "of the probabilities; lower is better"),
    "brier": ("Brier score", "squared distance of probability and truth; lower is better"),
    "calibration_error": ("calibration error, pooled", "over all answers together; lower is better"),
    "mean_genre_calibration_error": ("calibration error", "mean over genres; lower is better"),
}
"""The scores of a record in the order of the card: name, and what it means."""


@dataclass(frozen=True)
class ScoreLine:
    """One score for a person."""

    key: str
    name: str
    value: float
    ci95: Interval | None
    meaning: str

    @property
    def interval(self) -> str:
        """`0.641 to 0.684`; empty where the score was not resampled."""
        return f"{self.ci95[0]:.3f} to {self.ci95[1]:.3f}" if self.ci95 else ""


def score_lines(record: EvaluationRecord) -> list[ScoreLine]:
    """The scores that the record has, those without a name of ours last."""
    keys = [*(key for key in SCORES if key in record.scores), *(k for k in record.scores if k not in SCORES)]
    return [
        ScoreLine(
            key=key,
            name=SCORES[key][0] if key in SCORES else key.replace("_", " "),
            value=float(record.scores[key]),
            ci95=record.ci95.get(key),
            meaning=SCORES[key][1] if key in SCORES else "",
        )
        for key in keys
        if math.isfinite(record.scores[key])
    ]


def score_names() -> Mapping[str, str]:
    """Names for people, by key."""
    return {key: name for key, (name, _) in SCORES.items()}


def heading(record: EvaluationRecord, version: str | None) -> str:
    """`bert, version 5`."""
    return record.subject.model + (f", version {version}" if version else "")


def lede(record: EvaluationRecord) -> str:
    """The model and its quality in a few sentences."""
    subject = record.subject
    kind = MODELS.get(subject.model, subject.model)
    sentences = [f"{kind}: gives films and series one or several of {len(record.genres)} genres."]
    micro = record.scores.get("micro_f1", math.nan)
    if math.isfinite(micro):
        later = " that came later than those" if subject.time_split else ""
        sentences.append(
            f"On {number(subject.titles)} titles{later} that it was not trained on, its micro-F1 is {micro:.3f}"
            + (f" (95% interval {_span(record.ci95['micro_f1'])})." if "micro_f1" in record.ci95 else ".")
        )
    sure = sorted((row for row in record.genres if row.support >= FEW_TITLES), key=lambda row: -row.f1)
    if len(sure) >= 2:
        best, worst = sure[0], sure[-1]
        sentences.append(
            f"Of the genres with {FEW_TITLES} test titles or more it knows {best.genre} best (F1 {best.f1:.2f}) and "
            f"{worst.genre} worst ({worst.f1:.2f})."
        )
    return " ".join(sentences)


def left_out(record: EvaluationRecord, parts: Mapping[str, Any]) -> list[str]:
    """One line for each part of a card that this record has nothing for; `parts` are drawings and facts by name."""
    told = {
        "genres": "Scores by genre: the record has none.",
        "reliability": "Calibration: no reliability was measured.",
        "slices": "Slices: none had enough test titles, or none were asked for.",
        "confusions": "Confusions: no genre was given wrongly where another was missed.",
        "robustness": "Robustness: not measured; `trending evaluate --full` does.",
        "fairness": "Fairness: neither names were swapped nor are there slices by country or language.",
        "explanations": "Explanations: not checked; `trending evaluate --full` does.",
        "cost": "Cost of serving: not measured; `trending evaluate --full` does.",
        "run": "Training run: this tracking server knows no run of the bundle, so its time is unknown.",
        "data": f"Data: the folder of snapshot {record.subject.trained_on} is not here.",
    }
    untried = [row.name.replace("_", " ") for row in record.robustness if not row.cases]
    lines = [line for part, line in told.items() if not parts.get(part)]
    if untried and parts.get("robustness"):
        lines.append(f"Changes that no test title had anything to change for: {listed(untried)}.")
    return lines


def deletion_verdict(explanations: Mapping[str, Any] | None) -> str:
    """What the deletion check says, in a sentence; empty where it was not made."""
    if not explanations or not explanations.get("cases"):
        return ""
    top, random = float(explanations["drop_top"]), float(explanations["drop_random"])
    low, high = explanations.get("difference_ci95") or (math.nan, math.nan)
    said = f"{number(explanations['cases'])} titles; difference {top - random:+.3f}"
    if math.isfinite(low):
        said += f", 95% interval {low:+.3f} to {high:+.3f}"
    if not top > random or low <= 0:
        return f"The check does not show that the words named count for more than others ({said})."
    share = explanations.get("larger")
    often = f", and did so for {percent(float(share))} of the titles" if share is not None else ""
    return (
        f"Without the words named, the probability falls further than without random words{often} ({said})."
    )


def _span(interval: Interval) -> str:
    return f"{interval[0]:.3f} to {interval[1]:.3f}"
