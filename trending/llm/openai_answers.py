"""OpenAI's formats: requests written, answers read. For every engine whose other side speaks them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

from trending.errors import LLMError
from trending.llm.protocol import FinishReason, GenerateRequest, GenerateResponse, Piece, ScoreRequest, Usage

CHARACTERS_PER_TOKEN = 4
"""Of English text, roughly: for what is counted before the other side has counted it."""


def chat_body(request: GenerateRequest, model: str, *, max_tokens: int) -> dict[str, Any]:
    """The body of a request to `/chat/completions`, without what says whether it streams."""
    body: dict[str, Any] = {
        "model": model,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "max_tokens": request.max_tokens or max_tokens,
        "temperature": request.temperature,
        "top_p": request.top_p,
    }
    if request.seed is not None:
        body["seed"] = request.seed
    if request.stop:
        body["stop"] = list(request.stop)
    if request.json_schema is not None:
        schema = {"name": "answer", "schema": dict(request.json_schema), "strict": True}
        body["response_format"] = {"type": "json_schema", "json_schema": schema}
    return body


def score_body(request: ScoreRequest, model: str) -> dict[str, Any]:
    """The body of a request to `/completions` that gives back the likelihood of each continuation's tokens."""
    prompts = [request.prompt + continuation for continuation in request.continuations]
    return {"model": model, "prompt": prompts, "max_tokens": 0, "echo": True, "logprobs": 1, "temperature": 0}


def read_chat(body: Mapping[str, Any], model: str) -> GenerateResponse:
    """A whole answer of `/chat/completions`. Raises `LLMError` where it is not one."""
    try:
        choice = body["choices"][0]
        text, reason = choice["message"].get("content") or "", _reason(choice.get("finish_reason"))
    except (KeyError, IndexError, TypeError, AttributeError) as error:
        raise _unreadable(error) from error
    return GenerateResponse(text, reason, read_usage(body) or Usage(0, 0), model)


class ChatChunks:
    """The chunks of a streamed answer of `/chat/completions`, as pieces."""

    def __init__(self, prompt_tokens: int) -> None:
        self._prompt_tokens = prompt_tokens
        self._chunks = 0
        self._reason: FinishReason | None = None
        self._usage: Usage | None = None

    def push(self, chunk: Mapping[str, Any]) -> Piece | None:
        """The text of a chunk, if it has any. Raises `LLMError` where it is not a chunk."""
        try:
            self._usage = read_usage(chunk) or self._usage
            choices = chunk.get("choices") or []
            if not choices:
                return None
            if choices[0].get("finish_reason"):
                self._reason = _reason(choices[0]["finish_reason"])
            text = (choices[0].get("delta") or {}).get("content")
        except (KeyError, IndexError, TypeError, AttributeError) as error:
            raise _unreadable(error) from error
        if not text:
            return None
        self._chunks += 1
        return Piece(text)

    def last(self) -> Piece:
        """The piece that ends the answer. Raises `LLMError` where it broke off before its end."""
        if self._reason is None:
            raise LLMError("The language model's answer broke off before its end.")
        return Piece("", self._reason, self.usage)

    @property
    def usage(self) -> Usage:
        """What the other side counted; before it has said so an estimate, of one token a chunk."""
        return self._usage or Usage(self._prompt_tokens, self._chunks)


def read_usage(body: Mapping[str, Any]) -> Usage | None:
    """The token counts of an answer or chunk, if it has any."""
    usage = body.get("usage")
    if not usage:
        return None
    return Usage(int(usage.get("prompt_tokens") or 0), int(usage.get("completion_tokens") or 0))


def read_scores(body: Mapping[str, Any], continuations: Sequence[str]) -> list[tuple[float, int]]:
    """For each continuation the sum of its tokens' log likelihoods, and their number.

    Raises `LLMError` where the answer has none: most addresses do not give them.
    """
    try:
        choices = sorted(body["choices"], key=lambda choice: choice.get("index", 0))
        return [
            _tail(choice["logprobs"]["tokens"], choice["logprobs"]["token_logprobs"], continuation)
            for choice, continuation in zip(choices, continuations, strict=True)
        ]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise LLMError("This address gives no likelihoods of prompts.") from error


def prompt_estimate(request: GenerateRequest) -> int:
    """About how many tokens the messages have."""
    return sum(len(m.content) for m in request.messages) // CHARACTERS_PER_TOKEN + 1


def _tail(tokens: Sequence[str], log_likelihoods: Sequence[float | None], text: str) -> tuple[float, int]:
    # From the end: a token that some servers put before the prompt would shift all offsets.
    total, count, length = 0.0, 0, 0
    for token, value in zip(reversed(tokens), reversed(log_likelihoods), strict=True):
        if length >= len(text):
            break
        if value is None:
            raise ValueError("a token without a likelihood")
        total, count, length = total + value, count + 1, length + len(token)
    if length < len(text):
        raise ValueError("fewer tokens than text")
    return total, count


def _reason(given: str | None) -> FinishReason:
    return cast(FinishReason, "length" if given == "length" else "stop")


def _unreadable(error: Exception) -> LLMError:
    return LLMError(
        f"The language model's answer is not in OpenAI's format: {type(error).__name__}: {error}."
    )
