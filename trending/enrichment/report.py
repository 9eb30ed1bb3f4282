"""What the enrichments of a snapshot are worth: rungs, faults, tokens and cost, and the vibe scores against ratings."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.enrichment.agreement import Agreement, measure_agreement
from trending.enrichment.sentiment import Sentiment
from trending.enrichment.table import read_enrichments
from trending.settings import LLMSettings, Settings

if TYPE_CHECKING:
    from rich.table import Table

RUNGS = {
    "genre_rung": "genres",
    "summary_rung": "summary",
    "score_basis": "vibe score",
    "tag_rung": "vibe tags",
}
PARSE = "parse"
MILLION = 1e6


@dataclass(frozen=True)
class EnrichmentFigures:
    """Counts over the titles of a snapshot that are enriched."""

    titles: int
    rungs: Mapping[str, Mapping[str, int]]
    """For each part (`genres`, `summary`, ...) the titles of each rung, most frequent first."""
    faults: Mapping[str, int]
    """Kind of fault, `part: kind`, to the number of times, most frequent first."""
    examples: Mapping[str, str]
    """For each kind of fault what the language model was told about the first."""
    asked: int
    """Titles for which the language model was called."""
    calls: int
    parse_failures: int
    prompt_tokens: int
    completion_tokens: int
    cost: float
    """In the currency of the prices in the settings."""
    seconds: float
    """Sum over the titles; they run side by side, so a run takes less."""
    unsettled: int
    """Titles whose turn comes again, because the language model could not be reached."""
    models: Mapping[str, int]
    """Language model to titles; without one the name is empty."""
    agreement: Agreement

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


def enrichment_figures(settings: Settings, sentiment: Sentiment, snapshot_id: int) -> EnrichmentFigures:
    """Count what `catalog.enrichments` holds for the titles of a snapshot."""
    rows = read_enrichments(settings).to_pylist()
    agreement, there = measure_agreement(settings, sentiment, snapshot_id, rows)
    rows = [row for row in rows if row["title_id"] in there]
    faults = [fault for row in rows for fault in json.loads(row["faults"] or "[]")]
    prompt = sum(row["prompt_tokens"] or 0 for row in rows)
    completion = sum(row["completion_tokens"] or 0 for row in rows)
    return EnrichmentFigures(
        titles=len(rows),
        rungs={part: _counted(row[column] for row in rows) for column, part in RUNGS.items()},
        faults=_counted(f"{fault['part']}: {fault['kind']}" for fault in faults),
        examples={f"{fault['part']}: {fault['kind']}": fault["detail"] for fault in reversed(faults)},
        asked=sum(bool(row["attempts"]) for row in rows),
        calls=sum(row["attempts"] or 0 for row in rows),
        parse_failures=sum(fault["kind"] == PARSE for fault in faults),
        prompt_tokens=prompt,
        completion_tokens=completion,
        cost=cost_of(settings.llm, prompt, completion),
        seconds=sum(row["seconds"] or 0.0 for row in rows),
        unsettled=sum(not row["recipe"] for row in rows),
        models=_counted(row["llm_model"] or "" for row in rows),
        agreement=agreement,
    )


def cost_of(prices: LLMSettings, prompt_tokens: int, completion_tokens: int) -> float:
    """Money for the tokens, by the prices a million."""
    return (prompt_tokens * prices.prompt_price + completion_tokens * prices.completion_price) / MILLION


def rung_table(figures: EnrichmentFigures) -> Table:
    """How often each rung answered, for a terminal."""
    from rich.table import Table

    table = Table(box=None, header_style="bold", pad_edge=False)
    for head in ("part", "rung", "titles", "share"):
        table.add_column(head, justify="right" if head in ("titles", "share") else "left")
    for part, rung, titles, share in _rung_rows(figures):
        table.add_row(part, rung, titles, share)
    return table


def write_enrichment_report(
    settings: Settings, figures: EnrichmentFigures, *, snapshot_id: int, run: Sequence[str] = ()
) -> Path:
    """The figures in Markdown under `reports/`; returns its path. `run`: lines about the run that wrote it."""
    now = datetime.now(UTC)
    lines = [
        "# Enrichment",
        "",
        f"{figures.titles:,} enriched titles of snapshot `{snapshot_id}`, {now:%Y-%m-%d %H:%M} UTC.",
        *(["", *run] if run else []),
        "",
        "## Who answered",
        "",
        *_markdown(["part", "rung", "titles", "share"], _rung_rows(figures)),
        "",
        "## The language model",
        "",
        *_markdown(["", ""], _model_rows(figures)),
        "",
        "## What was not believed, and what failed",
        "",
        *_fault_lines(figures),
        "",
        "## Vibe scores and what people say",
        "",
        *figures.agreement.lines(),
    ]
    path = settings.reports_dir / f"enrichment-{now:%Y%m%dT%H%M%S%f}.md"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def _rung_rows(figures: EnrichmentFigures) -> list[list[str]]:
    return [
        [part, rung, f"{titles:,}", f"{titles / figures.titles:.0%}"]
        for part, rungs in figures.rungs.items()
        for rung, titles in rungs.items()
    ]


def _model_rows(figures: EnrichmentFigures) -> list[list[str]]:
    models = ", ".join(f"{name or 'none'} ({titles:,} titles)" for name, titles in figures.models.items())
    each = max(figures.titles, 1)
    return [
        ["answered", models],
        ["titles it was asked about", f"{figures.asked:,}"],
        ["calls", f"{figures.calls:,}"],
        ["answers that could not be parsed", f"{figures.parse_failures:,}"],
        ["tokens of prompts", f"{figures.prompt_tokens:,}"],
        ["tokens of answers", f"{figures.completion_tokens:,}"],
        ["cost", f"{figures.cost:.4f}"],
        ["seconds a title, from beginning to end", f"{figures.seconds / each:.2f}"],
        ["titles whose turn comes again", f"{figures.unsettled:,}"],
    ]


def _fault_lines(figures: EnrichmentFigures) -> list[str]:
    if not figures.faults:
        return ["Nothing."]
    rows = [
        [kind, f"{times:,}", figures.examples[kind].replace("|", "/")]
        for kind, times in figures.faults.items()
    ]
    return _markdown(["part: kind", "times", "for example"], rows)


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (heads, ["---"] * len(heads), *rows)]


def _counted(values: Any) -> dict[str, int]:
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
