"""Clients that never stop asking, and what became of each of their requests."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx

TRIES = 60
PATIENCE_S = 240.0


@dataclass(frozen=True)
class Outcome:
    """One request, however often it was tried."""

    statuses: tuple[int, ...]
    """Of each try; 0: no answer at all."""
    told_when: bool
    """Every 503 had `Retry-After`."""
    answer: Mapping[str, Any]
    """The body of the last try."""

    @property
    def fine(self) -> bool:
        """Answered in the end, after nothing worse than 503s that say when to come again."""
        return self.statuses[-1] == 200 and set(self.statuses[:-1]) <= {503} and self.told_when


@dataclass
class SteadyLoad:
    """Some threads that ask one after the other, each request until it is answered."""

    address: str
    path: str
    body: Callable[[int], Mapping[str, Any]]
    outcomes: list[Outcome] = field(default_factory=list)
    _news: threading.Condition = field(default_factory=threading.Condition)
    _over: threading.Event = field(default_factory=threading.Event)
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def until(
        self, right: Callable[[list[Outcome]], bool], *, timeout_s: float = PATIENCE_S
    ) -> list[Outcome]:
        """What has become of the requests from now on, once it is `right`."""
        with self._news:
            start = len(self.outcomes)
            came = self._news.wait_for(lambda: right(self.outcomes[start:]), timeout_s)
            found = self.outcomes[start:]
        assert came, f"not in {timeout_s} s: {found[-3:]}"
        return found

    def more(self, count: int) -> list[Outcome]:
        """So many more requests, finished."""
        return self.until(lambda found: len(found) >= count)

    @contextmanager
    def running(self, clients: int) -> Iterator[SteadyLoad]:
        """Asking, while the context lasts; at its end every request that was begun is finished."""
        threads = [threading.Thread(target=self._ask_on, daemon=True) for _ in range(clients)]
        for thread in threads:
            thread.start()
        try:
            self.more(clients)
            yield self
        finally:
            self._over.set()
            for thread in threads:
                thread.join(PATIENCE_S)
        assert not any(thread.is_alive() for thread in threads), "a request was never answered"

    def all_fine(self) -> None:
        """Nothing was lost, and nothing was answered with anything but 200 or an honest 503."""
        wrong = [one for one in self.outcomes if not one.fine]
        assert not wrong, f"{len(wrong)} of {len(self.outcomes)}, such as {wrong[:3]}"

    def _ask_on(self) -> None:
        with httpx.Client(base_url=self.address, timeout=PATIENCE_S) as client:
            while not self._over.is_set():
                outcome = self._ask(client, self.body(next(self._numbers)))
                with self._news:
                    self.outcomes.append(outcome)
                    self._news.notify_all()

    def _ask(self, client: httpx.Client, body: Mapping[str, Any]) -> Outcome:
        statuses: list[int] = []
        told_when, answer = True, {}
        for _ in range(TRIES):
            try:
                reply = client.post(self.path, json=body)
            except httpx.HTTPError as error:
                return Outcome((*statuses, 0), told_when, {"error": repr(error)})
            statuses.append(reply.status_code)
            answer = _json(reply)
            if reply.status_code != 503:
                break
            told_when = told_when and "Retry-After" in reply.headers
            threading.Event().wait(float(reply.headers.get("Retry-After", 1)))
        return Outcome(tuple(statuses), told_when, answer)


def _json(reply: httpx.Response) -> Mapping[str, Any]:
    try:
        return reply.json()
    except ValueError:
        return {"text": reply.text[:500]}
