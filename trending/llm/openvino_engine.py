"""The embedded engine: a model in this process, on the CPU, that works on many requests together."""

from __future__ import annotations

import asyncio
import json
import random
import threading
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from pathlib import Path
from typing import Any, cast

import numpy as np

from trending.errors import PromptError
from trending.llm.json_schema import check_schema
from trending.llm.openvino_model import find_model, open_pipeline
from trending.llm.openvino_scoring import Scorer
from trending.llm.openvino_stepper import Job, Stepper
from trending.llm.openvino_text import ModelText
from trending.llm.pieces import TextPieces
from trending.llm.protocol import (
    EngineCard,
    FinishReason,
    GenerateRequest,
    GenerateResponse,
    Message,
    Piece,
    ScoreRequest,
    ScoreResponse,
    Usage,
    whole_answer,
)
from trending.openvino_import import import_openvino, import_openvino_genai
from trending.settings import LLMSettings

WARM_UP = GenerateRequest((Message("user", "Hello"),), max_tokens=2)


class OpenVINOEngine:
    """A model on this machine's CPUs. Implements `LLMEngine`; limits and deadlines are put around it."""

    def __init__(self, settings: LLMSettings, *, folder: Path, spent: Callable[[Usage], None]) -> None:
        self._settings = settings
        self._spent = spent
        self._files = find_model(settings.model)
        self._folder = folder
        self._network = folder
        """The OpenVINO folder, once it is open."""
        self._stepper = Stepper(self._open)
        self._scorer: Scorer | None = None
        self._scoring = ThreadPoolExecutor(1, "llm-scoring")
        self._text = ModelText(self._stepper.pipeline.get_tokenizer())
        self._card = EngineCard(
            engine="openvino",
            model=self._files.name,
            max_prompt_tokens=settings.max_prompt_tokens,
            details={
                "path": str(self._files.path),
                "cache_gb": settings.cache_gb,
                "threads": settings.threads,
            },
        )

    @property
    def card(self) -> EngineCard:
        """What this engine is."""
        return self._card

    @property
    def active(self) -> int:
        """Requests that the pipeline works on."""
        return self._stepper.active

    async def warm_up(self) -> None:
        """One short answer, so that the first person does not wait for what is made on first use."""
        await self.generate(WARM_UP)

    async def check(self) -> None:
        """Raises `LLMError` where the engine's thread has ended."""
        self._stepper.check()

    async def generate(self, request: GenerateRequest) -> GenerateResponse:
        """The whole answer."""
        return await whole_answer(self.stream(request), self._card.model)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[Piece, None]:
        """The answer in pieces, as they come."""
        prompt = self._prompt(request)
        job = Job(_tensor(prompt), self._config(request), asyncio.get_running_loop())
        text = TextPieces(self._text.decode, request.stop)
        try:
            reason: FinishReason = "stop"
            async with aclosing(self._stepper.run(job)) as steps:
                async for tokens in steps:
                    reason = cast(FinishReason, tokens.finish_reason or reason)
                    if piece := text.push(tokens.ids):
                        yield Piece(piece)
                    if text.stopped:
                        reason = "stop"
                        break
            rest = text.finish()
            reason = "stop" if text.stopped else reason
            yield Piece(rest, reason, Usage(len(prompt), job.generated))
        finally:
            self._spent(Usage(len(prompt), job.generated))

    async def score(self, request: ScoreRequest) -> ScoreResponse:
        """Likelihoods of continuations. One question at a time, beside the answers that are being generated."""
        prompt = self._text.tokens(request.prompt)
        continuations = [self._text.continuation(request.prompt, prompt, c) for c in request.continuations]
        if not prompt or not all(continuations):
            raise PromptError("A likelihood needs a prompt, and continuations that are not empty.")
        self._check_length(len(prompt) + max(map(len, continuations), default=0))
        gone = threading.Event()
        asked = self._scoring.submit(self._score, prompt, continuations, gone.is_set)
        try:
            scores = await asyncio.wrap_future(asked)
        finally:
            gone.set()
            usage = Usage(len(prompt) + sum(map(len, continuations)), 0)
            self._spent(usage)
        return ScoreResponse(tuple(scores), tuple(map(len, continuations)), usage)

    async def close(self) -> None:
        """Ends the engine's thread. What is under way fails."""
        await asyncio.to_thread(self._stepper.close)
        await asyncio.to_thread(self._scoring.shutdown, cancel_futures=True)

    def _open(self) -> Any:
        pipeline, self._network = open_pipeline(self._files, self._settings, self._folder)
        return pipeline

    def _score(
        self, prompt: list[int], continuations: list[list[int]], gone: Callable[[], bool]
    ) -> list[float]:
        if self._scorer is None:
            self._scorer = Scorer(self._network, threads=self._settings.threads)
        return self._scorer.score(prompt, continuations, gone)

    def _prompt(self, request: GenerateRequest) -> list[int]:
        if not request.messages:
            raise PromptError("A request needs at least one message.")
        if request.json_schema is not None:
            check_schema(request.json_schema)
        prompt = self._text.chat(request.messages)
        self._check_length(len(prompt))
        return prompt

    def _check_length(self, tokens: int) -> None:
        most = self._settings.max_prompt_tokens
        if tokens > most:
            raise PromptError(
                f"The prompt has {tokens} tokens; this model is given {most} at most. Shorten it."
            )

    def _config(self, request: GenerateRequest) -> Any:
        genai = import_openvino_genai()
        config = genai.GenerationConfig()
        config.eos_token_id = self._text.eos
        config.stop_token_ids = {self._text.eos}
        config.max_new_tokens = request.max_tokens or self._settings.max_tokens
        if request.temperature > 0:
            config.do_sample = True
            config.temperature, config.top_p = request.temperature, request.top_p
            # The pipeline's own default seed is always the same.
            config.rng_seed = random.getrandbits(31) if request.seed is None else request.seed % 2**31
        if request.json_schema is not None:
            guide = genai.StructuredOutputConfig(json_schema=json.dumps(request.json_schema))
            config.structured_output_config = guide
        return config


def _tensor(ids: list[int]) -> Any:
    return import_openvino().Tensor(np.array([ids], dtype=np.int64))
