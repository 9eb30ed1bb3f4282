"""The model alone, in this process: what no server of it can exceed on this machine."""

from __future__ import annotations

import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from trending.models.bert_model import BertModel
from trending.models.bert_runtime import IR
from trending.models.bundle import read_manifest

CHUNK = 256
"""Documents that are sorted by length together: as many as one request may hold."""


@dataclass(frozen=True)
class Ceiling:
    """One runtime of the network."""

    name: str
    titles_per_s: float
    """Batches of like length, two at once."""
    alone_ms: float
    """Median of one title at a time."""
    alone_per_s: float
    """Titles a second, one at a time."""


def ceilings(folder: Path, documents: Sequence[str], seconds: float) -> list[Ceiling]:
    """The runtime that the bundle chose first, then the others that it holds."""
    state = read_manifest(folder)[0].state
    names = [state["runtime"], *(name for name in IR if name != state["runtime"])]
    return [
        measure(BertModel(folder, {**state, "runtime": name}, prefer_gpu=False), documents, seconds)
        for name in names
        if name not in IR or (folder / IR[name]).is_file()
    ]


def measure(model: BertModel, documents: Sequence[str], seconds: float) -> Ceiling:
    """Both ways to ask a model: many titles, and one at a time."""
    model.predict_proba(documents[:CHUNK])
    together = rate(model, documents, CHUNK, seconds, threads=2)
    took = one_by_one(model, documents, seconds)
    return Ceiling(model.runtime, together, float(np.median(took) * 1000), len(took) / sum(took))


def rate(model: Any, documents: Sequence[str], size: int, seconds: float, *, threads: int = 1) -> float:
    """Titles a second of calls with `size` documents; two callers, so that the model is never without work."""
    begins = range(0, max(1, len(documents) - size + 1), size)
    chunks = [list(documents[begin : begin + size]) for begin in begins]
    began = time.perf_counter()

    def caller(number: int) -> int:
        done, turn = 0, number
        while time.perf_counter() - began < seconds:
            chunk = chunks[turn % len(chunks)]
            model.predict_proba(chunk)
            done, turn = done + len(chunk), turn + threads
        return done

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(caller, range(threads))) / (time.perf_counter() - began)


def one_by_one(model: Any, documents: Sequence[str], seconds: float) -> list[float]:
    """Seconds of each title."""
    took, began = [], time.perf_counter()
    while time.perf_counter() - began < seconds:
        start = time.perf_counter()
        model.predict_proba([documents[len(took) % len(documents)]])
        took.append(time.perf_counter() - start)
    return took
