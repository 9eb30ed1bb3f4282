"""What the capacity model takes for granted, as numbers and in words."""

from __future__ import annotations

from trending.capacity.demand import TRAIN_SHARE, Demand
from trending.capacity.rates import Rates

ENRICHMENT_BYTES = 1_000
GENRES = 16
FEATURES = 384 + GENRES
COLUMNS_OF_A_TREE = 0.5
"""`train.xgboost.colsample_bytree`."""
ROUNDS = 400
"""`train.xgboost.rounds`, with no early stop."""
ANSWER_TOKENS = 236
"""Of answers, a title: 7,076 for 30 titles of the sample."""
HOURS_OF_A_MONTH = 730


def assumptions(demand: Demand, rates: Rates) -> tuple[str, ...]:
    """In words, for the person who signs."""
    told = ", ".join(f"{one.per_row:,.0f} bytes a {name}" for name, one in rates.storage.items())
    learnt = f"{demand.learnt_from:,.0f} titles"
    return (
        "A rate holds at every size: work grows in proportion. Start-up (6 to 60 s a job) is left out.",
        f"Of a core's measured rate {demand.efficiency:.0%} is left on many machines. Not measured: distribution was "
        "tried on one machine only.",
        "A core is a vCPU like those of the measurements. Other work ran on them, so rates are rather low.",
        f"{demand.reviews_per_title:g} reviews a title, each cleaned at the rate of a title.",
        f"BERT and XGBoost learn from {learnt} (split: {TRAIN_SHARE:.0%}); BERT {demand.epochs} epochs with the "
        f"packaged MiniLM, two layers frozen; XGBoost {ROUNDS} rounds for {GENRES} genres over {FEATURES} features.",
        f"Every title is embedded and enriched once; {ANSWER_TOKENS} tokens of answers a title, as in the sample.",
        f"Stored: {told}, as measured; {ENRICHMENT_BYTES:,} bytes an enrichment, assumed. "
        "One copy; old snapshots are extra.",
        f"The service: one title a request, BERT on CPUs, {demand.cache_hits:.0%} of requests remembered, "
        f"{demand.utilisation:.0%} of the cores busy at the peak; no replica is kept for a zone that fails.",
        "Prices are of machines while they work: no traffic, no support, no people, no discount.",
    )
