"""`POST /v1/chat/completions` with OpenAI's own client, over HTTP."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections.abc import Iterator

import openai
import pytest
import uvicorn
from fastapi import FastAPI
from openai.types.chat import ChatCompletionMessageParam
from starlette.testclient import TestClient

from tests.serve_app.api.fakes import FakeLLM
from trending.errors import LLMBudgetError, LLMBusyError, LLMDeadlineError, LLMError, PromptError
from trending.llm.protocol import Message

HELLO: list[ChatCompletionMessageParam] = [
    {"role": "system", "content": "Be brief."},
    {"role": "user", "content": "hello out there"},
]


@pytest.fixture
def address(api: FastAPI) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = uvicorn.Server(uvicorn.Config(api, port=port, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        thread.join(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    thread.join()


@pytest.fixture
def chat(address: str) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{address}/v1", api_key="none", max_retries=0) as chat:
        yield chat


def test_a_whole_answer(chat: openai.OpenAI, llm: FakeLLM) -> None:
    answer = chat.chat.completions.create(
        model="fake-llm-1", messages=HELLO, max_tokens=50, temperature=0.5, top_p=0.9, stop=["x"], seed=7
    )
    assert answer.choices[0].message.content == "You said: hello out there"
    assert answer.choices[0].finish_reason == "stop"
    assert answer.model == "fake-llm-1"
    assert answer.usage is not None
    assert (answer.usage.prompt_tokens, answer.usage.total_tokens) == (11, 16)
    [asked] = llm.asked
    assert asked.messages == (Message("system", "Be brief."), Message("user", "hello out there"))
    assert (asked.max_tokens, asked.temperature, asked.top_p, asked.stop, asked.seed) == (
        50,
        0.5,
        0.9,
        ("x",),
        7,
    )


def test_a_streamed_answer_arrives_in_pieces(chat: openai.OpenAI) -> None:
    chunks = list(
        chat.chat.completions.create(
            model="default", messages=HELLO, stream=True, stream_options={"include_usage": True}
        )
    )
    words = [chunk.choices[0].delta.content for chunk in chunks if chunk.choices]
    assert "".join(word or "" for word in words) == "You said: hello out there"
    assert len(words) > 5
    assert chunks[-1].usage is not None
    assert chunks[-1].usage.completion_tokens == 5
    assert [c.choices[0].finish_reason for c in chunks[:-1]][-1] == "stop"
    assert len({chunk.id for chunk in chunks}) == 1


def test_usage_is_only_streamed_to_who_asks(chat: openai.OpenAI) -> None:
    chunks = list(chat.chat.completions.create(model="default", messages=HELLO, stream=True))
    assert all(chunk.choices for chunk in chunks)


def test_a_json_schema_reaches_the_engine(chat: openai.OpenAI, llm: FakeLLM) -> None:
    schema = {"type": "object", "properties": {"mood": {"type": "string"}}}
    chat.chat.completions.create(
        model="default",
        messages=HELLO,
        response_format={"type": "json_schema", "json_schema": {"name": "mood", "schema": schema}},
    )
    chat.chat.completions.create(model="default", messages=HELLO, response_format={"type": "json_object"})
    chat.chat.completions.create(model="default", messages=HELLO, response_format={"type": "text"})
    assert [asked.json_schema for asked in llm.asked] == [schema, {"type": "object"}, None]


def test_parts_of_text_the_newer_limit_and_the_newer_role_are_understood(
    chat: openai.OpenAI, llm: FakeLLM
) -> None:
    parts = [{"type": "text", "text": "one"}, {"type": "text", "text": "two"}]
    chat.chat.completions.create(
        model="default",
        messages=[{"role": "developer", "content": "Be kind."}, {"role": "user", "content": parts}],  # type: ignore[list-item, typeddict-item]
        max_tokens=90,
        max_completion_tokens=5,
    )
    assert llm.asked[0].messages == (Message("system", "Be kind."), Message("user", "one\ntwo"))
    assert llm.asked[0].max_tokens == 5


def test_the_models_are_listed(chat: openai.OpenAI) -> None:
    assert [model.id for model in chat.models.list()] == ["bert:3", "xgboost:2", "keyword:1", "fake-llm-1"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("error", "status", "retry_after"),
    [
        (PromptError("too long"), 400, None),
        (LLMBudgetError("the day's tokens are spent", 3600.2), 429, "3601"),
        (LLMError("http://10.0.0.1 refused"), 502, None),
        (LLMBusyError("64 wait already", 2.0), 503, "2"),
        (LLMDeadlineError("60 s"), 504, None),
    ],
)
def test_an_engine_that_refuses_is_told_by_its_status_also_when_streaming(
    chat: openai.OpenAI, llm: FakeLLM, error: Exception, status: int, retry_after: str | None, stream: bool
) -> None:
    llm.fails = error
    with pytest.raises(openai.APIStatusError) as caught:
        chat.chat.completions.create(model="default", messages=HELLO, stream=stream)
    assert caught.value.status_code == status
    assert caught.value.response.headers.get("retry-after") == retry_after
    problem = caught.value.response.json()
    assert problem["status"] == status
    assert problem["error"]["message"] == problem["detail"]
    assert "10.0.0.1" not in caught.value.response.text


def test_an_engine_that_fails_in_the_middle_is_told_in_the_stream(chat: openai.OpenAI, llm: FakeLLM) -> None:
    llm.fails, llm.fails_after = LLMDeadlineError("60 s"), 2
    stream = chat.chat.completions.create(model="default", messages=HELLO, stream=True)
    words: list[str] = []

    def read() -> None:
        words.extend(chunk.choices[0].delta.content or "" for chunk in stream)

    with pytest.raises(openai.APIError, match="did not finish in time"):
        read()
    assert "".join(words) == "You said:"


def test_a_client_that_goes_away_ends_the_stream_and_the_work(
    chat: openai.OpenAI, llm: FakeLLM, address: str
) -> None:
    waiting, ended = threading.Event(), threading.Event()

    async def for_ever() -> None:
        waiting.set()
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            ended.set()

    llm.gate = for_ever
    with socket.create_connection(("127.0.0.1", int(address.rpartition(":")[2]))) as line:
        body = b'{"messages": [{"role": "user", "content": "hello"}], "stream": true}'
        line.sendall(
            b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            b"Content-Length: %d\r\n\r\n%s" % (len(body), body)
        )
        assert waiting.wait(20)
    assert ended.wait(20)
    assert llm.closed == 1


def test_a_client_that_goes_away_ends_a_whole_answer_too(api: FastAPI, llm: FakeLLM) -> None:
    async def main() -> None:
        waiting = asyncio.Event()

        async def for_ever() -> None:
            waiting.set()
            await asyncio.get_running_loop().create_future()

        llm.gate = for_ever
        body = b'{"messages": [{"role": "user", "content": "hello"}]}'
        sent = iter([{"type": "http.request", "body": body, "more_body": False}])

        async def receive() -> dict[str, object]:
            for message in sent:
                return message
            await waiting.wait()
            return {"type": "http.disconnect"}

        async def send(message: object) -> None:
            raise AssertionError(message)

        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "POST",
            "path": "/v1/chat/completions",
            "raw_path": b"/v1/chat/completions",
            "query_string": b"",
            "root_path": "",
            "scheme": "http",
            "headers": [(b"content-type", b"application/json")],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        await asyncio.wait_for(api(scope, receive, send), 20)  # type: ignore[arg-type]

    asyncio.run(main())
    assert llm.cancelled == 1


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"model": "gpt-5"}, 404),
        ({"messages": []}, 422),
        ({"messages": [{"role": "tool", "content": "x"}]}, 422),
        ({"tools": []}, 422),
        ({"n": 2}, 422),
        ({"temperature": 3}, 422),
        ({"max_tokens": 0}, 422),
        ({"stop": ["a"] * 5}, 422),
        ({"response_format": {"type": "xml"}}, 422),
    ],
)
def test_what_cannot_be_done_is_refused_by_name(
    client: TestClient, llm: FakeLLM, change: dict[str, object], status: int
) -> None:
    reply = client.post("/v1/chat/completions", json={"model": "default", "messages": HELLO, **change})
    assert reply.status_code == status, reply.text
    assert reply.json()["error"]["message"]
    assert not llm.asked


def test_without_a_language_model_there_is_no_chat(client: TestClient, llm: FakeLLM) -> None:
    llm.engine = "none"
    assert client.post("/v1/chat/completions", json={"messages": HELLO}).status_code == 404
    assert "fake-llm-1" not in client.get("/v1/models").text
