"""API keys: kept as hashes, scopes that include each other, rates, changes without a restart."""

from __future__ import annotations

import json
import stat
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve_app.api.app import build_api
from serve_app.api.keys import KeyFile, KeyRing, Scope
from serve_app.api.limits import RateLimiter
from serve_app.contracts import Services
from tests.serve_app.api.fakes import FakeClassifiers, FakeTitles, fake_services
from trending.errors import ServiceError
from trending.settings import Settings

HEAT = {"title": "Heat", "plot": "A detective hunts a careful thief."}
CHAT = {"messages": [{"role": "user", "content": "hi"}]}


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def keys(tmp_path: Path) -> KeyFile:
    return KeyFile(tmp_path / "home" / "keys.json")


@pytest.fixture
def services() -> Services:
    return fake_services()


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"}


def closed(keys: KeyFile, services: Services, settings: Settings) -> TestClient:
    api: FastAPI = build_api(services, settings.model_copy(update={"home": keys.path.parent}))
    return TestClient(api)


def test_only_the_hash_is_kept_in_a_file_that_only_its_owner_reads(keys: KeyFile) -> None:
    secret, key = keys.add("report", ("read",))
    assert secret.startswith("tn_")
    assert len(secret) >= 43
    assert secret not in keys.path.read_text(encoding="utf-8")
    assert stat.S_IMODE(keys.path.stat().st_mode) == 0o600
    assert keys.read() == (key,)
    assert [path.name for path in keys.path.parent.iterdir()] == ["keys.json"]


def test_two_keys_are_never_the_same(keys: KeyFile) -> None:
    assert keys.add("a", ("read",))[0] != keys.add("b", ("read",))[0]
    with pytest.raises(ServiceError, match="named 'a' already"):
        keys.add("a", ("write",))


@pytest.mark.parametrize(
    "text", ["", "{", "[]", '{"keys": [{}]}', '{"keys": [{"name": "a", "scopes": ["all"]}]}']
)
def test_a_damaged_file_stops_the_start_and_never_opens_the_service(
    keys: KeyFile, services: Services, settings: Settings, text: str
) -> None:
    keys.path.parent.mkdir(parents=True)
    keys.path.write_text(text, encoding="utf-8")
    with pytest.raises(ServiceError, match=r"keys\.json"):
        closed(keys, services, settings)


@pytest.mark.parametrize(
    ("scope", "read", "write", "details"),
    [("read", 200, 403, False), ("write", 200, 200, False), ("admin", 200, 200, True)],
)
def test_each_scope_includes_those_below(
    keys: KeyFile,
    services: Services,
    settings: Settings,
    scope: Scope,
    read: int,
    write: int,
    details: bool,
) -> None:
    secret, _ = keys.add("me", (scope,))
    client = closed(keys, services, settings)
    for path in ("/v1/titles", "/v1/facets", "/v1/models", "/v1/trending"):
        assert client.get(path, headers=bearer(secret)).status_code == read
    assert client.post("/v1/genres", json=HEAT, headers=bearer(secret)).status_code == read
    for path, body in (("/v1/enrich", HEAT), ("/v1/chat/completions", CHAT)):
        assert client.post(path, json=body, headers=bearer(secret)).status_code == write
    feedback = client.post("/v1/feedback", json={**HEAT, "right": ["Drama"]}, headers=bearer(secret))
    assert feedback.status_code == (201 if write == 200 else 403)
    assert bool(client.get("/v1/system", headers=bearer(secret)).json()["details"]) == details


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer "},
        {"Authorization": "Bearer tn_wrong"},
        {"Authorization": "Basic dTpw"},
        {"Authorization": b"Bearer \xff\xfe"},
    ],
)
def test_without_a_known_key_nothing_under_v1_answers(
    keys: KeyFile, services: Services, settings: Settings, headers: dict[str, str]
) -> None:
    keys.add("me", ("admin",))
    client = closed(keys, services, settings)
    reply = client.get("/v1/titles", headers=headers)
    assert reply.status_code == 401
    assert reply.headers["www-authenticate"].startswith("Bearer")
    assert reply.json()["type"].endswith("no-key")


def test_every_route_under_v1_needs_a_key(keys: KeyFile, services: Services, settings: Settings) -> None:
    keys.add("me", ("admin",))
    client = closed(keys, services, settings)
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        for method in operations:
            reply = client.request(method, path.replace("{title_id}", "abc"))
            assert (reply.status_code == 401) == path.startswith("/v1/"), path


def test_who_has_no_key_is_told_before_the_body_is_read(
    keys: KeyFile, services: Services, settings: Settings
) -> None:
    keys.add("me", ("read",))
    reply = closed(keys, services, settings).post("/v1/genres", content=b"{not json")
    assert reply.status_code == 401


def test_page_docs_and_health_need_no_key(keys: KeyFile, services: Services, settings: Settings) -> None:
    keys.add("me", ("read",))
    client = closed(keys, services, settings)
    for path in ("/", "/docs", "/openapi.json", "/healthz", "/readyz"):
        assert client.get(path).status_code == 200, path


def test_the_keys_name_is_the_traffic_key_and_goes_with_feedback(
    keys: KeyFile, settings: Settings, classifiers: FakeClassifiers, titles: FakeTitles
) -> None:
    secret, _ = keys.add("robot", ("write",))
    fresh = fake_services()
    services = Services(classifiers, fresh.enricher, fresh.llm, titles)
    client = closed(keys, services, settings)
    client.post("/v1/genres", json=HEAT, headers=bearer(secret))
    client.post("/v1/feedback", json={**HEAT, "right": ["Drama"]}, headers=bearer(secret))
    assert classifiers.asked[0][1] == "robot"
    assert titles.feedback[0].key_name == "robot"


def test_a_key_that_asks_too_often_is_told_when_it_may_again(
    keys: KeyFile, services: Services, settings: Settings
) -> None:
    slow, _ = keys.add("slow", ("read",), rate_per_minute=2)
    other, _ = keys.add("other", ("read",))
    client = closed(keys, services, settings)
    statuses = [client.get("/v1/titles", headers=bearer(slow)).status_code for _ in range(3)]
    assert statuses == [200, 200, 429]
    reply = client.get("/v1/titles", headers=bearer(slow))
    assert 1 <= int(reply.headers["retry-after"]) <= 30
    assert reply.json()["type"].endswith("too-many-requests")
    assert client.get("/v1/titles", headers=bearer(other)).status_code == 200


def test_a_bucket_fills_again_evenly_and_not_beyond_its_size() -> None:
    clock = Clock()
    rates = RateLimiter(clock=clock)
    assert [rates.take("a", 2) for _ in range(2)] == [0, 0]
    assert rates.take("a", 2) == pytest.approx(30)
    clock.now += 29
    assert rates.take("a", 2) == pytest.approx(1)
    clock.now += 1
    assert rates.take("a", 2) == 0
    clock.now += 1000
    assert [bool(rates.take("a", 2)) for _ in range(3)] == [False, False, True]
    assert rates.take("b", 2) == 0


def test_a_running_service_learns_of_new_and_revoked_keys(keys: KeyFile) -> None:
    clock = Clock()
    ring = KeyRing(keys.path, clock=clock)
    assert ring.is_open
    secret, key = keys.add("me", ("read",))
    clock.now += 2
    assert not ring.is_open
    assert ring.find(secret) == key
    keys.revoke("me")
    clock.now += 2
    assert ring.find(secret) is None
    assert not ring.is_open


def test_a_file_that_vanishes_or_breaks_leaves_the_keys_as_they_were(
    keys: KeyFile, caplog: pytest.LogCaptureFixture
) -> None:
    secret, key = keys.add("me", ("read",))
    clock = Clock()
    ring = KeyRing(keys.path, clock=clock)
    keys.path.write_text("{", encoding="utf-8")
    clock.now += 2
    assert ring.find(secret) == key
    assert "keys.json" in caplog.text
    keys.path.unlink()
    clock.now += 2
    assert not ring.is_open
    assert ring.find(secret) == key


def test_the_file_is_looked_at_once_a_second_at_most(keys: KeyFile, monkeypatch: pytest.MonkeyPatch) -> None:
    keys.add("me", ("read",))
    clock = Clock()
    ring = KeyRing(keys.path, clock=clock)
    looks = []
    look = ring._stamp_now
    monkeypatch.setattr(ring, "_stamp_now", lambda: looks.append(1) or look())
    for _ in range(50):
        ring.find("x")
    assert not looks
    clock.now += 1.5
    ring.find("x")
    assert len(looks) == 1


def test_revoking_what_is_not_there_names_what_is(keys: KeyFile) -> None:
    keys.add("me", ("read",))
    with pytest.raises(ServiceError, match="There are: me"):
        keys.revoke("you")
    assert json.loads(keys.path.read_text(encoding="utf-8"))["keys"][0]["name"] == "me"
