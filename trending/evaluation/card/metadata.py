"""The metadata at the head of the Markdown card, in Hugging Face's form."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from trending.evaluation.record import EvaluationRecord
from trending.models.bundle import Manifest

if TYPE_CHECKING:
    from huggingface_hub import EvalResult

    from trending.evaluation.card.data import DataFacts

PACKAGED_ENCODER = "sentence-transformers/all-MiniLM-L6-v2"
METRICS: Mapping[str, tuple[str, Mapping[str, Any] | None]] = {
    "micro_f1": ("f1", {"average": "micro"}),
    "macro_f1": ("f1", {"average": "macro"}),
    "weighted_f1": ("f1", {"average": "weighted"}),
    "samples_f1": ("f1", {"average": "samples"}),
    "map": ("mean_average_precision", {"average": "macro"}),
    "roc_auc": ("roc_auc", {"average": "macro"}),
    "exact_match": ("exact_match", None),
    "brier": ("brier_score", None),
}
"""Scores of a record that go into the metadata: the metric's id and its arguments."""


def card_metadata(
    record: EvaluationRecord, manifest: Manifest, data: DataFacts | None, *, names: Mapping[str, str]
) -> str:
    """The YAML block, without its rules; `names` are the scores' names for people."""
    from huggingface_hub import ModelCardData

    subject = record.subject
    results = _results(record, data, names)
    return ModelCardData(
        model_name=f"trending-{subject.model}-{subject.digest[:12]}",
        language="en",
        library_name="trending",
        pipeline_tag="text-classification",
        tags=["multi-label-classification", "genres", "film", "television", "ray", subject.model],
        base_model=base_model(manifest),
        metrics=sorted({result.metric_type for result in results}),
        eval_results=results,
    ).to_yaml()


def base_model(manifest: Manifest) -> str | None:
    """The pretrained encoder inside; None for a model that has none."""
    section = {"bert": "bert", "xgboost": "embedding"}.get(manifest.model)
    found = (manifest.settings.get(section) or {}).get("model") if section else None
    return PACKAGED_ENCODER if found == "packaged" else found


def _results(record: EvaluationRecord, data: DataFacts | None, names: Mapping[str, str]) -> list[EvalResult]:
    from huggingface_hub import EvalResult

    sources = ", ".join(data.sources) if data and data.sources else "Trending Now catalogue"
    return [
        EvalResult(
            task_type="text-classification",
            task_name="Genres of films and series",
            dataset_type="trending-catalog",
            dataset_name=sources,
            dataset_split="test",
            dataset_revision=str(record.subject.evaluated_on),
            metric_type=kind,
            metric_name=names[score],
            metric_value=round(float(record.scores[score]), 4),
            metric_args=dict(arguments) if arguments else None,
        )
        for score, (kind, arguments) in METRICS.items()
        if math.isfinite(record.scores.get(score, math.nan))
    ]
