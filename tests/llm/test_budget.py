from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from trending.errors import LLMBudgetError, LLMError
from trending.llm.budget import FILE, Budget
from trending.llm.protocol import Usage
from trending.settings import LLMSettings


def _add_many(folder: Path, times: int) -> None:
    budget = Budget(folder, LLMSettings())
    for _ in range(times):
        budget.add(Usage(3, 2))


def test_money_is_counted_by_the_prices(tmp_path: Path) -> None:
    budget = Budget(tmp_path, LLMSettings(daily_cost=1.0, prompt_price=2.0, completion_price=8.0))
    budget.add(Usage(100_000, 50_000))
    assert budget.today().cost == pytest.approx(0.6)
    budget.check()
    budget.add(Usage(0, 50_000))
    with pytest.raises(LLMBudgetError, match=r"1\.00 of 1\.00.*llm\.daily_cost"):
        budget.check()


def test_several_processes_add_to_one_budget_and_none_is_lost(tmp_path: Path) -> None:
    spawned = multiprocessing.get_context("fork")
    processes = [spawned.Process(target=_add_many, args=(tmp_path, 25)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
        assert process.exitcode == 0
    today = Budget(tmp_path, LLMSettings()).today()
    assert (today.requests, today.prompt_tokens, today.completion_tokens) == (75, 225, 150)


def test_without_a_budget_nothing_is_refused_but_all_is_counted(tmp_path: Path) -> None:
    budget = Budget(tmp_path / "not" / "there", LLMSettings())
    budget.check()
    budget.add(Usage(10**9, 10**9))
    budget.check()
    assert budget.today().tokens == 2 * 10**9


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(LLMError, match="cannot be kept"):
        Budget(tmp_path, LLMSettings()).add(Usage(1, 1))
