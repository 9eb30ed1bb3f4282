from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from tests.llm.openai_stub import Stub, running_stub
from trending.errors import LLMBudgetError, LLMBusyError, LLMDeadlineError, LLMError, PromptError
from trending.llm.openai_answers import read_chat
from trending.llm.openai_engine import OpenAIEngine
from trending.llm.protocol import GenerateRequest, ScoreRequest, Usage, chat
from trending.settings import LLMSettings

KEY = "sk-very-secret-0123456789"
ASK = GenerateRequest(chat("Be short.", "Count."))


@pytest.fixture
def stub() -> Iterator[Stub]:
    with running_stub() as stub:
        yield stub


class Client:
    """An engine whose key is in a file, and the tokens that it said it took."""

    def __init__(self, stub: Stub, folder: Path, **settings: Any) -> None:
        (folder / "key").write_text(KEY + "\n")
        self.spent: list[Usage] = []
        self.settings = LLMSettings(
            engine="openai", model="m", base_url=stub.address, api_key_file=folder / "key", **settings
        )
        self.engine = OpenAIEngine(self.settings, spent=self.spent.append)


@pytest.fixture
def client(stub: Stub, tmp_path: Path) -> Client:
    return Client(stub, tmp_path)


def ask(client: Client, request: GenerateRequest = ASK) -> Any:
    async def run() -> Any:
        try:
            return await client.engine.generate(request)
        finally:
            await client.engine.close()

    return asyncio.run(run())


def test_an_answer_its_tokens_and_the_key(stub: Stub, client: Client) -> None:
    answer = ask(client)
    assert (answer.text, answer.finish_reason, answer.usage) == ("one two three", "stop", Usage(12, 3))
    assert answer.model == client.engine.card.model == f"m@{stub.address.split('/')[2]}"
    assert client.spent == [Usage(12, 3)]
    assert stub.keys == [f"Bearer {KEY}"]


def test_what_is_asked_is_in_openais_format(stub: Stub, client: Client) -> None:
    schema = {"type": "object", "properties": {}}
    ask(client, GenerateRequest(
        chat("a", "b"), max_tokens=7, temperature=0.5, top_p=0.9, seed=3, stop=("x",), json_schema=schema,
    ))  # fmt: skip
    assert stub.asked == [{
        "model": "m",
        "messages": [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}],
        "max_tokens": 7, "temperature": 0.5, "top_p": 0.9, "seed": 3, "stop": ["x"],
        "response_format": {
            "type": "json_schema", "json_schema": {"name": "answer", "schema": schema, "strict": True},
        },
        "stream": True, "stream_options": {"include_usage": True},
    }]  # fmt: skip


def test_pieces_come_as_they_are_made_and_a_closed_stream_ends_the_request(
    stub: Stub, client: Client
) -> None:
    stub.hang = True

    async def run() -> None:
        async with aclosing(client.engine.stream(ASK)) as pieces:
            assert [(await anext(pieces)).text for _ in range(3)] == ["one ", "two ", "three"]
        while not stub.gone.is_set():
            await asyncio.sleep(0.01)
        await client.engine.close()

    asyncio.run(run())
    assert [usage.completion_tokens for usage in client.spent] == [3], "counted as far as it came"


def test_an_answer_that_breaks_off_is_an_error(stub: Stub, client: Client) -> None:
    stub.break_off = True
    with pytest.raises(LLMError, match="broke off"):
        ask(client)


@pytest.mark.parametrize(
    ("status", "error", "kind", "said"),
    [
        (429, {"message": "slow down"}, LLMBusyError, "slow down"),
        (429, {"message": "pay", "code": "insufficient_quota"}, LLMBudgetError, "quota"),
        (503, {"message": "full"}, LLMBusyError, "full"),
        (400, {"message": "too long", "code": "context_length_exceeded"}, PromptError, "too long"),
        (413, {"message": "large"}, PromptError, "large"),
        (401, {"message": f"wrong key {KEY}"}, LLMError, r"refuses the key \(401\).*OPENAI_API_KEY"),
        (404, {"message": f"no model m for {KEY}"}, LLMError, r"answered 404.*no model m for \[key\]"),
        (500, {"message": "oops"}, LLMError, "answered 500"),
        (504, {"message": "late"}, LLMDeadlineError, "in time"),
    ],
)
def test_errors_are_ours_and_never_hold_the_key(
    stub: Stub, client: Client, status: int, error: dict[str, Any], kind: type[LLMError], said: str
) -> None:
    stub.status, stub.error, stub.headers = status, error, {"Retry-After": "7"}
    with pytest.raises(LLMError, match=said) as raised:
        ask(client)
    assert type(raised.value) is kind
    if kind is LLMBusyError:
        assert raised.value.retry_after_s == 7  # pyright: ignore[reportAttributeAccessIssue]
    assert KEY not in str(raised.value)
    assert raised.value.__cause__ is None
    assert client.spent == [], "a refused request costs nothing"


def test_an_address_where_nobody_is(tmp_path: Path) -> None:
    client = Client(Stub(address="http://127.0.0.1:9/v1"), tmp_path)
    with pytest.raises(LLMError, match=r"127\.0\.0\.1:9 cannot be asked"):
        ask(client)


def test_an_address_that_is_silent(stub: Stub, tmp_path: Path) -> None:
    stub.hang = True
    with pytest.raises(LLMDeadlineError, match="in time"):
        ask(Client(stub, tmp_path, deadline_s=0.2))


def test_a_prompt_that_is_surely_too_long_costs_nothing(stub: Stub, tmp_path: Path) -> None:
    client = Client(stub, tmp_path, max_prompt_tokens=100)
    with pytest.raises(PromptError, match="about 1251 tokens; 100 are allowed"):
        ask(client, GenerateRequest(chat("", "word " * 1000)))
    assert stub.asked == []


def test_likelihoods_where_the_address_gives_them(stub: Stub, client: Client) -> None:
    async def run() -> None:
        assert not client.engine.card.can_score
        await client.engine.warm_up()
        assert client.engine.card.can_score
        request = ScoreRequest("The capital of France is", (" Paris", " the moon"))
        scores = await client.engine.score(request)
        assert scores.log_likelihoods == (-0.5, -10.0)
        assert scores.tokens == (1, 2)
        await client.engine.close()

    asyncio.run(run())
    assert stub.asked[-1]["prompt"] == ["The capital of France is Paris", "The capital of France is the moon"]


def test_an_address_without_likelihoods_says_so(stub: Stub, client: Client) -> None:
    stub.echo = False

    async def run() -> None:
        await client.engine.warm_up()
        assert not client.engine.card.can_score
        with pytest.raises(LLMError, match="gives no likelihoods"):
            await client.engine.score(ScoreRequest("a", (" b",)))
        await client.engine.close()

    asyncio.run(run())


def test_the_key_is_nowhere_to_be_read(stub: Stub, client: Client, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        ask(client)
    assert KEY not in repr(client.engine) + repr(client.engine.card) + repr(client.settings) + caplog.text


def test_a_missing_key_says_where_it_belongs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(LLMError, match="set the environment variable OPENAI_API_KEY"):
        OpenAIEngine(LLMSettings(engine="openai"), spent=print)
    with pytest.raises(LLMError, match=r"llm\.api_key_file: .*No such file"):
        OpenAIEngine(LLMSettings(engine="openai", api_key_file=tmp_path / "none"), spent=print)


def test_the_key_of_the_environment(stub: Stub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", KEY)
    engine = OpenAIEngine(LLMSettings(base_url=stub.address, api_key_env="MY_KEY"), spent=lambda _: None)
    asyncio.run(engine.generate(ASK))
    assert stub.keys == [f"Bearer {KEY}"]


def test_whole_answers_are_read_as_well() -> None:
    answer = {
        "choices": [{"message": {"content": "Hi"}, "finish_reason": "length"}],
        "usage": {"prompt_tokens": 4, "completion_tokens": 1},
    }
    read = read_chat(answer, "m")
    assert (read.text, read.finish_reason, read.usage, read.model) == ("Hi", "length", Usage(4, 1), "m")
    with pytest.raises(LLMError, match="not in OpenAI's format"):
        read_chat({"choices": []}, "m")
