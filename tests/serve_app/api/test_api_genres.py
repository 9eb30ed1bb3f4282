"""`POST /v1/genres`: right answers, the cache, the traffic key, clear refusals."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
from starlette.testclient import TestClient

from serve_app.api.documents import document_of
from serve_app.api.schemas import MAX_TITLES
from serve_app.api.schemas.genres import GenresResponse, TitleIn
from serve_app.contracts import TrafficPolicy
from tests.serve_app.api.fakes import GENRES, FakeClassifiers, fake_probabilities

HEAT = {
    "title": "Heat",
    "plot": "A detective hunts a careful thief.",
    "reviews": ["Great!", "Long.", "Loud."],
}
ALIEN = {"title": "Alien", "plot": "A crew answers a call."}


def ask(client: TestClient, *titles: Mapping[str, object], **headers: str) -> dict[str, Any]:
    reply = client.post("/v1/genres", json={"titles": list(titles)}, headers=headers)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_an_answer_is_the_models_row_of_the_document_made_as_in_training(client: TestClient) -> None:
    reply = GenresResponse.model_validate(ask(client, HEAT, ALIEN))
    for title, result in zip((HEAT, ALIEN), reply.results, strict=True):
        row = fake_probabilities(document_of(TitleIn.model_validate(title), max_reviews=2))
        np.testing.assert_allclose([result.probabilities[g] for g in GENRES], row)
        assert result.title == title["title"]


def test_the_genres_are_those_at_or_above_their_thresholds_most_probable_first(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    [result] = GenresResponse.model_validate(ask(client, HEAT)).results
    thresholds = dict(zip(GENRES, classifiers.card().thresholds, strict=True))
    assert {g.genre for g in result.genres} == {
        g for g, p in result.probabilities.items() if p >= thresholds[g]
    }
    found = [g.probability for g in result.genres]
    assert found == sorted(found, reverse=True)


def test_one_title_may_be_sent_as_it_is(client: TestClient) -> None:
    reply = client.post("/v1/genres", json=HEAT)
    assert reply.json() == ask(client, HEAT)


def test_the_answer_names_model_and_arm(client: TestClient) -> None:
    reply = ask(client, HEAT)
    assert reply["model"] == {"name": "bert", "version": "3", "bundle": "ab" * 32, "snapshot_id": "7001"}
    assert reply["arm"] == "champion"


def test_what_was_answered_before_is_not_asked_again(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    first = ask(client, HEAT)
    assert ask(client, HEAT) == first
    both = ask(client, ALIEN, HEAT)
    assert [len(documents) for documents, _, _ in classifiers.asked] == [1, 1]
    assert both["results"][1] == first["results"][0]
    assert ask(client, ALIEN, HEAT) == both


def test_a_new_champion_is_asked_again(client: TestClient, classifiers: FakeClassifiers) -> None:
    ask(client, HEAT)
    classifiers.version, classifiers.policy_now = "4", TrafficPolicy("4", "bert")
    assert ask(client, HEAT)["model"]["version"] == "4"
    assert len(classifiers.asked) == 2


def test_with_a_challenger_every_request_reaches_the_split(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    ask(client, HEAT)
    classifiers.policy_now = TrafficPolicy("3", "bert", challenger="4", challenger_kind="bert", weight=0.5)
    ask(client, HEAT)
    ask(client, HEAT)
    assert len(classifiers.asked) == 3


def test_an_answer_never_mixes_two_models(client: TestClient, classifiers: FakeClassifiers) -> None:
    ask(client, HEAT)
    classifiers.version = "2"  # the champion fails: its fallback answers
    reply = ask(client, HEAT, ALIEN)
    assert reply["model"]["version"] == "2"
    assert [len(documents) for documents, _, _ in classifiers.asked] == [1, 1, 2]
    classifiers.version = "3"
    assert ask(client, ALIEN)["model"]["version"] == "3"


def test_the_traffic_key_is_the_client_id_else_the_same_for_an_address(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    ask(client, {"title": "1", "plot": "x"}, **{"x-client-id": "browser-17"})
    ask(client, {"title": "2", "plot": "x"})
    ask(client, {"title": "3", "plot": "x"}, **{"x-client-id": "not sane"})
    keys = [key for _, key, _ in classifiers.asked]
    assert keys[0] == "browser-17"
    assert keys[1] == keys[2]
    assert "testclient" not in keys[1]


def test_the_request_id_travels_to_the_classifier(client: TestClient, classifiers: FakeClassifiers) -> None:
    ask(client, HEAT, **{"x-request-id": "abc-1"})
    assert classifiers.asked[0][2] == "abc-1"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ["body", "titles"]),
        ([], ["body"]),
        ("title", ["body"]),
        (None, ["body"]),
        (7, ["body"]),
        ({"titles": []}, ["body", "titles"]),
        ({"titles": [{"title": "Heat"}]}, ["body", "titles", 0, "plot"]),
        ({"title": "Heat"}, ["body", "plot"]),
        ({"titles": [{"title": "Heat", "plot": "   "}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "Heat", "plot": "a\u0000b"}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "Heat", "plot": "x", "year": 1995}]}, ["body", "titles", 0, "year"]),
        ({"titles": [{"title": "Heat", "plot": "x" * 20_001}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "x" * 501, "plot": "x"}]}, ["body", "titles", 0, "title"]),
        ({"titles": [{"title": "Heat", "plot": "x", "reviews": "good"}]}, ["body", "titles", 0, "reviews"]),
        (
            {"titles": [{"title": "Heat", "plot": "x", "reviews": ["y"] * 51}]},
            ["body", "titles", 0, "reviews"],
        ),
        ({"titles": [{"title": "Heat", "plot": "x"}] * (MAX_TITLES + 1)}, ["body", "titles"]),
    ],
)
def test_bad_input_gets_422_with_the_field_that_is_wrong(
    client: TestClient, body: object, field: list[object]
) -> None:
    reply = client.post("/v1/genres", content=json.dumps(body), headers={"content-type": "application/json"})
    assert reply.status_code == 422
    assert field in [fault["loc"] for fault in reply.json()["errors"]]


def test_256_titles_are_answered_in_order(client: TestClient) -> None:
    titles = [{"title": f"T{n}", "plot": f"Plot {n}"} for n in range(MAX_TITLES)]
    results = ask(client, *titles)["results"]
    assert [r["title"] for r in results] == [t["title"] for t in titles]


def test_long_texts_are_answered_like_short_ones(client: TestClient) -> None:
    titles = [{"title": f"T{n}", "plot": f"Plot {n} " + "of a very long evening. " * 200} for n in range(12)]
    served = [result["probabilities"] for result in ask(client, *titles)["results"]]
    for title, probabilities in zip(titles, served, strict=True):
        row = fake_probabilities(document_of(TitleIn.model_validate(title), max_reviews=2))
        np.testing.assert_allclose([probabilities[g] for g in GENRES], row)


def test_numbers_in_quotes_and_truths_in_numbers_are_not_taken(client: TestClient) -> None:
    assert client.post("/v1/enrich", json={**ALIEN, "ratings": ["7"]}).status_code == 422
    assert client.post("/v1/enrich", json={**ALIEN, "ratings": [7, 7.5]}).status_code == 200
    chat = {"messages": [{"role": "user", "content": "hi"}], "stream": 0}
    assert client.post("/v1/chat/completions", json=chat).status_code == 422
