"""The batch job: what is new or changed in a snapshot is enriched by Ray Data, block by block.

A block is committed as soon as it is there, so a job that is killed goes on where it stopped. The chain, its prompts
and its engine are those of the service.
"""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from trending.catalog.snapshots import resolve_snapshot
from trending.enrichment.block import BlockDone, BlockEnricher, Plan, block_of, unpacked
from trending.enrichment.local import (
    Classifier,
    OpenEngine,
    engine_of_settings,
    find_classifier,
    llm_model_of,
)
from trending.enrichment.pending import Pending, find_pending
from trending.enrichment.report import EnrichmentFigures, enrichment_figures, write_enrichment_report
from trending.enrichment.sentiment import load_sentiment
from trending.enrichment.table import current_prompts, recipe_of, write_enrichments
from trending.enrichment.trust import load_trust
from trending.errors import BusyError, LLMError
from trending.planning.workers import enrichment_actors
from trending.progress import Report, silent
from trending.ray_session import ray_session
from trending.settings import Settings

PATIENCE = 10
"""Times the deadline of the service that a call of the batch job may take."""


@dataclass(frozen=True)
class EnrichResult:
    """What a run of the job did."""

    snapshot_id: int
    titles: int
    """Titles of the snapshot."""
    fresh: int
    """Those whose enrichment was still right."""
    enriched: int
    left: int
    """Titles whose turn did not come, because the budget was spent."""
    reason: str
    """Why it stopped early; empty where it did not."""
    llm_model: str
    classifier_version: str
    seconds: float
    figures: EnrichmentFigures
    """Of all enriched titles of the snapshot, those of earlier runs too."""
    report: Path
    told: str
    """The run in a sentence or two."""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self) | {"seconds": round(self.seconds, 1), "report": str(self.report)}


def enrich_titles(
    settings: Settings,
    *,
    snapshot: str | int = "latest",
    limit: int | None = None,
    everything: bool = False,
    model: str | None = None,
    open_engine: OpenEngine = engine_of_settings,
    report: Report = silent,
) -> EnrichResult:
    """Enrich the titles of a snapshot that are new or changed, `limit` of them at the most.

    Changed is a title whose plot, reviews or ratings are others, and every title where a prompt, the language model
    or the classifier is another. `everything`: all titles, changed or not. `model`: the classifier, by alias,
    version, run id or folder; None: that of the service. A budget that is spent ends the run early and well.

    Raises `SnapshotError` without data, `RegistryError` without a model, `BusyError` while another run is going on,
    `LLMError` where the language model does not open, or answers nothing for a whole block.
    """
    began = time.perf_counter()
    settings = _for_batch(settings)
    snapshot_id = resolve_snapshot(settings, snapshot)
    classifier = find_classifier(settings, model or settings.serve.model)
    with _only_one(settings):
        report("Opening the language model")
        llm_model = asyncio.run(llm_model_of(open_engine, settings))
        sentiment = load_sentiment(settings, report=report)
        plan = _plan(settings, snapshot_id, classifier, llm_model, open_engine, report)
        report("Looking for new and changed titles")
        pending = find_pending(settings, snapshot_id, plan.recipe, limit=limit, everything=everything)
        run = _run(plan, pending, report)
    report("Writing the report")
    figures = enrichment_figures(settings, sentiment, snapshot_id)
    told, seconds = _told(run, pending), time.perf_counter() - began
    lines = [f"The last run: {told} It took {seconds:.0f} s."]
    return EnrichResult(
        snapshot_id=snapshot_id,
        titles=pending.total,
        fresh=pending.fresh,
        enriched=run.enriched,
        left=run.left,
        reason=run.reason,
        llm_model=llm_model,
        classifier_version=classifier.version,
        seconds=seconds,
        figures=figures,
        report=write_enrichment_report(settings, figures, snapshot_id=snapshot_id, run=lines),
        told=told,
    )


def _for_batch(settings: Settings) -> Settings:
    # Workers may stand in another folder; and nobody waits for an answer, so a deadline only ends what hangs.
    llm = settings.llm.model_copy(update={"deadline_s": PATIENCE * settings.llm.deadline_s})
    return settings.model_copy(update={"home": settings.root, "llm": llm})


def _told(run: _Run, pending: Pending) -> str:
    told = f"{run.enriched:,} titles enriched, {pending.fresh:,} of {pending.total:,} were up to date."
    if run.left:
        told += f" {run.left:,} are left: {run.reason}. Run the job again when there is more."
    return told


def _plan(
    settings: Settings,
    snapshot_id: int,
    classifier: Classifier,
    llm_model: str,
    open_engine: OpenEngine,
    report: Report,
) -> Plan:
    from trending.enrichment.examples import training_titles
    from trending.enrichment.sentiment import VERSION

    trust = load_trust(settings, llm_model, classifier.version)
    asked = bool(llm_model) and trust.weight > 0
    training = None
    if asked and settings.enrichment.neighbours:
        training = training_titles(settings, snapshot_id=snapshot_id, report=report)
    return Plan(
        settings=settings,
        classifier=classifier,
        snapshot_id=snapshot_id,
        recipe=recipe_of(
            prompts=current_prompts(with_genres=asked),
            llm_model=llm_model,
            classifier=classifier.digest,
            sentiment=VERSION,
            trust=trust.weight,
        ),
        trust=trust,
        open_engine=open_engine,
        training=training,
        actors=settings.enrichment.actors,
    )


@dataclass(frozen=True)
class _Run:
    enriched: int
    left: int
    reason: str


def _run(plan: Plan, pending: Pending, report: Report) -> _Run:
    message, total = f"Enriching {len(pending.titles):,} titles", len(pending.titles)
    enriched = left = 0
    reason = ""
    if not total:
        return _Run(0, 0, "")
    with ray_session(plan.settings):
        report(message, 0, total)
        for done in _blocks(plan, pending):
            if done.unreachable:
                raise LLMError(
                    f"No title of a block got an answer: {done.unreachable}. What was enriched before it is "
                    f"kept ({enriched} of {total}); run the job again when the language model is there."
                )
            if done.rows.num_rows:
                write_enrichments(plan.settings, done.rows)
            enriched, left = enriched + done.rows.num_rows, left + done.left
            reason = reason or done.reason
            report(message, enriched + left, total)
    return _Run(enriched, left, reason)


def _blocks(plan: Plan, pending: Pending) -> Iterator[BlockDone]:
    """Blocks as they are done, in the order in which they end."""
    import ray

    size = plan.settings.enrichment.titles_per_block
    starts = range(0, len(pending.titles), size)
    dataset = ray.data.from_arrow([block_of(pending.titles[start : start + size]) for start in starts])
    done = dataset.map_batches(
        BlockEnricher,  # pyright: ignore[reportArgumentType]
        fn_constructor_kwargs={"plan": plan},
        batch_format="pyarrow",
        batch_size=None,
        compute=ray.data.ActorPoolStrategy(
            size=min(plan.actors, len(starts)), max_tasks_in_flight_per_actor=1
        ),
        **enrichment_actors(plan.settings.enrichment).remote_options,
    )
    for batch in done.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from unpacked(batch)  # pyright: ignore[reportArgumentType]


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One run at a time in one home. The lock goes with the process, however it ends."""
    settings.enrichment_dir.mkdir(parents=True, exist_ok=True)
    with (settings.enrichment_dir / "enrich.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise BusyError(
                f"Another enrichment is writing to {settings.root}. Run this one when it has ended."
            ) from error
        yield
