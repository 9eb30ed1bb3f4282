"""vLLM behind the handle of its deployment, asked in OpenAI's format."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from typing import TYPE_CHECKING, Any

from trending.errors import LLMError, PromptError
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
    Message,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
    whole_answer,
)
from trending.llm.vllm_app import VLLM_APP, model_id
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.serve.handle import DeploymentHandle

DATA, DONE = "data: ", "[DONE]"
WARM_UP = GenerateRequest((Message("user", "Hello"),), max_tokens=2)


class VLLMEngine:
    """A model in vLLM. Implements `LLMEngine`; limits and deadlines are put around it."""

    def __init__(
        self, settings: Settings, *, spent: Callable[[Usage], None], handle: DeploymentHandle | None = None
    ) -> None:
        """`handle`: of the deployment of `vllm_app`. None: that of the application that `running_vllm` started."""
        from ray import serve

        self._settings = settings.llm
        self._model = model_id(settings)
        self._spent = spent
        self._handle = (handle or serve.get_app_handle(VLLM_APP)).options(stream=True)

    @property
    def card(self) -> EngineCard:
        """What this engine is."""
        return EngineCard("vllm", self._model, self._settings.max_prompt_tokens)

    async def warm_up(self) -> None:
        """One short answer: vLLM compiles and fills its caches with the first."""
        await self.generate(WARM_UP)

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer. Streamed underneath, so that an answer cut off is counted as far as it came."""
        return await whole_answer(self.stream(request), self._model)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        from ray.serve.llm.openai_api_models import ChatCompletionRequest

        estimate = prompt_estimate(request)
        if estimate > self._settings.max_prompt_tokens:
            raise PromptError(
                f"The prompt has about {estimate} tokens;"
                f" {self._settings.max_prompt_tokens} are allowed (llm.max_prompt_tokens). Shorten it."
            )
        body = chat_body(request, self._model, max_tokens=self._settings.max_tokens)
        body |= {"stream": True, "stream_options": {"include_usage": True}}
        chunks, accepted = ChatChunks(estimate), False
        try:
            async with aclosing(self._answers("chat", ChatCompletionRequest, body)) as answers:
                async for answer in answers:
                    accepted = True
                    for chunk in _chunks_of(answer):
                        if piece := chunks.push(chunk):
                            yield piece
            yield chunks.last()
        finally:
            if accepted:
                self._spent(chunks.usage)

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations."""
        from ray.serve.llm.openai_api_models import CompletionRequest

        body = score_body(request, self._model)
        async with aclosing(self._answers("completions", CompletionRequest, body)) as answers:
            found = [answer.model_dump() async for answer in answers]
        usage = read_usage(found[0]) or Usage(0, 0)
        self._spent(usage)
        scores = read_scores(found[0], request.continuations)
        return ScoreResponse(tuple(s for s, _ in scores), tuple(n for _, n in scores), usage)

    async def close(self) -> None:
        """Nothing: the deployment has a life of its own."""

    async def _answers(
        self, method: str, request_class: Callable[..., Any], body: dict[str, Any]
    ) -> AsyncGenerator[Any, None]:
        """What the deployment yields, errors raised. Closed early, vLLM stops."""
        with _errors():
            response = getattr(self._handle, method).remote(request_class(**body))
            try:
                async for found in response:
                    for one in found if isinstance(found, list) else [found]:
                        _raise_if_error(one)
                        yield one
            finally:
                response.cancel()


def _chunks_of(answer: str) -> Iterator[dict[str, Any]]:
    """The chunks in a piece of a stream of server-sent events."""
    for line in answer.splitlines():
        if not line.startswith(DATA) or line.removeprefix(DATA) == DONE:
            continue
        chunk = json.loads(line.removeprefix(DATA))
        if "error" in chunk:
            raise _error_of(chunk["error"])
        yield chunk


def _raise_if_error(answer: Any) -> None:
    error = getattr(answer, "error", None)
    if error is not None:
        raise _error_of(error.model_dump())


def _error_of(error: dict[str, Any]) -> LLMError:
    message = f"vLLM refuses the request: {error.get('message')}"
    return PromptError(message) if 400 <= int(error.get("code") or 500) < 500 else LLMError(message)


@contextmanager
def _errors() -> Iterator[None]:
    """Errors of Ray and of the request's class as ours."""
    from pydantic import ValidationError
    from ray.exceptions import RayError
    from ray.serve.exceptions import RayServeException

    try:
        yield
    except ValidationError as error:
        raise PromptError(f"vLLM cannot be asked so: {error.errors()[0]['msg']}") from error
    except (RayError, RayServeException) as error:
        raise LLMError(f"vLLM did not answer: {type(error).__name__}: {error}") from error
