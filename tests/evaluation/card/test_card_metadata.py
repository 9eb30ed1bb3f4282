"""The head of the Markdown card, read back by the library whose form it has."""

from __future__ import annotations

import math

import pytest
from huggingface_hub import ModelCard, ModelCardData

from tests.evaluation.card.synthetic import data_facts, manifest_of, run_facts, synthetic_record
from trending.evaluation.card.metadata import base_model
from trending.evaluation.card.write import render_card


def read_back(markdown: str) -> ModelCardData:
    data = ModelCard(markdown).data
    assert isinstance(data, ModelCardData)
    return data


def test_hugging_face_reads_the_scores_back() -> None:
    record = synthetic_record()
    markdown, _ = render_card(record, manifest_of(record), run_facts(), data_facts())
    data = read_back(markdown)
    found = {(r.metric_type, (r.metric_args or {}).get("average")): r for r in data.eval_results or []}
    assert found["f1", "micro"].metric_value == 0.663
    assert found["f1", "macro"].metric_name == "macro-F1"
    assert found["brier_score", None].metric_value == 0.054
    assert {(r.dataset_name, r.dataset_split, r.dataset_revision) for r in found.values()} == {
        ("netflix, amazon", "test", "8897328548465253191")
    }
    assert data.pipeline_tag == "text-classification"
    assert data.base_model == "sentence-transformers/all-MiniLM-L6-v2"
    assert "bert" in (data.tags or [])


def test_a_score_that_is_not_defined_is_not_claimed() -> None:
    record = synthetic_record(scores={"micro_f1": 0.5, "roc_auc": math.nan})
    markdown, _ = render_card(record, manifest_of(record), None, None)
    assert [r.metric_type for r in read_back(markdown).eval_results or []] == ["f1"]


@pytest.mark.parametrize(
    ("model", "settings", "encoder"),
    [
        ("bert", {"bert": {"model": "FacebookAI/roberta-large"}}, "FacebookAI/roberta-large"),
        ("xgboost", {"embedding": {"model": "packaged"}}, "sentence-transformers/all-MiniLM-L6-v2"),
        ("linear", {"embedding": {"model": "packaged"}}, None),
        ("bert", {}, None),
    ],
)
def test_the_encoder_inside_is_that_of_the_bundle(
    model: str, settings: dict[str, dict[str, str]], encoder: str | None
) -> None:
    manifest = manifest_of(synthetic_record(), model=model, settings=settings)
    assert base_model(manifest) == encoder
