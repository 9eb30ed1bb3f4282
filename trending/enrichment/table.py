"""`catalog.enrichments`: one row a title, with where it came from and what it was made of."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa

from trending.catalog.tables import Tables
from trending.enrichment.failures import TRANSIENT
from trending.enrichment.llm_genres import PROMPT as GENRES
from trending.enrichment.prompts import load_prompt
from trending.enrichment.schema import Enrichment, EnrichmentInput
from trending.settings import Settings

TABLE = "catalog.enrichments"
HASH_DIGITS = 16
PROMPTS = Path(__file__).parent / "prompts"
_strings = pa.list_(pa.string())

ENRICHMENTS = pa.schema(
    [
        pa.field("title_id", pa.string(), nullable=False),
        pa.field("title", pa.string(), nullable=False),
        pa.field("content_hash", pa.string(), nullable=False),
        pa.field("recipe", pa.string(), nullable=False),
        pa.field("snapshot_id", pa.int64(), nullable=False),
        pa.field("genres", _strings),
        pa.field("probabilities", pa.map_(pa.string(), pa.float32())),
        pa.field("genre_rung", pa.string()),
        pa.field("genre_version", pa.string()),
        pa.field("llm_trust", pa.float32()),
        pa.field("summary", pa.string()),
        pa.field("summary_rung", pa.string()),
        pa.field("vibe_score", pa.float64()),
        pa.field("score_basis", pa.string()),
        pa.field("vibe_tags", _strings),
        pa.field("tag_rung", pa.string()),
        pa.field("llm_model", pa.string()),
        pa.field("prompt_hashes", pa.map_(pa.string(), pa.string())),
        pa.field("prompt_tokens", pa.int64()),
        pa.field("completion_tokens", pa.int64()),
        pa.field("attempts", pa.int32()),
        pa.field("faults", pa.string()),
        pa.field("seconds", pa.float32()),
        pa.field("enriched_at", pa.timestamp("us", tz="UTC")),
    ]
)
"""`content_hash`: of title, plot, reviews and ratings as they were enriched. `recipe`: of the models and prompts;
empty where the language model could not be reached, so that the title's turn comes again. `snapshot_id`: version of
the data. `faults`: JSON, a list of objects with `part`, `kind`, `detail`, `attempt`. The other columns are those of
`trending.enrichment.schema.Enrichment`."""


def content_hash(title: EnrichmentInput) -> str:
    """Of all that an enrichment is made from: another hash, another enrichment."""
    parts = [title.title, title.plot, *title.reviews, *(f"{rating:g}" for rating in title.ratings)]
    return _digest(parts)


def recipe_of(
    *, prompts: Mapping[str, str], llm_model: str, classifier: str, sentiment: str, trust: float
) -> str:
    """Of all that an enrichment is made with. `prompts`: their hashes; `classifier`: its bundle's digest."""
    hashes = [f"{name}={digest}" for name, digest in sorted(prompts.items())] if llm_model else []
    return _digest([llm_model, classifier, sentiment, f"{trust:g}", *hashes])


def current_prompts(*, with_genres: bool) -> dict[str, str]:
    """The hashes of the prompts that ship with the package; that of the genres only where they are asked for."""
    names = sorted(file.stem for file in PROMPTS.glob("*.md"))
    return {name: load_prompt(name).hash for name in names if with_genres or name != GENRES}


def rows_of(
    titles: Sequence[EnrichmentInput], enrichments: Sequence[Enrichment], *, recipe: str, snapshot_id: int
) -> pa.Table:
    """Rows of `ENRICHMENTS` for titles that have an id, and their enrichments."""
    now = datetime.now(UTC)
    rows = []
    for title, made in zip(titles, enrichments, strict=True):
        row: dict[str, Any] = {name: getattr(made, name, None) for name in ENRICHMENTS.names}
        rows.append(
            row
            | {
                "title_id": title.title_id,
                "content_hash": content_hash(title),
                "recipe": recipe if settled(made) else "",
                "snapshot_id": snapshot_id,
                "probabilities": list(made.probabilities.items()),
                "prompt_hashes": list(made.prompt_hashes.items()),
                "faults": json.dumps([vars(fault) for fault in made.faults], ensure_ascii=False),
                "enriched_at": now,
            }
        )
    return pa.Table.from_pylist(rows, schema=ENRICHMENTS)


def settled(made: Enrichment) -> bool:
    """False where a call failed for a reason that may be gone tomorrow."""
    return not any(fault.kind in TRANSIENT for fault in made.faults)


def read_enrichments(settings: Settings, columns: Sequence[str] | None = None) -> pa.Table:
    """All rows, or some of their columns; the table is created where there is none."""
    tables = Tables(settings)
    tables.ensure(TABLE, ENRICHMENTS)
    return tables.read_arrow(TABLE, columns=columns)


def write_enrichments(settings: Settings, rows: pa.Table) -> None:
    """Insert rows, or replace those of the same titles, in one atomic commit."""
    tables = Tables(settings)
    tables.ensure(TABLE, ENRICHMENTS)
    tables.upsert(TABLE, rows, key="title_id")


def _digest(parts: Iterable[str]) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:HASH_DIGITS]
