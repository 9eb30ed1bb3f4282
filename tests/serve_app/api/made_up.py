"""Made-up titles, probabilities and enrichments: each a function of its number or its text, always the same."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import Any

import numpy as np

from serve_app.contracts import TitleDetail, TitleSummary
from trending.catalog.taxonomy import load_taxonomy
from trending.enrichment.schema import Enrichment, EnrichmentInput

GENRES = tuple(load_taxonomy().genres)
PLATFORMS = ("netflix", "prime", "disney", "hulu")
TAGS = (
    "slow burn",
    "feel-good",
    "gritty",
    "mind-bending",
    "cosy",
    "tear-jerker",
    "edge of your seat",
    "quirky",
)
ADJECTIVES = (
    "Silent",
    "Crimson",
    "Last",
    "Hidden",
    "Golden",
    "Broken",
    "Electric",
    "Paper",
    "Winter",
    "Distant",
)
NOUNS = ("Harbour", "Letter", "Orchard", "Signal", "Bridge", "Garden", "Witness", "Voyage", "Mirror", "Choir")
PLOT = "A {noun} keeps {name} awake: what began as a favour becomes a hunt through {place}, and nobody is innocent."
REVIEWS = (
    "A warm, patient film that trusts its actors. I loved every minute.",
    "Too long by half an hour, but the ending pays for it.",
    "Beautifully shot, badly written.",
)
SNAPSHOT = "7001"


@lru_cache(maxsize=2)
def fake_titles(count: int = 300) -> tuple[TitleDetail, ...]:
    """Titles whose every value is a function of their number."""
    return tuple(_title(n) for n in range(count))


def _title(n: int) -> TitleDetail:
    adjective, noun = ADJECTIVES[n % 10], NOUNS[n // 10 % 10]
    name = f"{adjective} {noun}" + (f" {n // 100 + 1}" if n >= 100 else "")
    scored = n % 7 != 3
    summary = TitleSummary(
        title_id=hashlib.blake2b(str(n).encode(), digest_size=16).hexdigest(),
        title=name,
        kind="show" if n % 3 == 0 else "movie",
        platform=PLATFORMS[n % 4],
        release_year=None if n % 29 == 0 else 1960 + n * 7 % 65,
        added_on=f"2026-{n % 12 + 1:02d}-{n % 28 + 1:02d}",
        genres=tuple(GENRES[(n * 5 + step * 3) % len(GENRES)] for step in range(n % 3 + 1)),
        vibe_score=round(1 + n * 37 % 91 / 10, 1) if scored else None,
        score_basis="llm+sentiment" if scored else "none",
        vibe_tags=tuple(TAGS[(n + step) % len(TAGS)] for step in range(n % 4)),
    )
    plot = PLOT.format(noun=noun.lower(), name=adjective, place=PLATFORMS[n % 4])
    return TitleDetail(
        summary=summary,
        plot=plot,
        countries=("France", "Japan") if n % 2 else ("Brazil",),
        language="en",
        reviews=REVIEWS if scored else (),
        ratings=(8.0, 6.0, 5.0) if scored else (),
        content_hash=hashlib.blake2b(plot.encode(), digest_size=8).hexdigest(),
        enrichment=fake_enrichment(EnrichmentInput(name, plot, REVIEWS, title_id=summary.title_id)).as_json()
        if scored
        else None,
    )


def fake_probabilities(document: str) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Probabilities `[genres]`: a function of the text alone."""
    seed = int.from_bytes(hashlib.blake2b(document.encode(), digest_size=8).digest())
    return np.random.default_rng(seed).beta(0.6, 2.0, len(GENRES)).astype(np.float32)


def fake_enrichment(title: EnrichmentInput) -> Enrichment:
    """What the chain would say."""
    probabilities = fake_probabilities(title.plot)
    order = np.argsort(probabilities)[::-1][:2]
    return Enrichment(
        title=title.title,
        title_id=title.title_id,
        genres=tuple(GENRES[place] for place in order),
        probabilities={g: float(p) for g, p in zip(GENRES, probabilities, strict=True)},
        genre_rung="bert",
        genre_version="3",
        llm_trust=0.0,
        summary="Viewers praise its patience and its pictures, and find it half an hour too long."
        if title.reviews
        else "",
        summary_rung="llm" if title.reviews else "none",
        vibe_score=7.3 if title.reviews else None,
        score_basis="llm+sentiment" if title.reviews else "none",
        vibe_tags=("slow burn", "gritty"),
        tag_rung="llm",
        llm_model="fake-llm-1",
        prompt_hashes={"summary": "0123456789ab"},
        prompt_tokens=120,
        completion_tokens=24,
        attempts=1,
        seconds=0.25,
    )
