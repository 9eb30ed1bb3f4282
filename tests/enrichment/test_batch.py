"""The batch job: each title once, however often it is stopped, and only again when something has changed."""

from __future__ import annotations

import asyncio
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pytest

from tests.enrichment.batch_engines import Opener
from tests.enrichment.scripted import ScriptedEngine, answer
from tests.enrichment.small_home import classifier, fill, small_settings
from trending.catalog.tables import Tables
from trending.enrichment import pacing
from trending.enrichment.batch import EnrichResult, enrich_titles
from trending.enrichment.block import BlockDone, block_of, packed, titles_of, unpacked
from trending.enrichment.pacing import PacedEngine
from trending.enrichment.pending import find_pending, read_titles
from trending.enrichment.schema import Enrichment, EnrichmentInput, Fault
from trending.enrichment.sentiment import VERSION, fit_sentiment
from trending.enrichment.table import (
    ENRICHMENTS,
    TABLE,
    content_hash,
    current_prompts,
    read_enrichments,
    recipe_of,
    rows_of,
)
from trending.errors import BusyError, LLMError, SnapshotError
from trending.llm.protocol import GenerateRequest, LLMEngine
from trending.settings import Settings
from trending.sources.reviews_package import labelled_reviews

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def small_sentiment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentiment model of few reviews, kept once for all homes."""
    from trending.enrichment import sentiment

    folder = tmp_path_factory.mktemp("sentiment") / VERSION
    sentiment._save(fit_sentiment(labelled_reviews(), reviews=1500, held_out=600), folder)
    return folder


@pytest.fixture
def small(tmp_path: Path, small_sentiment: Path) -> Settings:
    settings = small_settings(tmp_path / "home")
    shutil.copytree(small_sentiment, settings.enrichment_dir / VERSION)
    return settings


def enrich(settings: Settings, opener: Opener, limit: int | None = None) -> EnrichResult:
    model = classifier(settings.home / "prior")
    return enrich_titles(settings, model=model, open_engine=opener, limit=limit)


def rows(settings: Settings) -> dict[str, dict]:
    found = read_enrichments(settings).to_pylist()
    assert len({row["title_id"] for row in found}) == len(found), "no title twice"
    return {row["title"]: row for row in found}


@pytest.mark.usefixtures("ray_cluster")
def test_what_is_new_or_changed_is_enriched_and_nothing_else(small: Settings, tmp_path: Path) -> None:
    opener = Opener(tmp_path / "calls")
    fill(small, "ABC", praised="A", blamed="B")
    first = enrich(small, opener)
    assert (first.enriched, first.fresh, first.left, opener.count) == (3, 0, 0, 3)
    there = rows(small)
    assert set(there) == set("ABC")
    assert there["A"]["vibe_score"] > 5.5 > there["B"]["vibe_score"]
    assert there["C"]["vibe_score"] is None
    assert {row["llm_model"] for row in there.values()} == {"scripted-1"}
    assert there["A"]["genres"] == ["Drama"]
    assert dict(there["A"]["probabilities"])["Drama"] == pytest.approx(0.6)
    assert dict(there["A"]["prompt_hashes"])
    assert first.report.is_file()

    again = enrich(small, opener)
    assert (again.enriched, again.fresh, opener.count) == (0, 3, 3)
    assert rows(small) == there

    fill(small, "ABCD", praised="A", blamed="BC")
    third = enrich(small, opener)
    assert (third.enriched, third.fresh, opener.count) == (2, 2, 5)
    now = rows(small)
    assert set(now) == set("ABCD")
    assert now["C"]["vibe_score"] < 5.5
    assert now["A"] == there["A"]
    assert third.figures.titles == 4


@pytest.mark.usefixtures("ray_cluster")
def test_a_spent_budget_ends_the_run_well_and_the_next_goes_on(small: Settings, tmp_path: Path) -> None:
    fill(small, "ABCDE")
    stopped = enrich(small, Opener(tmp_path / "calls", budget=3))
    assert (stopped.enriched, stopped.left) == (3, 2)
    assert "budget" in stopped.reason
    assert "2 are left" in stopped.told
    before = rows(small)
    assert len(before) == 3

    rest = Opener(tmp_path / "more")
    done = enrich(small, rest)
    assert (done.enriched, done.fresh, done.left, rest.count) == (2, 3, 0, 2)
    assert set(rows(small)) == set("ABCDE")
    assert {name: row for name, row in rows(small).items() if name in before} == before


@pytest.mark.usefixtures("ray_cluster")
def test_a_language_model_that_is_not_there_leaves_no_rows(small: Settings, tmp_path: Path) -> None:
    fill(small, "AB")
    with pytest.raises(LLMError, match="0 of 2"):
        enrich(small, Opener(tmp_path / "calls", fails=True))
    assert rows(small) == {}


@pytest.mark.usefixtures("ray_cluster")
def test_a_killed_run_loses_at_most_a_block_and_the_next_goes_on(small: Settings, tmp_path: Path) -> None:
    fill(small, "ABCDEFG")
    kill_when_done(small, blocks=2, stopped=tmp_path / "stopped")
    before = rows(small)
    assert len(before) == 4, "two blocks of two titles"

    opener = Opener(tmp_path / "calls")
    result = enrich(small, opener)
    assert (result.enriched, result.fresh, opener.count) == (3, 4, 3)
    after = rows(small)
    assert set(after) == set("ABCDEFG")
    assert {name: row for name, row in after.items() if name in before} == before


def kill_when_done(settings: Settings, *, blocks: int, stopped: Path) -> None:
    """Start the job in a process of its own; kill it when it has committed `blocks` and works on the next one."""
    import ray

    environment = os.environ | {"RAY_ADDRESS": ray.get_runtime_context().gcs_address, "PYTHONPATH": str(ROOT)}
    titles = blocks * settings.enrichment.titles_per_block
    command = [
        sys.executable, "-m", "tests.enrichment.small_home", str(settings.home), str(titles), str(stopped),
    ]  # fmt: skip
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        told = (json.loads(line) for line in child.stdout if line.startswith("{"))
        try:
            assert any(step["done"] == titles for step in told), "it ended before it was there"
        finally:
            child.kill()
    assert child.returncode == -signal.SIGKILL


def test_without_data_there_is_a_clear_error(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="trending ingest"):
        enrich_titles(settings, open_engine=Opener(tmp_path / "calls"))


def test_two_runs_at_once_are_refused(small: Settings, tmp_path: Path) -> None:
    fill(small, "A")
    with (small.enrichment_dir / "enrich.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(BusyError, match="Another enrichment"):
            enrich(small, Opener(tmp_path / "calls"))


def test_pending_are_titles_of_another_content_or_recipe(settings: Settings) -> None:
    fill(settings, "ABC", praised="A")
    snapshot = Tables(settings).latest()
    assert snapshot is not None
    titles = {title.title: title for title in read_titles(settings, snapshot)}
    assert titles["A"].ratings == (9.0,)
    made = [enrichment(name) for name in "ABC"]
    keep(settings, rows_of([titles[name] for name in "AB"], made[:2], recipe="r1", snapshot_id=snapshot))

    def pending(recipe: str, limit: int | None = None, everything: bool = False) -> list[str]:
        found = find_pending(settings, snapshot, recipe, limit=limit, everything=everything)
        assert (found.total, found.fresh) == (3, 2 if recipe == "r1" else 0)
        return [title.title for title in found.titles]

    assert pending("r1") == ["C"]
    assert pending("r2") == ["A", "B", "C"]
    assert pending("r2", limit=2) == ["A", "B"]
    assert pending("r1", everything=True) == ["A", "B", "C"]


def test_a_title_whose_call_failed_has_its_turn_again() -> None:
    title = EnrichmentInput("A", "Plot.", title_id="a")
    for kind, recipe in (("deadline", ""), ("failed", ""), ("parse", "r1"), ("unsupported", "r1")):
        made = enrichment("A", Fault("summary", kind, "why"))
        (row,) = rows_of([title], [made], recipe="r1", snapshot_id=1).to_pylist()
        assert row["recipe"] == recipe
        assert json.loads(row["faults"])[0]["kind"] == kind


def test_the_content_is_title_plot_reviews_and_ratings() -> None:
    base = EnrichmentInput("A", "Plot.", ("Good.",), (8.0,), "a", 1999)
    others = [
        EnrichmentInput("B", "Plot.", ("Good.",), (8.0,)),
        EnrichmentInput("A", "Another.", ("Good.",), (8.0,)),
        EnrichmentInput("A", "Plot.", ("Bad.",), (8.0,)),
        EnrichmentInput("A", "Plot.", ("Good.",), (3.0,)),
        EnrichmentInput("A", "Plot.", ("Good.", "Good."), (8.0,)),
    ]
    assert len({content_hash(one) for one in (base, *others)}) == len(others) + 1
    assert content_hash(base) == content_hash(EnrichmentInput("A", "Plot.", ("Good.",), (8.0,), "b", 2001))


def test_another_prompt_model_or_classifier_is_another_recipe() -> None:
    base = {"prompts": {"x": "1"}, "llm_model": "m", "classifier": "c", "sentiment": "s", "trust": 0.0}
    changes = [{"prompts": {"x": "2"}}, {"llm_model": "n"}, {"classifier": "d"}, {"trust": 0.5}]
    assert len({recipe_of(**base | change) for change in ({}, *changes)}) == len(changes) + 1  # pyright: ignore[reportArgumentType]
    without = base | {"llm_model": ""}
    assert recipe_of(**without) == recipe_of(**without | {"prompts": {"x": "2"}}), "no prompt, no change"  # pyright: ignore[reportArgumentType]


def test_the_genre_prompt_counts_only_where_it_is_asked() -> None:
    assert set(current_prompts(with_genres=True)) - set(current_prompts(with_genres=False)) == {"genres"}


def test_titles_and_answers_survive_the_way_through_ray() -> None:
    titles = [
        EnrichmentInput("A", "Plot.", ("Good.", "Bad."), (8.0,), "a", 1999),
        EnrichmentInput("B", "", title_id="b"),
    ]
    assert titles_of(block_of(titles)) == titles
    done = BlockDone(rows_of(titles[:1], [enrichment("A")], recipe="r", snapshot_id=1), 1, "spent")
    (back,) = unpacked(pa.concat_tables([packed(done)]))
    assert back.rows.equals(done.rows)
    assert (back.left, back.reason, back.unreachable) == (1, "spent", "")
    assert unpacked(packed(BlockDone(ENRICHMENTS.empty_table(), 2)))[0].left == 2


def test_calls_are_as_far_apart_as_the_settings_say(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr(pacing.asyncio, "sleep", sleep)

    async def ask() -> None:
        engine: LLMEngine = PacedEngine(ScriptedEngine(answer()), requests_per_s=0.01)
        await asyncio.gather(*(engine.generate(GenerateRequest(())) for _ in range(3)))

    asyncio.run(ask())
    assert waits == pytest.approx([100, 200], abs=1)


def enrichment(title: str, *faults: Fault) -> Enrichment:
    return Enrichment(
        title=title, title_id=None, genres=("Drama",), probabilities={"Drama": 0.5}, genre_rung="keyword",
        genre_version="1", llm_trust=0.0, summary="", summary_rung="none", vibe_score=None, score_basis="none",
        vibe_tags=(), tag_rung="none", llm_model="", faults=faults,
    )  # fmt: skip


def keep(settings: Settings, rows: pa.Table) -> None:
    """Rows of `catalog.enrichments`, without Ray."""
    read_enrichments(settings)
    Tables(settings).table(TABLE).append(rows)
