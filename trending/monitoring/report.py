"""What a window showed, as one page that an on-call person reads in a minute, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trending.monitoring.drift import Drift, Signal
from trending.quality.page import render
from trending.settings import DriftSettings

TEMPLATES = Path(__file__).parent / "templates"
FAMILIES = (
    ("input", "The texts", "What comes in, beside the titles that the model was tried on."),
    ("answers", "The answers", "What the model makes of it. A genre is counted where the model gives it."),
    ("quality", "The labels", "How far the answers agree with what the titles are filed under."),
)
ADVICE = {
    "words": "Plots are longer or shorter: see whether a source cuts them off, or a field was mapped to another.",
    "unknown words": "Words that the model has not met: new subjects, another language, or text that broke on its way.",
    "empty": "Titles without a plot: a field of a source is empty or has another name.",
    "language": "Another language: the model reads English; leave the others out, or translate them.",
    "platform": "Another mix of platforms: look at the scores of that platform in the model's card before trusting it.",
    "kind": "Another mix of films and series.",
    "meaning": "The plots are about other things than those of the reference, whatever their words.",
    "confidence": "The model is surer, or less sure, than it was: where labels come, compare its score.",
    "entropy": "The answers are more, or less, spread over the genres.",
    "genres a title": "The model gives more, or fewer, genres to a title.",
    "agreement with labels": "The model is right less, or more, often: train on the new titles, let the gate decide.",
}


def write_drift_report(
    folder: Path, drift: Drift, *, settings: DriftSettings, told: Mapping[str, Any]
) -> Path:
    """`drift.json` and `drift.html` in a new folder; the page. `told`: `model`, `bundle`, `snapshot_id`, `window` (in
    words) and `at`."""
    folder.mkdir(parents=True, exist_ok=True)
    record = {**told, "settings": settings.model_dump(mode="json"), "drift": drift.as_json()}
    (folder / "drift.json").write_text(json.dumps(record, indent=1, default=str) + "\n", encoding="utf-8")
    page = folder / "drift.html"
    page.write_text(_page(drift, settings, told), encoding="utf-8")
    return page


def in_a_sentence(drift: Drift) -> str:
    """The verdict on a window."""
    if not drift.judged:
        return f"{drift.window_titles} titles are too few to judge."
    if not drift.alarms:
        return f"No drift: none of {len(drift.signals)} signals differs from the reference by more than its floor."
    names = ", ".join(one.name for one in drift.alarms[:4])
    more = f" and {len(drift.alarms) - 4} more" if len(drift.alarms) > 4 else ""
    return f"Drift: {names}{more}."


def _page(drift: Drift, settings: DriftSettings, told: Mapping[str, Any]) -> str:
    alarms = drift.alarms
    heading = "Drift" if alarms else "No drift" if drift.judged else "Too few titles to judge"
    rows = {
        family: [_row(one, settings) for one in drift.signals if one.family == family]
        for family, *_ in FAMILIES
    }
    return render(
        "drift.html",
        folder=TEMPLATES,
        drift=drift,
        told=told,
        heading=heading,
        lede=in_a_sentence(drift),
        alpha=settings.alpha,
        families=FAMILIES,
        rows=rows,
        advice=_advice(drift),
    )


def _advice(drift: Drift) -> list[str]:
    if not drift.alarms:
        return ["Nothing."] if drift.judged else ["Wait for more titles."]
    found = [ADVICE[one.name] for one in drift.alarms if one.name in ADVICE]
    genres = [one.name.removeprefix("genre ") for one in drift.alarms if one.name.startswith("genre ")]
    if genres:
        found.append(
            f"{', '.join(genres)}: given more, or less, often. Look at some of the titles: either there are more "
            "such titles, or the model has come to see them where they are not."
        )
    return found


def _row(signal: Signal, settings: DriftSettings) -> dict[str, Any]:
    shares = signal.name.startswith(("genre ", "empty")) or signal.name in ("language", "platform", "kind")
    text = (lambda value: f"{value:.1%}") if shares else (lambda value: f"{value:.3g}")
    return {
        **asdict(signal),
        "before_text": text(signal.before),
        "after_text": text(signal.after),
        "p_text": "< 0.001" if signal.p_value < 0.001 else f"{signal.p_value:.3f}",
        "sure": signal.p_value < settings.alpha,
    }
