"""The thread that drives OpenVINO's pipeline: takes requests in, steps all of them together, hands tokens out."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass, field
from typing import Any

from trending.errors import LLMError, PromptError
from trending.llm.openvino_model import last_line

log = logging.getLogger(__name__)
TURN_S = 0.004
"""Between two steps. A step holds Python's lock, and all other threads of the process wait for it: without a turn of
their own they would get as far as one call of a library in each."""


@dataclass(frozen=True)
class Tokens:
    """What one step gave to one request."""

    ids: list[int]
    finish_reason: str | None = None
    """Of the last one only: `stop` or `length`."""


@dataclass(eq=False)
class Job:
    """One request in the pipeline."""

    input_ids: Any
    config: Any
    """`openvino_genai.GenerationConfig`."""
    loop: asyncio.AbstractEventLoop
    outbox: asyncio.Queue[Tokens | LLMError] = field(default_factory=asyncio.Queue)
    handle: Any = None
    generated: int = 0
    """Tokens so far."""
    dropped: bool = False


class Stepper:
    """Runs a pipeline in a thread of its own. Requests come from any event loop.

    A step that fails leaves the pipeline unusable: then it is opened anew, and only what was under way is lost.
    Where that fails as well the thread ends, and `check` says so from then on.
    """

    def __init__(self, open_pipeline: Callable[[], Any]) -> None:
        self._open = open_pipeline
        self.pipeline: Any = open_pipeline()
        self._wake = threading.Condition()
        self._arrived: deque[Job] = deque()
        self._active: dict[int, Job] = {}
        self._numbers = 0
        self._closing = False
        self._death: str | None = None
        self._thread = threading.Thread(target=self._run, name="llm-stepper", daemon=True)
        self._thread.start()

    async def run(self, job: Job) -> AsyncGenerator[Tokens, None]:
        """The tokens of a request, as they come. A generator that is closed early takes its request away."""
        with self._wake:
            self.check()
            self._arrived.append(job)
            self._wake.notify()
        try:
            while True:
                got = await job.outbox.get()
                if isinstance(got, LLMError):
                    raise got
                yield got
                if got.finish_reason is not None:
                    return
        finally:
            job.dropped = True
            with self._wake:
                self._wake.notify()

    @property
    def active(self) -> int:
        """Requests that are in the pipeline or on their way to it."""
        return len(self._active) + len(self._arrived)

    def check(self) -> None:
        """Raises `LLMError` where the thread has ended."""
        if self._death or self._closing or not self._thread.is_alive():
            raise LLMError(f"The language model's thread has ended: {self._death or 'it was closed'}.")

    def close(self) -> None:
        """Ends the thread; what is under way fails. Returns when it has ended."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            while self._wait_for_work():
                # A request that was cancelled leaves its cache with the next step.
                if self._drop_and_add() or self._active:
                    self._step()
                    time.sleep(TURN_S)
            self._empty()
            self._fail_all(LLMError("The language model was closed."))
        except Exception as error:  # noqa: BLE001 (whatever it was: those who wait must hear of it)
            with self._wake:
                self._death = last_line(error)
            log.error("The language model's thread ends: %s", self._death)
            self._fail_all(LLMError(f"The language model's thread has ended: {self._death}."))

    def _wait_for_work(self) -> bool:
        with self._wake:
            self._wake.wait_for(lambda: self._closing or self._arrived or self._active)
        return not self._closing

    def _drop_and_add(self) -> bool:
        """Whether any was dropped."""
        gone = [number for number, job in self._active.items() if job.dropped]
        for number in gone:
            self._active.pop(number).handle.cancel()
        while self._arrived:
            job = self._arrived.popleft()
            if not job.dropped:
                self._add(job)
        return bool(gone)

    def _add(self, job: Job) -> None:
        self._numbers += 1
        try:
            job.handle = self.pipeline.add_request(self._numbers, job.input_ids, job.config)
        except RuntimeError as error:
            self._send(
                [(job, PromptError(f"The language model cannot take this request: {last_line(error)}"))]
            )
        else:
            self._active[self._numbers] = job

    def _step(self) -> None:
        try:
            self.pipeline.step()
        except RuntimeError as error:
            self._begin_anew(error)
            return
        news: list[tuple[Job, Tokens | LLMError]] = []
        for number, job in list(self._active.items()):
            for got in _read(job):
                news.append((job, got))
                if isinstance(got, LLMError) or got.finish_reason is not None:
                    self._active.pop(number, None)
        self._send(news)

    def _begin_anew(self, error: RuntimeError) -> None:
        what = last_line(error)
        log.error("A step of the language model failed; it is loaded anew: %s", what)
        self._fail_active(
            LLMError(f"The language model failed and is loaded anew; ask again. It said: {what}")
        )
        self.pipeline = None  # frees its cache before the next one takes as much
        self.pipeline = self._open()

    def _empty(self) -> None:
        # The pipeline complains on standard output where it ends with requests in it.
        for job in self._active.values():
            job.handle.cancel()
        if self._active:
            self.pipeline.step()

    def _fail_active(self, error: LLMError) -> None:
        self._send([(job, error) for job in self._active.values()])
        self._active.clear()

    def _fail_all(self, error: LLMError) -> None:
        self._fail_active(error)
        while self._arrived:
            self._send([(self._arrived.popleft(), error)])

    def _send(self, news: list[tuple[Job, Tokens | LLMError]]) -> None:
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Job, Tokens | LLMError]]] = {}
        for job, got in news:
            by_loop.setdefault(job.loop, []).append((job, got))
        for loop, of_loop in by_loop.items():
            try:
                loop.call_soon_threadsafe(_put, of_loop)
            except RuntimeError:  # the loop was closed: nobody waits for these any more
                for job, _ in of_loop:
                    job.dropped = True


def _put(news: list[tuple[Job, Tokens | LLMError]]) -> None:
    for job, got in news:
        job.outbox.put_nowait(got)


def _read(job: Job) -> list[Tokens | LLMError]:
    found: list[Tokens | LLMError] = []
    while job.handle.can_read():
        for output in job.handle.read().values():
            ids = list(output.generated_ids)
            job.generated += len(ids)
            reason = output.finish_reason.name.lower()
            found.append(Tokens(ids, None if reason == "none" else reason))
    ended = found and isinstance(found[-1], Tokens) and found[-1].finish_reason is not None
    if not ended and job.handle.get_status().name == "IGNORED":
        found.append(
            LLMError("The request does not fit the language model's cache. llm.cache_gb makes it larger.")
        )
    return found
