"""The served model over real HTTP: right answers, clear refusals."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import httpx
import numpy as np
import pytest

from serve_app.api.documents import document_of
from serve_app.api.schemas import MAX_TITLES
from serve_app.api.schemas.genres import TitleIn
from serve_app.app import running_app
from trending.catalog.tables import Tables
from trending.models.bundle import load_bundle
from trending.models.registry import resolve_model
from trending.settings import ServeSettings, Settings


@pytest.fixture(scope="module")
def client(sample_home: Settings) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = sample_home.model_copy(update={"serve": ServeSettings(port=port)})
    with running_app(settings) as address, httpx.Client(base_url=address, timeout=60) as client:
        yield client


def test_answers_equal_the_bundle_offline_for_200_real_titles(
    client: httpx.Client, sample_home: Settings
) -> None:
    titles = Tables(sample_home).read_arrow("titles", columns=["title", "plot"]).slice(0, 200).to_pylist()
    assert len(titles) == 200
    bundle = load_bundle(resolve_model(sample_home, "champion").folder)
    max_reviews = bundle.manifest.max_reviews
    offline = bundle.model.predict_proba([document_of(TitleIn(**t), max_reviews=max_reviews) for t in titles])

    served = []
    for start in (0, 1, 8, 72):
        end = {0: 1, 1: 8, 8: 72, 72: 200}[start]
        reply = client.post("/v1/genres", json={"titles": titles[start:end]}).raise_for_status().json()
        assert [r["title"] for r in reply["results"]] == [t["title"] for t in titles[start:end]]
        served += [[r["probabilities"][genre] for genre in bundle.model.genres] for r in reply["results"]]
    np.testing.assert_allclose(np.array(served), offline, atol=1e-5)


def test_an_answer_names_the_model_its_version_and_its_snapshot(
    client: httpx.Client, sample_home: Settings
) -> None:
    reply = client.post(
        "/v1/genres", json={"titles": [{"title": "Heat", "plot": "A thief and a detective."}]}
    )
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


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, ["body", "titles"]),
        ({"titles": []}, ["body", "titles"]),
        ({"titles": [{"title": "Heat"}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "Heat", "plot": "   "}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "Heat", "plot": "x", "year": 1995}]}, ["body", "titles", 0, "year"]),
        ({"titles": [{"title": "Heat", "plot": "x" * 20_001}]}, ["body", "titles", 0, "plot"]),
        ({"titles": [{"title": "Heat", "plot": "x", "reviews": "good"}]}, ["body", "titles", 0, "reviews"]),
        ({"titles": [{"title": "Heat", "plot": "x"}] * (MAX_TITLES + 1)}, ["body", "titles"]),
    ],
)
def test_bad_input_gets_422_with_the_field_that_is_wrong(
    client: httpx.Client, body: dict[str, object], field: list[object]
) -> None:
    reply = client.post("/v1/genres", json=body)
    assert reply.status_code == 422
    assert field in [fault["loc"] for fault in reply.json()["errors"]]


def test_a_body_that_is_not_json_gets_422(client: httpx.Client) -> None:
    assert client.post("/v1/genres", content=b"{not json").status_code == 422


def test_health_readiness_and_openapi(client: httpx.Client) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {"status": "ready"}
    assert "/v1/genres" in client.get("/openapi.json").json()["paths"]


def test_concurrent_requests_each_get_their_own_answer(client: httpx.Client) -> None:
    from concurrent.futures import ThreadPoolExecutor

    def ask(n: int) -> str:
        body = {"titles": [{"title": f"Title {n}", "plot": f"Plot number {n} about a sheriff and a bank."}]}
        return client.post("/v1/genres", json=body).json()["results"][0]["title"]

    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(ask, range(64))) == [f"Title {n}" for n in range(64)]
