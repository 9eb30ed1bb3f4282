from __future__ import annotations

import asyncio

import pytest

from trending.errors import LLMError
from trending.llm.engines import open_engine
from trending.llm.protocol import GenerateRequest, ScoreRequest, chat
from trending.settings import LLMSettings, Settings


def test_without_a_language_model_every_call_says_so(settings: Settings) -> None:
    engine = open_engine(settings.model_copy(update={"llm": LLMSettings(engine="none")}))

    async def run() -> None:
        with pytest.raises(LLMError, match=r"llm\.engine is none"):
            await engine.generate(GenerateRequest(chat("", "x")))
        with pytest.raises(LLMError, match=r"llm\.engine is none"):
            await anext(engine.stream(GenerateRequest(chat("", "x"))))
        with pytest.raises(LLMError, match=r"llm\.engine is none"):
            await engine.score(ScoreRequest("x", ("y",)))
        await engine.check()
        await engine.close()

    asyncio.run(run())
    assert engine.card.engine == "none"
    assert not engine.card.can_score
