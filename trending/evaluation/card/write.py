"""The model card of an evaluation: Markdown with Hugging Face metadata, and one self-contained HTML page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from trending.errors import BundleError
from trending.evaluation.assembly import RECORD_FILE
from trending.evaluation.card import prose, telling
from trending.evaluation.card.data import DataFacts, read_data_facts
from trending.evaluation.card.drawings import drawings, figure
from trending.evaluation.card.findings import fairness, limits, p_text, pass_interval
from trending.evaluation.card.metadata import card_metadata
from trending.evaluation.card.origin import origin_lines
from trending.evaluation.card.run import RunFacts, find_run, log_card
from trending.evaluation.record import EvaluationRecord
from trending.models.bundle import Manifest, read_manifest
from trending.quality.card import CardPaths
from trending.quality.page import render
from trending.settings import Settings

TEMPLATES = Path(__file__).parent / "templates"
CONFUSIONS_SHOWN = 6
FAILURES_SHOWN = 3
EXAMPLES_SHOWN = 5


def write_card(settings: Settings, record: EvaluationRecord, *, folder: Path) -> CardPaths:
    """Write `model_card.md` and `model_card.html` into `folder`, which is the record's own, and add both, and the
    record if it lies there, to the artifacts of the bundle's run.

    Nothing is logged where the tracking server knows no run of the bundle; the card says so. Raises `BundleError`
    where the bundle of the record is gone or is no longer the one that was evaluated.
    """
    bundle = Path(record.subject.bundle)
    manifest, digest = read_manifest(bundle)
    if digest != record.subject.digest:
        raise BundleError(
            f"{bundle}: not the bundle that was evaluated (manifest {digest[:12]}, in the record "
            f"{record.subject.digest[:12]}). Evaluate it again."
        )
    run = find_run(settings, record.subject)
    data = read_data_facts(settings, record.subject.trained_on)
    paths = CardPaths(markdown=folder / "model_card.md", html=folder / "model_card.html")
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in zip(
        (paths.markdown, paths.html), render_card(record, manifest, run, data), strict=True
    ):
        path.write_text(text, encoding="utf-8")
    if run:
        kept = folder / RECORD_FILE
        log_card(settings, run.run_id, [paths.markdown, paths.html, *([kept] if kept.is_file() else [])])
    return paths


def render_card(
    record: EvaluationRecord, manifest: Manifest, run: RunFacts | None, data: DataFacts | None
) -> tuple[str, str]:
    """The card as Markdown and as HTML. The same arguments make the same card."""
    context = _context(record, manifest, run, data)
    metadata = card_metadata(record, manifest, data, names=telling.score_names())
    return (
        render("model_card.md", folder=TEMPLATES, metadata=metadata, **context),
        render("model_card.html", folder=TEMPLATES, **context),
    )


def _context(
    record: EvaluationRecord, manifest: Manifest, run: RunFacts | None, data: DataFacts | None
) -> dict[str, Any]:
    version = record.subject.version or (run.version if run else None)
    plotted = drawings(record)
    found = fairness(record)
    tried = [row for row in record.robustness if row.cases]
    parts = {**plotted, "robustness": tried, "fairness": found, "cost": record.cost, "run": run, "data": data}
    return {
        "record": record,
        "subject": record.subject,
        "origin": origin_lines(record, manifest, run, data),
        "heading": telling.heading(record, version),
        "lede": telling.lede(record),
        "scores": telling.score_lines(record),
        "plots": plotted,
        "genres": sorted(record.genres, key=lambda row: -row.f1),
        "confusions": record.confusions[:CONFUSIONS_SHOWN],
        "changes_tried": sorted(tried, key=lambda row: row.pass_rate),
        "fairness": found,
        "limits": limits(record, manifest),
        "deletion_verdict": telling.deletion_verdict(record.explanations),
        "examples": list((record.explanations or {}).get("examples") or ())[:EXAMPLES_SHOWN],
        "left_out": telling.left_out(record, parts),
        "prose": prose,
        "failures_shown": FAILURES_SHOWN,
        "figure": figure,
        "pass_interval": pass_interval,
        "p_text": p_text,
    }
