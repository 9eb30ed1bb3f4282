"""The Ray Data actor of the batch job: it holds the models, and enriches one block of titles after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from trending.enrichment.chain import EnrichmentChain
from trending.enrichment.failures import TRANSIENT
from trending.enrichment.local import Classifier, OpenEngine, classify_with
from trending.enrichment.pacing import PacedEngine
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.enrichment.table import rows_of
from trending.enrichment.trust import Trust
from trending.settings import Settings

if TYPE_CHECKING:
    from trending.enrichment.examples import TrainingTitles
    from trending.llm.protocol import LLMEngine

TITLES = pa.schema(
    [
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("plot", pa.string(), nullable=False),
        pa.field("reviews", pa.list_(pa.string())),
        pa.field("ratings", pa.list_(pa.float64())),
        pa.field("release_year", pa.int32()),
    ]
)
"""Titles on their way to an actor."""


@dataclass(frozen=True)
class Plan:
    """What every actor needs to know."""

    settings: Settings
    classifier: Classifier
    snapshot_id: int
    recipe: str
    trust: Trust
    open_engine: OpenEngine
    training: TrainingTitles | None
    """Where examples for the genre prompt come from; None where they are not asked for."""
    actors: int = 1


@dataclass(frozen=True)
class BlockDone:
    """What came of one block."""

    rows: pa.Table
    """Rows of `catalog.enrichments`."""
    left: int
    """Titles that were not enriched, for the budget was spent."""
    reason: str = ""
    unreachable: str = ""
    """Why no title of the block got an answer of the language model, though it was asked; empty where one did."""


@dataclass
class BlockEnricher:
    """Callable of `map_batches`: a block of `TITLES` to one row that holds a `BlockDone`."""

    plan: Plan
    _spent: str = field(default="", init=False)

    def __post_init__(self) -> None:
        """Load the models. The loop stays the same for all blocks: an engine lives in it."""
        self._runner = asyncio.Runner()
        self._chain = self._runner.run(self._open())

    def __call__(self, batch: pa.Table) -> pa.Table:
        """Enrich the titles of a block together."""
        titles = titles_of(batch)
        made = self._runner.run(self._enrich(titles))
        pairs = [(title, one) for title, one in zip(titles, made, strict=True) if one is not None]
        rows = rows_of(
            [title for title, _ in pairs],
            [one for _, one in pairs],
            recipe=self.plan.recipe,
            snapshot_id=self.plan.snapshot_id,
        )
        done = BlockDone(rows, len(titles) - len(pairs), self._spent, _unreachable([one for _, one in pairs]))
        return packed(done)

    async def _enrich(self, titles: Sequence[EnrichmentInput]) -> list[Enrichment | None]:
        gate = asyncio.Semaphore(self.plan.settings.llm.max_concurrent)

        async def one(title: EnrichmentInput) -> Enrichment | None:
            async with gate:
                if self._spent:
                    return None
                made = await self._chain.enrich(title)
                spent = [fault.detail for fault in made.faults if fault.kind == "budget"]
                self._spent = self._spent or "".join(spent[:1])
                return None if spent else made

        return list(await asyncio.gather(*(one(title) for title in titles)))

    async def _open(self) -> EnrichmentChain:
        from trending.enrichment.examples import NearestTitles
        from trending.enrichment.sentiment import load_sentiment
        from trending.enrichment.support import OneAtATime
        from trending.features.embeddings import load_encoder
        from trending.models.bundle import load_bundle

        plan = self.plan
        bundle = load_bundle(plan.classifier.folder)
        encoder = OneAtATime(load_encoder(plan.settings.train.embedding))
        near = NearestTitles(plan.training, encoder, plan.settings) if plan.training else None
        return EnrichmentChain(
            plan.settings,
            engine=self._paced(plan.open_engine(plan.settings)),
            classify=classify_with(bundle, plan.classifier.version),
            encoder=encoder,
            sentiment=load_sentiment(plan.settings),
            trust=plan.trust,
            examples=near,
            max_reviews=lambda: plan.classifier.max_reviews,
        )

    def _paced(self, engine: LLMEngine | None) -> LLMEngine | None:
        limit = self.plan.settings.enrichment.requests_per_s
        return PacedEngine(engine, limit / self.plan.actors) if engine and limit else engine


def block_of(titles: Sequence[EnrichmentInput]) -> pa.Table:
    """A block of `TITLES`."""
    rows = [{name: getattr(title, name) for name in TITLES.names} for title in titles]
    return pa.Table.from_pylist(rows, schema=TITLES)


def titles_of(block: pa.Table) -> list[EnrichmentInput]:
    """What `block_of` packed."""
    return [
        EnrichmentInput(**row | {"reviews": tuple(row["reviews"]), "ratings": tuple(row["ratings"])})
        for row in block.to_pylist()
    ]


def packed(done: BlockDone) -> pa.Table:
    """One row, so that a block without any enriched title arrives too."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, done.rows.schema) as stream:
        stream.write_table(done.rows)
    return pa.table(
        {
            "rows": [sink.getvalue().to_pybytes()],
            "left": [done.left],
            "reason": [done.reason],
            "unreachable": [done.unreachable],
        }
    )


def unpacked(table: pa.Table) -> list[BlockDone]:
    """What `packed` made, one a row."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return [BlockDone(**row | {"rows": pa.ipc.open_stream(row["rows"]).read_all()}) for row in rows]


def _unreachable(made: Sequence[Enrichment]) -> str:
    asked = [one for one in made if one.attempts]
    faults = [fault for one in asked for fault in one.faults if fault.kind in TRANSIENT]
    return faults[0].detail if asked and faults and not any(one.llm_model for one in asked) else ""
