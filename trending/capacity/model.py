"""The capacity model: cores, GPUs, hours, storage and money for each stage.

Each stage is work divided by a measured rate. Nothing is interpolated between sizes, and what was not measured is no
number but a gap that is named.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from trending.capacity.assumptions import (
    ANSWER_TOKENS,
    COLUMNS_OF_A_TREE,
    ENRICHMENT_BYTES,
    FEATURES,
    GENRES,
    HOURS_OF_A_MONTH,
    ROUNDS,
    assumptions,
)
from trending.capacity.demand import Demand
from trending.capacity.rates import Check, Prices, Rate, Rates

GB = 1e9


@dataclass(frozen=True)
class Stage:
    """One row of the table."""

    name: str
    work: float
    unit: str
    cores: int
    gpus: int
    hours: float
    """Wall-clock hours; of a service, those of a month."""
    cost: float
    """Of one run of the stage; of a service, a month."""
    storage_gb: float
    rate: str
    """Which measured rate it stands on; `given` where the rate is that of the person who asked."""
    note: str = ""
    counted: bool = True
    """False: another way to do a stage that is counted already."""


@dataclass(frozen=True)
class Checked:
    """What the model says of something that was measured."""

    what: str
    measured_s: float
    predicted_s: float
    tolerance: float
    page: str

    @property
    def off(self) -> float:
        """Predicted beside measured seconds: -0.07 is seven percent too few."""
        return self.predicted_s / self.measured_s - 1

    @property
    def holds(self) -> bool:
        """Within its tolerance."""
        return abs(self.off) <= self.tolerance


@dataclass(frozen=True)
class Capacity:
    """The whole answer."""

    demand: Demand
    stages: tuple[Stage, ...]
    prices: Prices
    assumptions: tuple[str, ...]
    not_on_record: tuple[str, ...]
    checks: tuple[Checked, ...]

    @property
    def batch_cost(self) -> float:
        """One run of all that is not a service."""
        return sum(stage.cost for stage in self.stages if stage.counted and stage.name != SERVING)

    @property
    def monthly_cost(self) -> float:
        """A month of the service, and of storage."""
        serving = sum(stage.cost for stage in self.stages if stage.name == SERVING)
        return serving + self.storage_gb * self.prices.storage_gb_month

    @property
    def storage_gb(self) -> float:
        """Of all stages."""
        return sum(stage.storage_gb for stage in self.stages if stage.counted)

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return {
            "demand": asdict(self.demand),
            "stages": [asdict(stage) for stage in self.stages],
            "batch_cost": self.batch_cost,
            "monthly_cost": self.monthly_cost,
            "storage_gb": self.storage_gb,
            "prices": self.prices.model_dump(),
            "assumptions": list(self.assumptions),
            "not_on_record": list(self.not_on_record),
            "checks": [asdict(one) | {"off": one.off, "holds": one.holds} for one in self.checks],
        }


SERVING = "serving"


def capacity(demand: Demand, rates: Rates, prices: Prices) -> Capacity:
    """What the demand needs at these rates, and costs at these prices."""
    return Capacity(
        demand=demand,
        stages=tuple(_stages(demand, rates, prices)),
        prices=prices,
        assumptions=assumptions(demand, rates),
        not_on_record=rates.not_on_record,
        checks=tuple(check(one, rates[one.rate]) for one in rates.checks),
    )


def check(one: Check, rate: Rate) -> Checked:
    """The seconds that the rate predicts, beside those that were measured."""
    predicted = rate.seconds_for(one.work, units=one.cores)
    return Checked(one.what, one.seconds, predicted, one.tolerance, one.page)


def _stages(demand: Demand, rates: Rates, prices: Prices) -> Iterator[Stage]:
    titles, learnt = demand.titles, demand.learnt_from
    reviews = titles * demand.reviews_per_title
    batch = _Batch(demand, rates, prices)
    a_row = {name: one.per_row for name, one in rates.storage.items()}
    stored = titles * a_row["title"] + reviews * a_row["review"]
    yield batch.stage("ingest", "ingest", titles + reviews, stored=stored)
    yield batch.stage("embedding", "embedding", titles, stored=titles * a_row["vector"])
    yield batch.stage("BERT on GPUs", "bert_gpu", learnt * demand.epochs, counted=demand.bert_on_gpus)
    yield batch.stage("BERT on CPUs", "bert_cpu", learnt * demand.epochs, counted=not demand.bert_on_gpus)
    yield batch.stage("XGBoost: out-of-fold scores", "oof", learnt)
    boosted = learnt * FEATURES * COLUMNS_OF_A_TREE * GENRES * ROUNDS
    binned = f"{learnt * FEATURES / GB:,.0f} GB of binned rows in the workers' memory, a byte a feature"
    yield batch.stage("XGBoost: boosting", "xgboost", boosted, note=binned)
    given = demand.llm_tokens_per_s is not None
    enriched = titles * ENRICHMENT_BYTES
    if demand.llm_tokens_per_s is not None:
        tokens = titles * ANSWER_TOKENS
        yield batch.given("enrichment, LLM on GPUs", tokens, demand.llm_tokens_per_s, stored=enriched)
    yield batch.stage(
        "enrichment, packaged LLM", "enrichment_cpu", titles, stored=enriched, counted=not given
    )
    yield batch.stage("enrichment, no LLM", "enrichment_without_llm", titles, stored=enriched, counted=False)
    if demand.qps:
        yield _serving(demand, rates["serving_cpu"], prices)


@dataclass(frozen=True)
class _Batch:
    """Stages that are done once, in the time that is allowed."""

    demand: Demand
    rates: Rates
    prices: Prices

    def stage(
        self, name: str, rate: str, work: float, *, stored: float = 0.0, counted: bool = True, note: str = ""
    ) -> Stage:
        measured = self.rates[rate]
        unit_hours = work / measured.per_second / 3600
        measured_on = measured.cores or measured.gpus
        if measured.spreads:
            units, hours = self._spread(unit_hours, measured_on)
        else:
            units, hours = measured_on, unit_hours / measured_on
            note = "one process" + (
                f": not done in {self.demand.hours:g} h" if hours > self.demand.hours else ""
            )
        cores, gpus = (units, 0) if measured.cores else (0, units)
        cost = hours * (cores * self.prices.core_hour + gpus * self.prices.gpu_hour)
        return Stage(name, work, measured.unit, cores, gpus, hours, cost, stored / GB, rate, note, counted)

    def given(self, name: str, tokens: float, tokens_per_s: float, *, stored: float) -> Stage:
        gpus, hours = self._spread(tokens / tokens_per_s / 3600, 1)
        cost = hours * gpus * self.prices.gpu_hour
        note = "rate given with --llm-tokens-per-s, not measured here"
        return Stage(name, tokens, "tokens of answers", 0, gpus, hours, cost, stored / GB, "given", note)

    def _spread(self, unit_hours: float, measured_on: int) -> tuple[int, float]:
        """Cores or GPUs, and wall-clock hours. Nothing is lost on as many as the rate was measured on."""
        demand = self.demand
        units = max(1, math.ceil(unit_hours / demand.hours / demand.efficiency - 1e-9))
        efficiency = demand.efficiency if units > measured_on else 1.0
        return units, unit_hours / units / efficiency


def _serving(demand: Demand, rate: Rate, prices: Prices) -> Stage:
    asked = demand.qps * (1 - demand.cache_hits)
    cores = max(rate.cores, math.ceil(asked / rate.per_second / demand.utilisation - 1e-9))
    cost = cores * HOURS_OF_A_MONTH * prices.core_hour
    note = f"a month at {demand.utilisation:.0%} of the cores at the peak"
    return Stage(
        SERVING, demand.qps, "titles a second", cores, 0, HOURS_OF_A_MONTH, cost, 0.0, "serving_cpu", note
    )
