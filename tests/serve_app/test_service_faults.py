"""What breaks under load: a classifier or the language model killed, another champion, a new deployment of it all.

No request is lost, and none is answered 5xx but for a 503 that says when to come again.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest
from ray import serve

from serve_app.app import champion_of, compose
from tests.serve_app.arena import new_version, until
from tests.serve_app.steady_load import Outcome, SteadyLoad
from trending.settings import LLMSettings, ServeSettings, Settings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]
APP = "faults"
CLIENTS = 6
LOOK_EVERY_S = 0.25


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """A tiny champion, a fallback of another kind, the packaged language model."""
    chosen = Settings(
        home=tmp_path_factory.mktemp("faults"),
        llm=LLMSettings(max_tokens=8),
        serve=ServeSettings(fallbacks=("keyword",), refresh_s=0.5, rate_per_minute=10**7),
    )
    new_version(chosen, 0.2, kind="keyword")
    new_version(chosen, 0.6, alias="champion")
    return chosen


@pytest.fixture(scope="module")
def address(serve_address: tuple[str, int], settings: Settings) -> Iterator[str]:
    deploy(settings)
    host, port = serve_address
    yield f"http://{host}:{port}/{APP}"
    serve.delete(APP)


def deploy(settings: Settings) -> None:
    app = compose(settings, champion_of(settings))
    serve.run(app, name=APP, route_prefix=f"/{APP}", logging_config={"log_level": "WARNING"})


@pytest.fixture
def genres(address: str) -> Iterator[SteadyLoad]:
    load = SteadyLoad(address, "/v1/genres", lambda n: {"title": f"Title {n}", "plot": f"Plot number {n}."})
    with load.running(CLIENTS):
        yield load


@pytest.fixture
def chat(address: str) -> Iterator[SteadyLoad]:
    def body(n: int) -> dict[str, Any]:
        return {"model": "default", "messages": [{"role": "user", "content": f"Say {n}."}], "max_tokens": 8}

    load = SteadyLoad(address, "/v1/chat/completions", body)
    with load.running(2):
        yield load


def test_a_killed_classifier_costs_no_answer(genres: SteadyLoad) -> None:
    kill("prior")
    genres.until(lambda found: by("prior", found) >= 50)
    genres.all_fine()


def test_a_killed_language_model_is_busy_until_it_is_back(chat: SteadyLoad, genres: SteadyLoad) -> None:
    kill("LLM")
    chat.more(5)
    chat.all_fine()
    genres.all_fine()


def test_another_champion_takes_over_between_two_answers(genres: SteadyLoad, settings: Settings) -> None:
    version = new_version(settings, 0.7, alias="champion")
    genres.until(lambda found: sum(one.answer["model"]["version"] == version for one in found) >= 50)
    genres.all_fine()
    says = {one.answer["model"]["version"]: probability(one) for one in genres.outcomes}
    assert says[version] == pytest.approx(0.7)
    assert all(probability(one) == says[one.answer["model"]["version"]] for one in genres.outcomes)


def test_a_new_deployment_of_everything_loses_nothing(
    genres: SteadyLoad, chat: SteadyLoad, settings: Settings
) -> None:
    old = {name: pid_of(name) for name in ("Gateway", "LLM", "Traffic", "TitleStore")}
    deploy(settings.model_copy(update={"llm": settings.llm.model_copy(update={"max_tokens": 9})}))
    assert all(pid_of(name) != pid for name, pid in old.items())
    genres.more(50)
    chat.more(2)
    genres.all_fine()
    chat.all_fine()


def kill(deployment: str) -> None:
    """Its replica ends without a word; returns once another one is up."""
    killed = pid_of(deployment)
    assert killed
    os.kill(killed, signal.SIGKILL)

    def look() -> tuple[dict[str, int], int | None]:
        threading.Event().wait(LOOK_EVERY_S)  # looking takes CPU that the new replica needs
        return states_of(deployment), pid_of(deployment)

    until(look, lambda seen: seen[0] == {"RUNNING": 1} and seen[1] not in (None, killed), timeout_s=300)


def states_of(deployment: str) -> dict[str, int]:
    """Of its replicas."""
    found = serve.status().applications[APP].deployments[deployment].replica_states
    return {str(state): count for state, count in found.items()}


def pid_of(deployment: str) -> int | None:
    """Process of its replica; None while there is none, or more than one."""
    title = f"ray::ServeReplica:{APP}:{deployment}"
    found = [one.pid for one in psutil.Process().children(recursive=True) if title in name_of(one)]
    return found[0] if len(found) == 1 else None


def name_of(process: psutil.Process) -> str:
    """What Ray calls a worker; empty once it has ended."""
    with suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return " ".join(process.cmdline())
    return ""


def by(kind: str, outcomes: list[Outcome]) -> int:
    """Answers of the champion's kind."""
    return sum(one.answer["model"]["name"] == kind for one in outcomes)


def probability(outcome: Outcome) -> float:
    """The one that all genres of a tiny model have."""
    return next(iter(outcome.answer["results"][0]["probabilities"].values()))
