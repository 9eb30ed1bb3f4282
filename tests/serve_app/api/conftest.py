"""The API on fake services: no Ray, no model, milliseconds a test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from serve_app.api.app import build_api
from serve_app.contracts import Services
from tests.serve_app.api.fakes import FakeClassifiers, FakeEnricher, FakeLLM, FakeTitles, OverloadedError
from trending.settings import ServeSettings, Settings


@pytest.fixture
def classifiers() -> FakeClassifiers:
    return FakeClassifiers()


@pytest.fixture
def llm() -> FakeLLM:
    return FakeLLM()


@pytest.fixture
def enricher() -> FakeEnricher:
    return FakeEnricher()


@pytest.fixture
def titles() -> FakeTitles:
    return FakeTitles()


@pytest.fixture
def api_settings(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", serve=ServeSettings(max_body_kb=64))


@pytest.fixture
def api(
    classifiers: FakeClassifiers,
    enricher: FakeEnricher,
    llm: FakeLLM,
    titles: FakeTitles,
    api_settings: Settings,
) -> FastAPI:
    services = Services(classifiers, enricher, llm, titles)
    return build_api(services, api_settings, unavailable=(OverloadedError,))


@pytest.fixture
def client(api: FastAPI) -> Iterator[TestClient]:
    with TestClient(api) as client:
        yield client
