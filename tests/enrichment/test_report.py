"""The report counts what is in the table, and holds vibe scores against what people said."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from tests.enrichment.scripted import WordSentiment
from tests.serve_app.titles.shelves import review, shelve, title
from trending.catalog.tables import Tables
from trending.enrichment.agreement import rank_correlation
from trending.enrichment.report import (
    EnrichmentFigures,
    cost_of,
    enrichment_figures,
    rung_table,
    write_enrichment_report,
)
from trending.enrichment.sentiment import Sentiment, SentimentFigures
from trending.enrichment.table import ENRICHMENTS, TABLE, read_enrichments
from trending.settings import LLMSettings, Settings

NAMES = "ABCDEF"
RATINGS = (10.0, 9.0, 8.0, 3.0, 2.0, 1.0)
GOOD, BAD = "wonderful beautiful joy", "dreadful rushed hollow"


class Scorer(WordSentiment, Sentiment):
    """Words, with figures as if it had been fitted."""

    def __init__(self) -> None:
        self.figures = SentimentFigures(100, 50, 0.8, 0.9, 0.7, 1.0, 0.0)


def row(name: str, **fields: Any) -> dict[str, Any]:
    return {
        "title_id": f"id-{name}", "title": name, "content_hash": name, "recipe": "r", "snapshot_id": 1,
        "genre_rung": "xgboost", "summary_rung": "extractive", "score_basis": "sentiment", "tag_rung": "llm",
        "vibe_score": 5.0, "llm_model": "m", "attempts": 2, "prompt_tokens": 300, "completion_tokens": 40,
        "faults": "[]", "seconds": 1.5,
    } | fields  # fmt: skip


@pytest.fixture
def figures(settings: Settings) -> EnrichmentFigures:
    settings = settings.model_copy(update={"llm": LLMSettings(prompt_price=2.0, completion_price=10.0)})
    shelve(
        settings,
        [title(name) for name in NAMES],
        [
            review(name, f"{GOOD if rating > 5 else BAD} {name}", rating=rating)
            for name, rating in zip(NAMES, RATINGS, strict=True)
        ],
    )
    faults = [
        {"part": "summary", "kind": kind, "detail": f"it was {kind}"} for kind in ("parse", "parse", "length")
    ]
    rows = [
        row(name, vibe_score=rating, faults=json.dumps(faults if name == "A" else []))
        for name, rating in zip(NAMES, RATINGS, strict=True)
    ]
    rows[0]["summary_rung"], rows[1]["recipe"], rows[2]["llm_model"] = "llm", "", ""
    rows.append(row("gone", attempts=99))
    read_enrichments(settings)
    Tables(settings).table(TABLE).append(pa.Table.from_pylist(rows, schema=ENRICHMENTS))
    return enrichment_figures(settings, Scorer(), Tables(settings).latest() or 0)


def test_rungs_faults_tokens_and_cost_are_counted(figures: EnrichmentFigures) -> None:
    assert figures.titles == 6, "a title that the snapshot lacks does not count"
    assert figures.rungs["summary"] == {"extractive": 5, "llm": 1}
    assert figures.rungs["genres"] == {"xgboost": 6}
    assert figures.faults == {"summary: parse": 2, "summary: length": 1}
    assert figures.parse_failures == 2
    assert (figures.asked, figures.calls, figures.unsettled) == (6, 12, 1)
    assert figures.models == {"m": 5, "": 1}
    assert (figures.prompt_tokens, figures.completion_tokens) == (1800, 240)
    assert figures.cost == pytest.approx((1800 * 2 + 240 * 10) / 1e6)
    assert figures.seconds == pytest.approx(9.0)


def test_a_sentiment_that_agrees_with_the_ratings_is_told_so(figures: EnrichmentFigures) -> None:
    agreement = figures.agreement
    assert (agreement.reviews, agreement.titles) == (6, 6)
    assert agreement.review_auc == 1.0
    assert agreement.review_rho is not None
    assert agreement.review_rho > 0.8
    assert agreement.title_rho == pytest.approx(agreement.review_rho)
    assert agreement.score_rho == pytest.approx(1.0)
    assert agreement.title_distance is not None
    assert 0 < agreement.title_distance < 2
    assert agreement.held_out_accuracy == 0.8


def test_the_page_holds_the_figures(figures: EnrichmentFigures, settings: Settings) -> None:
    path = write_enrichment_report(settings, figures, snapshot_id=7, run=["The last run: fine."])
    text = path.read_text(encoding="utf-8")
    for part in (
        "6 enriched titles of snapshot `7`",
        "The last run: fine.",
        "| summary | extractive | 5 | 83% |",
        "| summary: parse | 2 | it was parse |",
        "| answers that could not be parsed | 2 |",
        "AUC of liked (7 and more) against disliked (4 and less) 1.000",
    ):
        assert part in text
    assert rung_table(figures).row_count == 5
    json.dumps(figures.as_json())


def test_nothing_enriched_makes_a_page_too(settings: Settings) -> None:
    shelve(settings, [title("A")])
    figures = enrichment_figures(settings, Scorer(), Tables(settings).latest() or 0)
    assert figures.titles == 0
    assert (
        figures.agreement.review_rho
        is figures.agreement.review_auc
        is figures.agreement.title_distance
        is None
    )
    text = write_enrichment_report(settings, figures, snapshot_id=7).read_text(encoding="utf-8")
    assert "too few to tell" in text
    assert "Nothing." in text


def test_no_correlation_is_told_of_few_or_of_constants() -> None:
    assert rank_correlation(np.arange(3.0), np.arange(3.0)) is None
    assert rank_correlation(np.arange(9.0), np.ones(9)) is None
    assert rank_correlation(np.arange(9.0), -np.arange(9.0)) == pytest.approx(-1)


def test_without_prices_nothing_costs_anything() -> None:
    assert cost_of(LLMSettings(), 10_000, 10_000) == 0
