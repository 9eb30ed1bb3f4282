"""The whole app over real HTTP: the served answers are those of the bundle."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import numpy as np
import pytest

from trending.catalog.tables import Tables
from trending.catalog.text import clean_plot
from trending.features.document import make_document
from trending.models.bundle import load_bundle
from trending.models.registry import resolve_model
from trending.settings import Settings


@pytest.fixture(scope="module")
def client(service: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=service, timeout=60) as client:
        yield client


def test_answers_equal_the_bundle_offline_for_200_real_titles(
    client: httpx.Client, sample_home: Settings
) -> None:
    titles = Tables(sample_home).read_arrow("titles", columns=["title", "plot"]).slice(0, 200).to_pylist()
    assert len(titles) == 200
    bundle = load_bundle(resolve_model(sample_home, "champion").folder)
    documents = [
        make_document(clean_plot(t["title"]), clean_plot(t["plot"]), max_reviews=bundle.manifest.max_reviews)
        for t in titles
    ]
    offline = bundle.model.predict_proba(documents)

    served = []
    for start, end in ((0, 1), (1, 8), (8, 72), (72, 200)):
        reply = client.post("/v1/genres", json={"titles": titles[start:end]}).raise_for_status().json()
        assert [r["title"] for r in reply["results"]] == [t["title"] for t in titles[start:end]]
        served += [[r["probabilities"][genre] for genre in bundle.model.genres] for r in reply["results"]]
    np.testing.assert_allclose(np.array(served), offline, atol=1e-5)


def test_an_answer_names_the_model_its_version_and_its_snapshot(
    client: httpx.Client, sample_home: Settings
) -> None:
    reply = client.post("/v1/genres", json={"title": "Heat", "plot": "A thief and a detective."})
    model = reply.json()["model"]
    resolved = resolve_model(sample_home, "champion")
    assert model["version"] == resolved.version
    assert model["snapshot_id"] == str(Tables(sample_home).latest())
    assert model["bundle"] == load_bundle(resolved.folder).digest


def test_the_genres_answered_are_those_at_or_above_their_thresholds(
    client: httpx.Client, sample_home: Settings
) -> None:
    bundle = load_bundle(resolve_model(sample_home, "champion").folder)
    plot = "Three gunmen wait at a frontier railway station for the man with the harmonica."
    result = client.post("/v1/genres", json={"titles": [{"title": "X", "plot": plot}]}).json()["results"][0]
    thresholds = dict(zip(bundle.model.genres, bundle.thresholds, strict=True))
    expected = {g for g, p in result["probabilities"].items() if p >= thresholds[g]}
    assert {g["genre"] for g in result["genres"]} == expected
    found = [g["probability"] for g in result["genres"]]
    assert found == sorted(found, reverse=True)


def test_concurrent_requests_each_get_their_own_answer(client: httpx.Client) -> None:
    def ask(n: int) -> str:
        body = {"titles": [{"title": f"Title {n}", "plot": f"Plot number {n} about a sheriff and a bank."}]}
        return client.post("/v1/genres", json=body).json()["results"][0]["title"]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(64))) == [f"Title {n}" for n in range(64)]


def test_every_route_answers(client: httpx.Client, sample_home: Settings) -> None:
    listed = client.get("/v1/titles", params={"limit": 5}).raise_for_status().json()
    assert listed["total"] == Tables(sample_home).read_arrow("titles", columns=["title_id"]).num_rows
    title_id = listed["items"][0]["title_id"]
    for path in (
        "/healthz",
        "/readyz",
        "/openapi.json",
        "/docs",
        "/",
        "/v1/system",
        "/v1/models",
        "/v1/facets",
        "/v1/trending",
        f"/v1/titles/{title_id}",
        f"/v1/titles/{title_id}/genres",
        f"/v1/similar/{title_id}",
    ):
        assert client.get(path).status_code == 200, path
    enriched = client.post("/v1/enrich", json={"title_id": title_id}).raise_for_status().json()
    assert (enriched["title_id"], enriched["genre_rung"]) == (title_id, "xgboost")
    feedback = {"title_id": title_id, "wrong": [], "right": ["Drama"]}
    assert client.post("/v1/feedback", json=feedback).status_code == 201


def test_the_service_says_that_no_language_model_is_there(client: httpx.Client) -> None:
    body = {"model": "any", "messages": [{"role": "user", "content": "hello"}]}
    reply = client.post("/v1/chat/completions", json=body)
    assert reply.status_code == 404
    assert "llm.engine" in reply.json()["detail"]
