"""The API as a Serve deployment: built in the replica, on handles, with Ray's errors in the API's words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from ray import serve

from serve_app.gateway import Gateway
from serve_app.handles import Handles
from tests.serve_app.api.everything import Everything
from trending.settings import ServeSettings, Settings

HEAT = {"title": "Heat", "plot": "A detective hunts a careful thief."}
PREFIX = "/behind"
"""Not at the root: other tests have the whole service there."""


@pytest.fixture(scope="module")
def client(
    serve_address: tuple[str, int], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    settings = Settings(home=tmp_path_factory.mktemp("home"), serve=ServeSettings(max_body_kb=64))
    everything: Any = Everything.bind()
    handles = Handles(
        classifiers={"bert": everything},
        traffic=everything,
        llm=everything,
        titles=everything,
        enricher=everything,
    )
    app = Gateway.options(ray_actor_options={"num_cpus": 0}).bind(settings, handles)
    serve.run(app, name="behind", route_prefix=PREFIX, logging_config={"log_level": "WARNING"})
    host, port = serve_address
    with httpx.Client(base_url=f"http://{host}:{port}{PREFIX}", timeout=60) as client:
        yield client
    serve.delete("behind")


def test_it_answers_with_what_the_other_deployments_say(client: httpx.Client) -> None:
    assert client.get("/readyz").json() == {"status": "ready"}
    reply = client.post("/v1/genres", json=HEAT)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors")
    assert reply.json()["model"]["version"] == "3"
    assert client.get("/v1/titles?limit=2").json()["total"] == 300


def test_a_full_queue_is_a_problem_with_the_time_to_wait(client: httpx.Client) -> None:
    reply = client.post("/v1/genres", json={**HEAT, "title": "too much"})
    assert reply.status_code == 503
    assert reply.headers["content-type"] == "application/problem+json"
    assert reply.headers["retry-after"] == "3"


def test_a_bug_behind_the_api_is_a_500_without_its_trace(client: httpx.Client) -> None:
    reply = client.get("/v1/facets")
    assert reply.status_code == 500
    assert reply.json()["request_id"] == reply.headers["x-request-id"]
    assert "secret" not in reply.text
    assert "everything.py" not in reply.text


def test_a_stream_arrives_through_serve(client: httpx.Client) -> None:
    body = {"messages": [{"role": "user", "content": "hello"}], "stream": True}
    with client.stream("POST", "/v1/chat/completions", json=body) as reply:
        lines = [line for line in reply.iter_lines() if line]
    assert lines[-1] == "data: [DONE]"
    assert len(lines) > 4


def test_a_body_in_chunks_over_the_limit_is_refused(client: httpx.Client) -> None:
    reply = client.post(
        "/v1/genres",
        content=(b"x" * 10_000 for _ in range(20)),
        headers={"content-type": "application/json"},
    )
    assert reply.status_code == 413
    assert reply.json()["type"] == "urn:trending:problem:too-large"
