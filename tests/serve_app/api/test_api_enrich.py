"""`POST /v1/enrich`: by text and by id, whole and as events; and feedback on genres."""

from __future__ import annotations

import json

import pytest
from starlette.testclient import TestClient

from serve_app.api.schemas.enrich import EnrichmentOut
from tests.serve_app.api.fakes import FakeEnricher, FakeTitles, fake_enrichment
from trending.enrichment.schema import EnrichmentInput

HEAT = {"title": "Heat", "plot": "A detective hunts a thief.", "reviews": ["Great!"], "ratings": [9, 7.5]}


def events_of(text: str) -> list[tuple[str, dict[str, object]]]:
    events = []
    for block in text.strip().split("\n\n"):
        name, data = block.split("\n")
        events.append((name.removeprefix("event: "), json.loads(data.removeprefix("data: "))))
    return events


def test_a_text_is_enriched(client: TestClient, enricher: FakeEnricher) -> None:
    reply = client.post("/v1/enrich", json=HEAT, headers={"x-client-id": "me"})
    answer = EnrichmentOut.model_validate(reply.json())
    title = EnrichmentInput("Heat", HEAT["plot"], ("Great!",), (9.0, 7.5))  # type: ignore[arg-type]
    assert enricher.asked == [(title, "me")]
    whole = fake_enrichment(title)
    assert [(g.genre, g.probability) for g in answer.genres] == [
        (genre, whole.probabilities[genre]) for genre in whole.genres
    ]
    assert (answer.summary, answer.vibe_score) == (whole.summary, whole.vibe_score)
    assert set(reply.json()) == {*EnrichmentOut.model_fields}


def test_a_title_of_the_catalogue_is_enriched_from_what_is_kept(
    client: TestClient, enricher: FakeEnricher, titles: FakeTitles
) -> None:
    kept = titles.titles[5]
    reply = client.post("/v1/enrich", json={"title_id": kept.summary.title_id})
    assert reply.status_code == 200
    [(asked, _)] = enricher.asked
    assert (asked.title_id, asked.plot, asked.reviews) == (kept.summary.title_id, kept.plot, kept.reviews)
    assert asked.release_year == kept.summary.release_year


def test_the_parts_arrive_as_events_in_their_order(client: TestClient) -> None:
    reply = client.post("/v1/enrich", json=HEAT, headers={"accept": "text/event-stream"})
    assert reply.headers["content-type"].startswith("text/event-stream")
    assert reply.headers["cache-control"] == "no-store"
    events = events_of(reply.text)
    names = [name for name, _ in events]
    assert names[0] == "genres"
    assert names[-2:] == ["note", "done"]
    assert {*names[1:-2]} == {"draft"}
    first, last = events[0][1], events[-1][1]["enrichment"]
    assert EnrichmentOut.model_validate(last).genres[0].model_dump() == first["genres"][0]  # type: ignore[index]
    assert "probabilities" in first


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
def test_an_unknown_title_is_404_also_for_who_wants_events(client: TestClient, accept: str) -> None:
    reply = client.post("/v1/enrich", json={"title_id": "nope"}, headers={"accept": accept})
    assert reply.status_code == 404
    assert reply.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": "Heat"}, ["body", "plot"]),
        ({"title_id": "a/../b"}, ["body", "title_id"]),
        ({"title_id": "abc", "plot": "x"}, ["body", "plot"]),
        ({**HEAT, "ratings": [11]}, ["body", "ratings", 0]),
        ({**HEAT, "reviews": [" "]}, ["body", "reviews", 0]),
    ],
)
def test_bad_input_is_named(client: TestClient, body: dict[str, object], field: list[object]) -> None:
    reply = client.post("/v1/enrich", json=body)
    assert reply.status_code == 422
    assert field in [fault["loc"] for fault in reply.json()["errors"]]


def test_feedback_on_a_title_of_the_catalogue_is_kept_with_model_and_text(
    client: TestClient, titles: FakeTitles
) -> None:
    kept = titles.titles[3]
    body = {
        "title_id": kept.summary.title_id,
        "wrong": ["Drama", "Drama"],
        "right": ["Comedy"],
        "comment": "!",
    }
    reply = client.post("/v1/feedback", json=body)
    assert reply.status_code == 201
    [feedback] = titles.feedback
    assert feedback.feedback_id == reply.json()["feedback_id"]
    assert (feedback.title, feedback.plot) == (kept.summary.title, kept.plot)
    assert (feedback.wrong, feedback.right, feedback.model_version) == (("Drama",), ("Comedy",), "3")


def test_feedback_on_a_text_is_kept(client: TestClient, titles: FakeTitles) -> None:
    reply = client.post("/v1/feedback", json={"title": "Heat", "plot": "x", "right": ["Drama"]})
    assert reply.status_code == 201
    assert titles.feedback[0].title_id is None


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"wrong": []}, 422),
        ({"wrong": ["Polka"]}, 422),
        ({"right": ["Drama"]}, 422),
        ({"title_id": "nope", "title": None, "plot": None}, 404),
        ({"title": " "}, 422),
    ],
)
def test_feedback_that_says_nothing_or_nonsense_is_refused(
    client: TestClient, titles: FakeTitles, change: dict[str, object], status: int
) -> None:
    body = {"title": "Heat", "plot": "x", "wrong": ["Drama"], **change}
    reply = client.post(
        "/v1/feedback", json={name: value for name, value in body.items() if value is not None}
    )
    assert reply.status_code == status
    assert not titles.feedback
