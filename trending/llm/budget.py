"""What the language model may spend a day. Kept on disk, so that restarts and other processes count as well."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from trending.errors import LLMBudgetError, LLMError
from trending.llm.protocol import Usage
from trending.settings import LLMSettings

FILE = "llm-budget.db"
LOCK_TIMEOUT_S = 10.0
PER_MILLION = 1_000_000
TABLE = """create table if not exists spent (
  day text primary key, requests integer not null, prompt_tokens integer not null,
  completion_tokens integer not null, cost real not null)"""
ADD = """insert into spent values (?, 1, ?, ?, ?) on conflict (day) do update set
  requests = requests + 1, prompt_tokens = prompt_tokens + excluded.prompt_tokens,
  completion_tokens = completion_tokens + excluded.completion_tokens, cost = cost + excluded.cost"""


@dataclass(frozen=True)
class Spent:
    """What one day (UTC) has taken so far."""

    day: str
    requests: int = 0
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost: float = 0.0

    @property
    def tokens(self) -> int:
        """Of prompts and answers."""
        return self.prompt_tokens + self.completion_tokens


class Budget:
    """Counts tokens and money of a day, and refuses when they are spent.

    What is under way when the budget ends is not cut off: a day may take more than its budget by the requests
    that run at once.
    """

    def __init__(
        self, folder: Path, settings: LLMSettings, now: Callable[[], datetime] | None = None
    ) -> None:
        self._file = folder / FILE
        self._settings = settings
        self._now = now or (lambda: datetime.now(UTC))

    def check(self) -> None:
        """Raises `LLMBudgetError` where the tokens or the money of the day are spent."""
        settings = self._settings
        if settings.daily_tokens is None and settings.daily_cost is None:
            return
        today = self.today()
        if settings.daily_tokens is not None and today.tokens >= settings.daily_tokens:
            self._refuse(f"{today.tokens} of {settings.daily_tokens} tokens", "llm.daily_tokens")
        if settings.daily_cost is not None and today.cost >= settings.daily_cost:
            self._refuse(f"{today.cost:.2f} of {settings.daily_cost:.2f}", "llm.daily_cost")

    def add(self, usage: Usage) -> None:
        """Counts one request, whether or not its answer was whole."""
        settings = self._settings
        cost = (
            usage.prompt_tokens * settings.prompt_price + usage.completion_tokens * settings.completion_price
        ) / PER_MILLION
        with self._database() as database, database:
            database.execute(ADD, (self._day(), usage.prompt_tokens, usage.completion_tokens, cost))

    def today(self) -> Spent:
        """What today has taken so far, by all processes."""
        with self._database() as database:
            row = database.execute("select * from spent where day = ?", (self._day(),)).fetchone()
        return Spent(*row) if row else Spent(self._day())

    def _refuse(self, spent: str, setting: str) -> None:
        now = self._now()
        midnight = (now + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
        raise LLMBudgetError(
            f"The language model's budget of the day is spent: {spent}. It begins anew at midnight UTC;"
            f" {setting} sets it.",
            retry_after_s=max(1.0, (midnight - now).total_seconds()),
        )

    def _day(self) -> str:
        return self._now().date().isoformat()

    @contextmanager
    def _database(self) -> Iterator[sqlite3.Connection]:
        # Opened anew each time: a connection belongs to one thread, and answers end in several.
        try:
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with closing(sqlite3.connect(self._file, timeout=LOCK_TIMEOUT_S)) as database:
                database.execute(TABLE)
                yield database
        except (sqlite3.Error, OSError) as error:
            raise LLMError(f"{self._file}: the budget of the day cannot be kept: {error}.") from error
