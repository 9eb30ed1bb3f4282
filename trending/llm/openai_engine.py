"""Any address that speaks OpenAI's chat format: OpenAI itself, a vLLM or llama.cpp server, a gateway."""

from __future__ import annotations

import logging
import os
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import Any
from urllib.parse import urlsplit

from trending.errors import LLMBudgetError, LLMBusyError, LLMDeadlineError, LLMError, PromptError
from trending.llm.openai_answers import (
    ChatChunks,
    chat_body,
    prompt_estimate,
    read_scores,
    read_usage,
    score_body,
)
from trending.llm.protocol import (
    EngineCard,
    GenerateRequest,
    GenerateResponse,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
    whole_answer,
)
from trending.settings import LLMSettings

OPENAI_HOST = "api.openai.com"
NO_KEY = "none"
"""Sent where there is no key: servers of one's own often want none."""
QUOTA_RETRY_S = 3600.0
CALIBRATION = ScoreRequest("One two", (" three",))
log = logging.getLogger(__name__)


class OpenAIEngine:
    """A model behind an address. Implements `LLMEngine`; limits and deadlines are put around it."""

    def __init__(self, settings: LLMSettings, *, spent: Callable[[Usage], None]) -> None:
        import openai

        self._settings = settings
        self._spent = spent
        self._host = urlsplit(settings.base_url).netloc
        self._key = read_key(settings)
        # What is asked again, and when, is decided by those who ask.
        self._client = openai.AsyncOpenAI(
            api_key=self._key, base_url=settings.base_url, timeout=settings.deadline_s, max_retries=0
        )
        self._can_score = False

    def __repr__(self) -> str:
        return f"OpenAIEngine({self._settings.model!r} at {self._host})"

    @property
    def card(self) -> EngineCard:
        """What this engine is. Whether it can score is known after `warm_up`."""
        return EngineCard(
            engine="openai",
            model=f"{self._settings.model}@{self._host}",
            max_prompt_tokens=self._settings.max_prompt_tokens,
            can_score=self._can_score,
            details={"address": self._host},
        )

    async def warm_up(self) -> None:
        """Finds out whether the address gives likelihoods of prompts, at the price of a few tokens."""
        try:
            await self.score(CALIBRATION)
        except LLMError as error:
            log.info("No likelihoods from %s: %s", self._host, error)
        else:
            self._can_score = True

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer. Streamed underneath, so that an answer cut off is counted as far as it came."""
        return await whole_answer(self.stream(request), self.card.model)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        estimate = prompt_estimate(request)
        if estimate > self._settings.max_prompt_tokens:
            raise PromptError(
                f"The prompt has about {estimate} tokens;"
                f" {self._settings.max_prompt_tokens} are allowed (llm.max_prompt_tokens). Shorten it."
            )
        chunks = ChatChunks(estimate)
        accepted = refused = False
        try:
            with self._errors():
                answer = await self._client.chat.completions.create(**self._body(request))
                accepted = True
                async with aclosing(_dicts(answer)) as read:
                    async for chunk in read:
                        if piece := chunks.push(chunk):
                            yield piece
            yield chunks.last()
        except LLMError:
            refused = not accepted
            raise
        finally:
            if not refused:
                self._spent(chunks.usage)

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations. Raises `LLMError` where the address does not give them."""
        with self._errors():
            answer = await self._client.completions.create(**score_body(request, self._settings.model))
        body = answer.model_dump()
        usage = read_usage(body) or Usage(0, 0)
        self._spent(usage)
        scores = read_scores(body, request.continuations)
        return ScoreResponse(tuple(s for s, _ in scores), tuple(n for _, n in scores), usage)

    async def close(self) -> None:
        """Closes the connections."""
        await self._client.close()

    def _body(self, request: GenerateRequest) -> dict[str, Any]:
        body = chat_body(request, self._settings.model, max_tokens=self._settings.max_tokens)
        if self._host == OPENAI_HOST:
            # The name that OpenAI's newer models want, and that most other servers do not know.
            body["max_completion_tokens"] = body.pop("max_tokens")
        return body | {"stream": True, "stream_options": {"include_usage": True}}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        """Errors of the client as ours, without the request that they carry: the key is in its headers."""
        import openai

        try:
            yield
        except openai.APITimeoutError:
            raise LLMDeadlineError(f"{self._host} did not answer in time.") from None
        except openai.APIStatusError as error:
            raise self._status_error(error) from None
        except openai.OpenAIError as error:
            raise LLMError(f"{self._host} cannot be asked: {self._without_key(str(error))}") from None

    def _status_error(self, error: Any) -> LLMError:
        status, said = error.status_code, self._without_key(error.message)
        if status == 429 and error.code == "insufficient_quota":
            return LLMBudgetError(f"{self._host}: the account's quota is used up: {said}", QUOTA_RETRY_S)
        if status == 429 or (status == 503 and "retry-after" in error.response.headers):
            return LLMBusyError(f"{self._host} is busy: {said}", _retry_after_s(error.response.headers))
        if status in (400, 413, 422):
            return PromptError(f"{self._host} refuses the request: {said}")
        if status in (401, 403):
            return LLMError(
                f"{self._host} refuses the key ({status}). It comes from llm.api_key_file, or else from the"
                f" environment variable {self._settings.api_key_env}."
            )
        if status in (408, 504):
            return LLMDeadlineError(f"{self._host} did not answer in time ({status}).")
        return LLMError(f"{self._host} answered {status}: {said}")

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key != NO_KEY else text


def read_key(settings: LLMSettings) -> str:
    """The key of the address, from its file or from the environment. Raises `LLMError` where OpenAI's is missing."""
    if settings.api_key_file is not None:
        try:
            key = settings.api_key_file.expanduser().read_text(encoding="utf-8").strip()
        except OSError as error:
            raise LLMError(f"llm.api_key_file: {settings.api_key_file}: {error.strerror}.") from error
    else:
        key = os.environ.get(settings.api_key_env, "").strip()
    if not key and urlsplit(settings.base_url).netloc == OPENAI_HOST:
        raise LLMError(
            f"No key for {OPENAI_HOST}: set the environment variable {settings.api_key_env}, or llm.api_key_file."
        )
    return key or NO_KEY


async def _dicts(answer: Any) -> AsyncGenerator[dict[str, Any], None]:
    try:
        async for chunk in answer:
            yield chunk.model_dump()
    finally:
        await answer.close()


def _retry_after_s(headers: Any) -> float:
    try:
        return max(1.0, float(headers.get("retry-after", 1)))
    except ValueError:  # a date: few send one
        return 60.0
