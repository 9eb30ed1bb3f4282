"""A model that one process has made into an OpenVINO folder is opened by the next."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from trending.llm.openvino_engine import OpenVINOEngine
from trending.llm.protocol import GenerateRequest, ScoreRequest, chat
from trending.settings import LLMSettings


@pytest.mark.slow
def test_the_second_opening_of_a_gguf_file_answers_as_the_first(tmp_path: Path) -> None:
    async def ask() -> tuple[str, tuple[float, ...]]:
        settings = LLMSettings(max_tokens=12, threads=1)
        engine = OpenVINOEngine(settings, folder=tmp_path, spent=lambda _: None)
        try:
            said = await engine.generate(
                GenerateRequest(chat("You answer in one sentence.", "What is the capital of France?"))
            )
            return said.text, (
                await engine.score(ScoreRequest("The sky is", (" blue", " late")))
            ).log_likelihoods
        finally:
            await engine.close()

    first, second = asyncio.run(ask()), asyncio.run(ask())
    assert "Paris" in first[0]
    assert second == first
