"""What the service says about itself: vitals, system, security headers, the OpenAPI file, the documentation page."""

from __future__ import annotations

import json
import re

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve_app.api import openapi
from serve_app.api.cache import RecentlyUsed
from serve_app.api.schemas.system import SystemOut
from serve_app.api.vitals import SECONDS, Vitals
from serve_app.contracts import TrafficPolicy, Vital
from tests.serve_app.api.fakes import FakeClassifiers, FakeLLM


class Clock:
    def __init__(self) -> None:
        self.now = 1000.5

    def __call__(self) -> float:
        return self.now


def test_vitals_are_counted_by_the_second() -> None:
    clock = Clock()
    vitals = Vitals(clock=clock)
    for milliseconds in range(1, 101):
        vitals.record(float(milliseconds), error=milliseconds > 97)
    assert vitals.seconds() == ()
    clock.now += 1
    assert vitals.seconds() == (Vital(1000.0, 100, 3, 50.0, 95.0),)
    clock.now += 5
    vitals.record(7.0, error=False)
    clock.now += 1
    assert [vital.at for vital in vitals.seconds()] == [1000.0, 1006.0]
    clock.now += SECONDS - 2
    assert [vital.at for vital in vitals.seconds()] == [1006.0]


def test_the_system_tells_models_traffic_and_vitals(client: TestClient, api: FastAPI) -> None:
    clock = Clock()
    api.state.context.vitals.__init__(clock=clock)
    client.get("/v1/titles")
    client.get("/v1/nothing")
    client.get("/healthz")
    client.get("/v1/system")
    clock.now += 1
    state = SystemOut.model_validate(client.get("/v1/system").json())
    assert [(vital.requests, vital.errors) for vital in state.vitals] == [(2, 0)]
    assert [model.kind for model in state.models] == ["bert", "xgboost"]
    assert state.llm is not None
    assert state.llm.model == "fake-llm-1"
    assert state.policy.fallbacks == [("xgboost", "2"), ("keyword", "1")]
    assert state.details["keys"] == "open"


def test_errors_are_counted(client: TestClient, api: FastAPI, classifiers: FakeClassifiers) -> None:
    clock = Clock()
    api.state.context.vitals.__init__(clock=clock)
    classifiers.fails = RuntimeError()
    client.post("/v1/genres", json={"title": "a", "plot": "b"})
    clock.now += 1
    assert [vital.errors for vital in api.state.context.vitals.seconds()] == [1]


def test_folders_of_the_machine_are_details(client: TestClient, classifiers: FakeClassifiers) -> None:
    classifiers.policy_now = TrafficPolicy("3", "bert", folders={"3": "/srv/bundles/3"})
    state = client.get("/v1/system").json()
    assert "/srv" not in json.dumps(state["policy"])
    assert state["details"]["folders"] == {"3": "/srv/bundles/3"}


def test_a_language_model_that_is_down_does_not_hide_the_rest(
    client: TestClient, llm: FakeLLM, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down() -> None:
        raise RuntimeError

    monkeypatch.setattr(llm, "card", down)
    state = client.get("/v1/system")
    assert state.status_code == 200
    assert state.json()["llm"] is None


@pytest.mark.parametrize("path", ["/v1/titles", "/v1/nothing", "/healthz", "/openapi.json"])
def test_the_api_lets_browsers_do_nothing_with_its_answers(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors 'none'")
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"


@pytest.mark.parametrize(
    "path", ["/", "/docs", "/docs/start.js", "/docs/swagger-ui-bundle.js", "/assets/d3.js"]
)
def test_pages_run_no_script_but_their_own(client: TestClient, path: str) -> None:
    reply = client.get(path)
    assert reply.status_code == 200
    policy = reply.headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe-eval" not in policy
    assert reply.headers["x-content-type-options"] == "nosniff"


def test_the_documentation_page_loads_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert len(addresses) == 4
    assert all(address.startswith(("/docs/", "data:")) for address in addresses)
    assert all(client.get(a).status_code == 200 for a in addresses if a.startswith("/"))
    assert "<script>" not in page


def test_the_openapi_file_is_that_of_the_code(api: FastAPI) -> None:
    assert openapi.FILE.read_text(encoding="utf-8") == openapi.document_text(api), (
        "The API changed. If that was meant: python -m serve_app.api.openapi"
    )


def test_the_document_names_scopes_problems_and_genres(api: FastAPI) -> None:
    document = api.openapi()
    for path, operations in document["paths"].items():
        for operation in operations.values():
            assert ("x-scope" in operation) == path.startswith("/v1/")
            for status, answer in operation["responses"].items():
                if status >= "400":
                    assert [*answer["content"]] == ["application/problem+json"]
    schemas = document["components"]["schemas"]
    assert "Drama" in schemas["FeedbackText"]["properties"]["wrong"]["items"]["enum"]
    assert "HTTPValidationError" not in schemas
    ids = [operation["operationId"] for paths in document["paths"].values() for operation in paths.values()]
    assert len(ids) == len({*ids})


def test_a_cache_forgets_what_was_not_used_for_longest() -> None:
    cache: RecentlyUsed[int] = RecentlyUsed(2)
    cache.put("a", 1)
    cache.put("b", 2)
    assert cache.get("a") == 1
    cache.put("c", 3)
    assert (cache.get("a"), cache.get("b"), cache.get("c"), len(cache)) == (1, None, 3, 2)
    assert (cache.hits, cache.misses) == (3, 1)
    nothing: RecentlyUsed[int] = RecentlyUsed(0)
    nothing.put("a", 1)
    assert nothing.get("a") is None
