"""What is asked of a language model, and what it answers. OpenAI's chat format is the outside language."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, runtime_checkable

from trending.errors import LLMError

FinishReason = Literal["stop", "length"]


@dataclass(frozen=True)
class Message:
    """One turn of a chat."""

    role: Literal["system", "user", "assistant"]
    content: str


@dataclass(frozen=True)
class GenerateRequest:
    """A chat to go on with."""

    messages: tuple[Message, ...]
    max_tokens: int | None = None
    """None: that of the settings."""
    temperature: float = 0.0
    """0: always the most likely token."""
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    json_schema: Mapping[str, Any] | None = None
    """The answer is JSON that obeys this schema."""
    deadline_s: float | None = None
    """Seconds from now, waiting included. None: that of the settings, which is also the most."""


@dataclass(frozen=True)
class Usage:
    """Tokens of one request."""

    prompt_tokens: int
    completion_tokens: int

    @property
    def total_tokens(self) -> int:
        """Both."""
        return self.prompt_tokens + self.completion_tokens


@dataclass(frozen=True)
class GenerateResponse:
    """A whole answer."""

    text: str
    finish_reason: FinishReason
    usage: Usage
    model: str


@dataclass(frozen=True)
class Piece:
    """A part of an answer as it arrives. Only the last one has `finish_reason` and `usage`."""

    text: str
    finish_reason: FinishReason | None = None
    usage: Usage | None = None


@dataclass(frozen=True)
class ScoreRequest:
    """How likely is each continuation of this prompt? The prompt is plain text, not a chat."""

    prompt: str
    continuations: tuple[str, ...]
    deadline_s: float | None = None


@dataclass(frozen=True)
class ScoreResponse:
    """For each continuation the natural logarithm of its likelihood, and its number of tokens."""

    log_likelihoods: tuple[float, ...]
    tokens: tuple[int, ...]
    usage: Usage


@dataclass(frozen=True)
class EngineCard:
    """What an engine says about itself."""

    engine: str
    model: str
    """Name and size or digest of the weights: two models never share it."""
    max_prompt_tokens: int
    can_score: bool = True
    """False where the address gives no likelihoods: `score` raises `LLMError`."""
    details: Mapping[str, Any] = field(default_factory=dict)


class LLMEngine(Protocol):
    """A language model. Everything may be called by many tasks of one event loop at once.

    Raises `PromptError` for what can never be answered, `LLMBusyError` where limits are reached, `LLMBudgetError`
    where the day's budget is spent, `LLMDeadlineError` where the deadline came first, else `LLMError`. A task that
    is cancelled, or a stream that is closed early, stops the work at once.
    """

    @property
    def card(self) -> EngineCard:
        """What this engine is."""
        ...

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        ...

    def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        ...

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        ...

    async def close(self) -> None:
        """Free what the engine holds."""
        ...


@runtime_checkable
class Checked(Protocol):
    """An engine that can say whether it is still able to answer."""

    async def check(self) -> None:
        """Raises `LLMError` where it is not."""
        ...


@runtime_checkable
class Warmed(Protocol):
    """An engine whose first answer is slower than the next ones."""

    async def warm_up(self) -> None:
        """Gives a short answer to nobody."""
        ...


def chat(system: str, user: str) -> tuple[Message, ...]:
    """A chat of one instruction and one question."""
    return (Message("system", system), Message("user", user))


def continuations_of(prompt: str, words: Sequence[str]) -> ScoreRequest:
    """A request for the likelihood of each word after the prompt."""
    return ScoreRequest(prompt, tuple(words))


async def whole_answer(pieces: AsyncGenerator[Piece, None], model: str) -> GenerateResponse:
    """The pieces of an answer, put together."""
    text: list[str] = []
    last = Piece("")
    async with aclosing(pieces):
        async for piece in pieces:
            text.append(piece.text)
            last = piece
    if last.finish_reason is None or last.usage is None:
        raise LLMError("The language model's answer broke off before its end.")
    return GenerateResponse("".join(text), last.finish_reason, last.usage, model)
