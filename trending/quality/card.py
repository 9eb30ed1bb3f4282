"""The data card of a snapshot: what is in the data, in Markdown and as one self-contained HTML page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from trending.quality import card_plots, plots
from trending.quality.card_facts import Facts, count_facts
from trending.quality.checks import CheckReport
from trending.quality.page import number, percent, render

COUNTRIES_SHOWN = 12
PLATFORMS_SHOWN = 16


@dataclass(frozen=True)
class CardPaths:
    """Where a card was written."""

    markdown: Path
    html: Path


@dataclass(frozen=True)
class Intake:
    """The figures of the last ingest that a card tells; None or empty where they are not known."""

    rows_in: int
    accepted: int
    merged: int
    quarantined: int
    changed: int | None
    unmapped: list[tuple[str, int]]
    not_genres: list[tuple[str, int]]
    warnings: list[tuple[str, int]]
    leaked: int | None
    keyword_f1: tuple[float, float] | None
    reasons: list[tuple[str, int]]
    sources: list[str]


def write_card(
    titles: pa.Table,
    reviews: pa.Table | None = None,
    *,
    snapshot_id: int,
    summary: Mapping[str, Any],
    checks: CheckReport | None,
    folder: Path,
    titles_in_table: int | None = None,
    reviews_in_table: int | None = None,
) -> CardPaths:
    """Write `data_card.md` and `data_card.html` into `folder` (made if missing).

    `titles` and `reviews` have columns of the catalogue's tables; `text` and `masked` of reviews may be left
    out, and both may be samples where `titles_in_table` and `reviews_in_table` say how many there are.
    `summary` holds the figures of the ingest, all optional: `rows_in`, `accepted`, `merged`, `quarantined`,
    `changed`, `leaked_plots`, `keyword_f1`, `keyword_f1_masked`, `sources` (names), and counts by name:
    `unmapped_labels`, `not_genres`, `warnings`, `quarantine_reasons`.
    """
    facts = count_facts(titles, reviews)
    context = _context(facts, _intake(summary), checks, snapshot_id)
    context |= _totals(facts, titles_in_table, reviews_in_table)
    folder.mkdir(parents=True, exist_ok=True)
    paths = CardPaths(markdown=folder / "data_card.md", html=folder / "data_card.html")
    paths.markdown.write_text(render("card.md", **context), encoding="utf-8")
    paths.html.write_text(render("card.html", **context), encoding="utf-8")
    return paths


def _context(
    facts: Facts, intake: Intake | None, checks: CheckReport | None, snapshot_id: int
) -> dict[str, Any]:
    drawings = _plots(facts, intake)
    return {
        "facts": facts,
        "intake": intake,
        "checks": checks,
        "snapshot_id": str(snapshot_id),
        "median": {
            "plots": _median(facts.plot_words),
            "reviews": _median(facts.reviews.words) if facts.reviews else 0,
        },
        "half_since": _half_since(facts),
        "pairs": card_plots.strongest_pairs(facts),
        "splits_drift": max((split.drift for split in facts.splits if split.titles), default=0.0),
        "verdicts": _verdicts(checks),
        "plots": drawings,
        "countries_shown": COUNTRIES_SHOWN,
    }


def _plots(facts: Facts, intake: Intake | None) -> dict[str, Any]:
    """All drawings of the page, by name."""
    total = facts.kinds.total
    shown = facts.platforms[:PLATFORMS_SHOWN]
    drawings: dict[str, Any] = {
        "years": card_plots.years_plot(facts.years),
        "genres": card_plots.genre_rows(facts),
        "together": card_plots.together_plot(facts),
        "platforms": card_plots.platform_rows(shown),
        "platform_lengths": card_plots.platform_length_rows(shown),
        "countries": card_plots.count_rows(facts.countries[:COUNTRIES_SHOWN]),
        "lengths": card_plots.lengths_plot(facts.plot_words, what="plots"),
        "missing": card_plots.count_rows([(_spaced(n), c) for n, c in facts.missing], whole=max(total, 1)),
        "splits": plots.bar([split.titles for split in facts.splits], whole=total, label="Titles by split"),
    }
    reviews = facts.reviews
    drawings["review_lengths"] = card_plots.lengths_plot(reviews.words, what="reviews") if reviews else ""
    drawings["ratings"] = card_plots.ratings_plot(reviews.ratings) if reviews else ""
    if intake:
        parts = [intake.accepted, intake.merged, intake.quarantined]
        drawings["intake"] = plots.bar(parts, whole=intake.rows_in, label="What became of the rows")
    return drawings


def _intake(summary: Mapping[str, Any]) -> Intake | None:
    """The ingest's figures, or None where it did not count its rows."""
    if not {"rows_in", "accepted", "merged", "quarantined"} <= summary.keys():
        return None
    f1 = summary.get("keyword_f1"), summary.get("keyword_f1_masked")
    return Intake(
        rows_in=int(summary["rows_in"]),
        accepted=int(summary["accepted"]),
        merged=int(summary["merged"]),
        quarantined=int(summary["quarantined"]),
        changed=summary.get("changed"),
        unmapped=_ranked(summary.get("unmapped_labels")),
        not_genres=_ranked(summary.get("not_genres")),
        warnings=_ranked(summary.get("warnings")),
        leaked=summary.get("leaked_plots"),
        keyword_f1=(float(f1[0]), float(f1[1])) if f1[0] is not None and f1[1] is not None else None,
        reasons=_ranked(summary.get("quarantine_reasons")),
        sources=[str(name) for name in summary.get("sources") or ()],
    )


def _ranked(counts: object) -> list[tuple[str, int]]:
    if not isinstance(counts, Mapping):
        return []
    return sorted(
        ((str(name), int(count)) for name, count in counts.items()), key=lambda pair: (-pair[1], pair[0])
    )


def _totals(facts: Facts, titles_in_table: int | None, reviews_in_table: int | None) -> dict[str, Any]:
    """Heading, lede and number of reviews; of a sample they say so."""
    kinds = facts.kinds
    sampled = titles_in_table is not None and titles_in_table > kinds.total
    total = titles_in_table if titles_in_table is not None else kinds.total
    what = "films and series" if kinds.movies and kinds.shows else "series" if kinds.shows else "films"
    if what == "films" and total == 1:
        what = "film"
    of_sample = f"Told from an even sample of {number(kinds.total)} titles. " if sampled else ""
    read = facts.reviews.count if facts.reviews else 0
    return {
        "heading": f"{number(total)} {what}",
        "lede": of_sample + _lede(facts),
        "reviews_total": max(reviews_in_table or 0, read),
    }


def _lede(facts: Facts) -> str:
    """The snapshot in a few sentences."""
    first, last = min(facts.years, default=None), max(facts.years, default=None)
    when = (
        f", released from {first} to {last}"
        if first != last
        else f", all released in {first}"
        if first
        else ""
    )
    where = facts.platforms[0].name if len(facts.platforms) == 1 else f"{len(facts.platforms)} platforms"
    sentences = [f"{card_plots.kinds_text(facts.kinds)}: on {where}{when}."]
    if len(facts.genres) > 1:
        common, rare = facts.genres[0], facts.genres[-1]
        sentences.append(
            f"{common.name} is the most common genre, on {percent(common.share)} of all titles;"
            f" {rare.name} is the rarest, on {percent(rare.share)}."
        )
    return " ".join(sentences)


def _median(lengths: np.ndarray) -> float:
    return float(np.median(lengths)) if len(lengths) else 0.0


def _half_since(facts: Facts) -> int | None:
    """The latest year from which on at least half of the dated titles come."""
    dated = sum(kinds.total for kinds in facts.years.values())
    later = 0
    for year in sorted(facts.years, reverse=True):
        later += facts.years[year].total
        if 2 * later >= dated:
            return year
    return None


def _verdicts(checks: CheckReport | None) -> dict[str, Any]:
    """How many checks passed, and what became of the others in a few words."""
    if checks is None:
        return {}
    statuses = [result.status for result in checks.results]
    errors, warnings = len(checks.failed_errors), len(checks.failed_warnings)
    skipped = statuses.count("skipped")
    others = [
        f"{errors} failed" if errors else "",
        f"{warnings} warning{'' if warnings == 1 else 's'}" if warnings else "",
        f"{skipped} not judged" if skipped else "",
    ]
    return {"passed": statuses.count("passed"), "summary": ", ".join(filter(None, others))}


def _spaced(column: str) -> str:
    return column.replace("_", " ")
