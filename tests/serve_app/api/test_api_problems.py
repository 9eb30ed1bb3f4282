"""Errors in RFC 9457's words: every status, with the request's id, and nothing that leaks."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve_app.api.app import build_api
from serve_app.api.limits import SHED_S, Shedding
from tests.serve_app.api.fakes import FakeClassifiers, FakeTitles, OverloadedError, fake_services
from trending.errors import ServiceError
from trending.settings import Settings

HEAT = {"title": "Heat", "plot": "A detective hunts a careful thief."}
JSON = {"content-type": "application/json"}


def check(reply: object, status: int, name: str) -> dict[str, object]:
    assert reply.status_code == status, reply.text  # type: ignore[attr-defined]
    assert reply.headers["content-type"] == "application/problem+json"  # type: ignore[attr-defined]
    problem = reply.json()  # type: ignore[attr-defined]
    assert problem["type"] == f"urn:trending:problem:{name}"
    assert problem["status"] == status
    assert problem["title"]
    assert problem["detail"]
    assert problem["request_id"] == reply.headers["x-request-id"]  # type: ignore[attr-defined]
    return problem


def test_an_unknown_address(client: TestClient) -> None:
    assert check(client.get("/v1/nothing"), 404, "not-found")["instance"] == "/v1/nothing"
    check(client.get("/v1/titles/"), 404, "not-found")
    check(client.get("/assets/../../etc/passwd"), 404, "not-found")
    check(client.get("/assets/%2e%2e/%2e%2e/mount.py"), 404, "not-found")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PURGE"])
def test_a_wrong_method_says_which_are_right(client: TestClient, method: str) -> None:
    reply = client.request(method, "/v1/titles")
    check(reply, 405, "wrong-method")
    assert reply.headers["allow"] == "GET"


def test_head_is_get_without_its_body(client: TestClient) -> None:
    whole, head = client.get("/v1/facets"), client.head("/v1/facets")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == whole.headers["content-length"]
    assert head.headers["etag"] == whole.headers["etag"]


@pytest.mark.parametrize(
    "content_type", [None, "text/plain", "application/x-www-form-urlencoded", "application/xml", "json"]
)
def test_a_body_that_does_not_say_json(client: TestClient, content_type: str | None) -> None:
    headers = {"content-type": content_type} if content_type else {}
    check(client.post("/v1/genres", content=b"{}", headers=headers), 415, "wrong-type")


def test_json_of_other_names_is_taken(client: TestClient) -> None:
    for name in ("application/json; charset=utf-8", "application/vnd.x+json"):
        reply = client.post(
            "/v1/genres", content=b'{"title": "a", "plot": "b"}', headers={"content-type": name}
        )
        assert reply.status_code == 200


@pytest.mark.parametrize("body", [b"{not json", b"", b"\x00", b'{"title": }', b"[" * 100_000])
def test_a_body_that_is_not_json(client: TestClient, body: bytes) -> None:
    reply = client.post("/v1/genres", content=body[:60_000], headers=JSON)
    assert reply.status_code in (400, 422)
    check(reply, reply.status_code, {400: "bad-request", 422: "invalid"}[reply.status_code])


def test_a_body_that_is_not_utf8(client: TestClient) -> None:
    body = b'{"title": "\xff\xfe", "plot": "b"}'
    check(client.post("/v1/genres", content=body, headers=JSON), 400, "bad-request")


@pytest.mark.parametrize(
    "body",
    [
        rb'{"title": "\ud800", "plot": "b"}',
        rb'{"title": "a", "plot": "b", "\ud800": 1}',
        rb'{"title": "a", "plot": 1e999}',
        b'{"title": "a", "plot": ' + b"9" * 5000 + b"}",
        b'{"title": "a", "plot": NaN}',
    ],
)
def test_json_that_no_text_can_hold_is_refused_and_not_repeated(client: TestClient, body: bytes) -> None:
    reply = client.post("/v1/genres", content=body, headers=JSON)
    assert reply.status_code in (400, 422)
    assert "9999" not in reply.text


def test_a_body_over_the_limit_that_says_so(client: TestClient, classifiers: FakeClassifiers) -> None:
    body = b'{"title": "a", "plot": "' + b"b" * 70_000 + b'"}'
    assert "64 KiB" in str(
        check(client.post("/v1/genres", content=body, headers=JSON), 413, "too-large")["detail"]
    )
    assert not classifiers.asked


def test_a_body_over_the_limit_that_comes_in_chunks_is_not_read_to_its_end(client: TestClient) -> None:
    sent = []

    def chunks() -> Iterator[bytes]:
        for n in range(100):
            sent.append(n)
            yield b"x" * 10_000

    check(client.post("/v1/genres", content=chunks(), headers=JSON), 413, "too-large")


def test_a_body_of_the_limit_is_taken(client: TestClient) -> None:
    body = b'{"title": "a", "plot": "b"}'
    body += b" " * (64 * 1024 - len(body))
    assert client.post("/v1/genres", content=body, headers=JSON).status_code == 200
    check(client.post("/v1/genres", content=body + b" ", headers=JSON), 413, "too-large")


def test_what_nobody_foresaw_is_a_500_that_tells_only_its_id(
    client: TestClient, classifiers: FakeClassifiers, caplog: pytest.LogCaptureFixture
) -> None:
    classifiers.fails = RuntimeError("password=hunter2")
    reply = client.post("/v1/genres", json=HEAT)
    problem = check(reply, 500, "unexpected")
    assert "hunter2" not in reply.text
    assert str(problem["request_id"]) in caplog.text
    assert "hunter2" in caplog.text


def test_a_busy_deployment_is_a_503_at_once_with_a_time_to_wait(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    classifiers.fails = OverloadedError("queue of replica 10.0.0.7 is full")
    reply = client.post("/v1/genres", json=HEAT)
    check(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "1"
    assert "10.0.0.7" not in reply.text


def test_the_moment_after_a_refusal_is_refused_unread(
    api: FastAPI, client: TestClient, classifiers: FakeClassifiers
) -> None:
    now = [0.0]
    api.state.context.shedding = Shedding(clock=lambda: now[0])
    classifiers.fails = OverloadedError()
    check(client.post("/v1/genres", json=HEAT), 503, "unavailable")
    classifiers.fails = None
    reply = client.post("/v1/genres", content=b"{not even JSON", headers=JSON)
    check(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "1"
    assert client.get("/v1/models").status_code == 200, "others are not refused"
    now[0] += 1.01 * SHED_S
    assert client.post("/v1/genres", json=HEAT).status_code == 200


def test_what_is_no_lack_of_places_is_not_refused_unread(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    classifiers.fails = ServiceError("No classifier answers.")
    check(client.post("/v1/genres", json=HEAT), 503, "unavailable")
    check(client.post("/v1/genres", content=b"{not even JSON", headers=JSON), 422, "invalid")


def test_an_error_in_rays_wrapping_is_known_by_its_cause(
    client: TestClient, classifiers: FakeClassifiers
) -> None:
    wrapped = RuntimeError("RayTaskError(OverloadedError)")
    wrapped.cause = OverloadedError()  # type: ignore[attr-defined]
    wrapped.cause.retry_after_s = 2.5  # type: ignore[attr-defined]
    classifiers.fails = wrapped
    reply = client.post("/v1/genres", json=HEAT)
    check(reply, 503, "unavailable")
    assert reply.headers["retry-after"] == "3"


def test_no_classifier_at_all_is_a_503(client: TestClient, classifiers: FakeClassifiers) -> None:
    classifiers.fails = ServiceError("No classifier answers. bert version 3: /srv/secret is gone")
    reply = client.post("/v1/genres", json=HEAT)
    check(reply, 503, "unavailable")
    assert "secret" not in reply.text


def test_invalid_input_is_not_repeated(client: TestClient) -> None:
    reply = client.post("/v1/genres", json={"title": "Heat", "plot": ["my secret diary"]})
    problem = check(reply, 422, "invalid")
    assert problem["errors"] == [
        {"loc": ["body", "plot"], "msg": "Input should be a valid string", "type": "string_type"}
    ]
    assert "diary" not in reply.text


def test_a_sane_request_id_is_taken_over_and_another_is_made(client: TestClient) -> None:
    assert (
        client.get("/healthz", headers={"x-request-id": "abc.1:2-3"}).headers["x-request-id"] == "abc.1:2-3"
    )
    for given in ("a b", "x" * 129, "<script>", ""):
        made = client.get("/healthz", headers={"x-request-id": given}).headers["x-request-id"]
        assert len(made) == 32


def test_ready_says_what_is_not(client: TestClient, classifiers: FakeClassifiers, titles: FakeTitles) -> None:
    assert client.get("/readyz").json() == {"status": "ready"}
    titles.fails = RuntimeError("no table at s3://secret")
    problem = check(client.get("/readyz"), 503, "unavailable")
    assert problem["detail"] == "title store not ready (RuntimeError)"
    classifiers.fails = OverloadedError()
    assert "classifier" in str(check(client.get("/readyz"), 503, "unavailable")["detail"])
    assert client.get("/healthz").json() == {"status": "ok"}


def test_two_requests_at_once_keep_their_own_ids(api: FastAPI) -> None:
    import httpx

    async def main() -> list[str]:
        transport = httpx.ASGITransport(api)
        async with httpx.AsyncClient(transport=transport, base_url="http://api") as client:
            replies = await asyncio.gather(
                *(client.get("/v1/nothing", headers={"x-request-id": f"id-{n}"}) for n in range(32))
            )
        return [reply.json()["request_id"] for reply in replies]

    assert asyncio.run(main()) == [f"id-{n}" for n in range(32)]


def test_an_id_that_the_server_sends_back_is_not_sent_twice(api_settings: Settings) -> None:
    client = TestClient(build_api(fake_services(), api_settings, server_echoes_id=True))
    assert "x-request-id" not in client.get("/healthz", headers={"x-request-id": "abc"}).headers
    assert len(client.get("/healthz").headers["x-request-id"]) == 32
    assert client.get("/v1/nothing", headers={"x-request-id": "abc"}).json()["request_id"] == "abc"
