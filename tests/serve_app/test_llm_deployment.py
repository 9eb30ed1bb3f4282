"""The language model behind Serve. The engine is that of an address, where a stub answers: nothing is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from ray import serve
from ray.serve.handle import DeploymentHandle

from serve_app.llm import LLM
from tests.llm.openai_stub import Stub, running_stub
from tests.serve_app.conftest import QUIET
from trending.errors import LLMBudgetError, LLMBusyError, LLMError, PromptError, SettingsError
from trending.llm.protocol import GenerateRequest, ScoreRequest, Usage, chat
from trending.settings import LLMSettings, Settings

ASK = GenerateRequest(chat("Be short.", "Count."))
APP = "llm-alone"


@pytest.fixture(scope="module")
def served(serve_address: tuple[str, int], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """The stub, and a function that changes the deployment's `user_config` and gives its handle."""
    with running_stub() as stub:
        llm = LLMSettings(engine="openai", model="m", base_url=stub.address)
        settings = Settings(home=tmp_path_factory.mktemp("llm"), llm=llm)

        def run(**user_config: Any) -> DeploymentHandle:
            app = LLM.options(user_config=user_config, ray_actor_options={"num_cpus": 0}).bind(settings)
            return serve.run(app, name=APP, route_prefix=None, logging_config=QUIET)

        yield stub, run
        serve.delete(APP)


@pytest.fixture
def stub(served: Any) -> Iterator[Stub]:
    stub, _ = served
    yield stub
    stub.hang, stub.status = False, 200
    stub.gone.clear()


def test_answers_pieces_and_likelihoods(served: Any, stub: Stub) -> None:
    handle = served[1]()
    assert handle.card.remote().result().can_score, "it was warmed up at its start"
    answer = handle.generate.remote(ASK).result()
    assert (answer.text, answer.usage) == ("one two three", Usage(12, 3))
    pieces = list(handle.options(stream=True).stream.remote(ASK))
    assert [piece.text for piece in pieces] == ["one ", "two ", "three", ""]
    assert pieces[-1].usage == Usage(12, 3)
    scores = handle.score.remote(ScoreRequest("The capital of France is", (" Paris",))).result()
    assert scores.log_likelihoods == (-0.5,)


def test_errors_arrive_as_their_own_types(served: Any, stub: Stub) -> None:
    handle = served[1]()
    stub.status, stub.error, stub.headers = 429, {"message": "slow down"}, {"Retry-After": "7"}
    with pytest.raises(LLMBusyError, match="slow down") as busy:
        handle.generate.remote(ASK).result()
    assert busy.value.retry_after_s == 7
    with pytest.raises(LLMBusyError, match="slow down"):
        list(handle.options(stream=True).stream.remote(ASK))
    stub.status = 400
    with pytest.raises(PromptError):
        handle.generate.remote(ASK).result()


def test_limits_change_without_a_restart(served: Any, stub: Stub) -> None:
    handle = served[1](max_concurrent=1, max_queued=0)
    stub.hang = True
    stream = handle.options(stream=True).stream.remote(ASK)
    assert next(iter(stream)).text == "one "
    with pytest.raises(LLMBusyError, match="1 requests under way and 0 waiting") as busy:
        handle.generate.remote(ASK).result()
    assert busy.value.retry_after_s >= 1
    assert served[1](max_concurrent=3, max_queued=0) == handle, "the same replica"
    assert next(iter(handle.options(stream=True).stream.remote(ASK))).text == "one "
    stream.cancel()


def test_a_caller_that_goes_away_stops_its_request(served: Any, stub: Stub) -> None:
    handle = served[1]()
    stub.hang = True
    stream = handle.options(stream=True).stream.remote(ASK)
    assert next(iter(stream)).text == "one "
    stream.cancel()
    assert stub.gone.wait(timeout=60)

    stub.gone.clear()
    asked = len(stub.asked)
    whole = handle.generate.remote(ASK)
    while len(stub.asked) == asked:
        stub.gone.wait(0.01)
    whole.cancel()
    assert stub.gone.wait(timeout=60)


def test_a_spent_budget_travels_with_its_seconds(
    served: Any, stub: Stub, serve_address: tuple[str, int], tmp_path: Path
) -> None:
    llm = LLMSettings(engine="openai", model="m", base_url=stub.address, daily_tokens=1)
    app = LLM.options(ray_actor_options={"num_cpus": 0}).bind(Settings(home=tmp_path, llm=llm))
    handle = serve.run(app, name="llm-budget", route_prefix=None, logging_config=QUIET)
    try:
        with pytest.raises(LLMBudgetError, match="budget of the day") as spent:
            handle.generate.remote(ASK).result()
        assert 0 < spent.value.retry_after_s <= 24 * 3600
    finally:
        serve.delete("llm-budget")


def test_health_is_that_of_the_engine_and_limits_are_checked(settings: Settings) -> None:
    made: Any = LLM.func_or_class  # the class itself, without Serve

    async def run() -> None:
        llm = object.__new__(made)
        await made.__init__(llm, settings.model_copy(update={"llm": LLMSettings(engine="none")}))
        await llm.check_health()
        with pytest.raises(SettingsError, match="threads cannot be changed"):
            llm.reconfigure({"threads": 3})
        with pytest.raises(ValueError, match="max_concurrent"):
            llm.reconfigure({"max_concurrent": 0})

        class Dead:
            async def check(self) -> None:
                raise LLMError("The language model's thread has ended")

        llm._engine._engine = Dead()
        with pytest.raises(LLMError, match="thread has ended"):
            await llm.check_health()

    asyncio.run(run())
