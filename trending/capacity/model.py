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
    if given:
        yield batch.given("enrichment, LLM on GPUs", titles * ANSWER_TOKENS, stored=enriched)
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
        if not measured.spreads:
            hours, units = unit_hours / measured.cores, measured.cores
            note = (
                f"one process: not done in {self.demand.hours:g} h"
                if hours > self.demand.hours
                else "one process"
            )
            return self._row(name, rate, measured.unit, work, units, 0, hours, stored, counted, note)
        units = self._units(unit_hours)
        hours = unit_hours / units / self._efficiency(units, measured.cores or measured.gpus)
        cores, gpus = (units, 0) if measured.cores else (0, units)
        return self._row(name, rate, measured.unit, work, cores, gpus, hours, stored, counted, note)

    def given(self, name: str, tokens: float, *, stored: float) -> Stage:
        assert self.demand.llm_tokens_per_s is not None
        gpu_hours = tokens / self.demand.llm_tokens_per_s / 3600
        gpus = self._units(gpu_hours)
        hours = gpu_hours / gpus / self._efficiency(gpus, 1)
        note = "rate given with --llm-tokens-per-s, not measured here"
        return self._row(name, "given", "tokens of answers", tokens, 0, gpus, hours, stored, True, note)

    def _units(self, unit_hours: float) -> int:
        return max(1, math.ceil(unit_hours / self.demand.hours / self.demand.efficiency - 1e-9))

    def _efficiency(self, units: int, measured: int) -> float:
        """Nothing is lost on as many cores as the rate was measured on."""
        return self.demand.efficiency if units > measured else 1.0

    def _row(
        self,
        name: str,
        rate: str,
        unit: str,
        work: float,
        cores: int,
        gpus: int,
        hours: float,
        stored: float,
        counted: bool,
        note: str,
    ) -> Stage:
        cost = hours * (cores * self.prices.core_hour + gpus * self.prices.gpu_hour)
        return Stage(name, work, unit, cores, gpus, hours, cost, stored / GB, rate, note, counted)


def _serving(demand: Demand, rate: Rate, prices: Prices) -> Stage:
    asked = demand.qps * (1 - demand.cache_hits)
    cores = max(rate.cores, math.ceil(asked / rate.per_second / demand.utilisation - 1e-9))
    cost = cores * HOURS_OF_A_MONTH * prices.core_hour
    note = f"a month at {demand.utilisation:.0%} of the cores at the peak"
    return Stage(
        SERVING, demand.qps, "titles a second", cores, 0, HOURS_OF_A_MONTH, cost, 0.0, "serving_cpu", note
    )
