"""Reading what a language model says: strictly when it is whole, leniently while it arrives."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.enrichment.scripted import answer
from trending.enrichment.answers import answer_schema, draft_of, parse_answer
from trending.errors import LLMError
from trending.settings import EnrichmentSettings


def test_an_answer_is_read() -> None:
    read = parse_answer(answer("A  fine\nthing.", 7, ["warm"]), reviewed=True)
    assert (read.summary, read.vibe_score, read.vibe_tags) == ("A fine thing.", 7, ("warm",))


def test_a_fenced_answer_is_read() -> None:
    assert parse_answer(f"```json\n{answer()}\n```", reviewed=True).vibe_score == 7


def test_without_reviews_only_tags_are_asked_for() -> None:
    assert parse_answer('{"vibe_tags": ["warm"]}', reviewed=False).vibe_tags == ("warm",)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Sure! " + answer(),
        answer() + " done",
        answer()[:-5],
        "[]",
        "null",
        '{"summary": "a", "summary": "b", "vibe_score": 1, "vibe_tags": []}',
        '{"summary": "a", "vibe_score": 1}',
        '{"summary": "a", "vibe_score": 1, "vibe_tags": [], "more": 1}',
        answer(score="8"),
        answer(score=True),
        answer(score=7.5),
        answer(score=None),
        '{"summary": "a", "vibe_score": NaN, "vibe_tags": []}',
        answer(tags=[1]),
        '{"summary": ["a"], "vibe_score": 1, "vibe_tags": []}',
        '{"summary": "a", "vibe_score": 1, "vibe_tags": "warm"}',
        "[" * 100_000,
    ],
)
def test_a_wrong_shape_is_refused(text: str) -> None:
    with pytest.raises(LLMError):
        parse_answer(text, reviewed=True)


def test_an_error_repeats_nothing_of_the_answer() -> None:
    with pytest.raises(LLMError) as caught:
        parse_answer('{"secret-prompt": 1, "vibe_tags": [], "summary": "", "vibe_score": 1}', reviewed=True)
    assert "secret" not in str(caught.value)


@given(st.text(max_size=60), st.booleans())
def test_a_draft_grows_to_the_summary(summary: str, ascii_only: bool) -> None:
    text = json.dumps({"summary": summary, "vibe_score": 1, "vibe_tags": []}, ensure_ascii=ascii_only)
    drafts = [draft_of(text[:end]) for end in range(len(text) + 1)]
    assert all(summary.startswith(draft) for draft, _ in drafts)
    assert drafts[-1] == (summary, True)


def test_the_schema_asks_for_what_is_read() -> None:
    settings = EnrichmentSettings(max_tags=3)
    schema = answer_schema(settings, reviewed=True)
    assert next(iter(schema["properties"])) == "summary"
    assert schema["properties"]["vibe_tags"]["maxItems"] == 3
    assert list(answer_schema(settings, reviewed=False)["properties"]) == ["vibe_tags"]
