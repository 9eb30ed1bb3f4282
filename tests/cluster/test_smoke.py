"""What a smoke test finds right, and what it does not let pass: on the real API, under uvicorn, with made-up models."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from cluster.smoke import SmokeError, main, smoke
from serve_app.api.keys import KeyFile
from serve_app.contracts import Services
from tests.serve_app.api.fakes import FakeClassifiers, FakeEnricher, FakeLLM, FakeTitles
from tests.web.service import served
from trending.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def classifiers() -> FakeClassifiers:
    return FakeClassifiers()


@pytest.fixture
def address(settings: Settings, classifiers: FakeClassifiers) -> Iterator[str]:
    with served(settings, Services(classifiers, FakeEnricher(), FakeLLM(), FakeTitles())) as url:
        yield url


def test_a_healthy_service_passes(address: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([address]) == 0
    assert [line.split()[1].rstrip(":") for line in capsys.readouterr().out.splitlines()] == [
        *("alive", "ready", "genres", "catalogue", "system")
    ]


def test_without_a_model_it_does_not_pass(
    address: str, classifiers: FakeClassifiers, capsys: pytest.CaptureFixture[str]
) -> None:
    classifiers.fails = ConnectionError("no replica")
    assert main([address]) == 1
    assert "GET /readyz: status 503, not 200" in capsys.readouterr().err


def test_with_keys_a_stranger_is_refused(
    settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    secret, _ = KeyFile(settings.keys_file).add("smoke", ("read",))
    monkeypatch.setenv("TRENDING_API_KEY", secret)
    with served(settings, Services(FakeClassifiers(), FakeEnricher(), FakeLLM(), FakeTitles())) as url:
        assert main([url]) == 0
        assert capsys.readouterr().out.splitlines()[-1] == "ok  a stranger is refused"
        monkeypatch.setenv("TRENDING_API_KEY", "wrong")
        assert main([url]) == 1
        assert "POST /v1/genres: status 401, not 200" in capsys.readouterr().err


def test_a_service_that_does_not_answer_is_waited_for_and_then_named() -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    client = httpx.Client(base_url="http://nowhere", transport=httpx.MockTransport(refuse))
    with client, pytest.raises(SmokeError, match=r"no answer in 0 s: refused"):
        list(smoke(client, patience_s=0))


def test_wrong_usage_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "usage" in capsys.readouterr().err
