"""The capacity model says what was measured where it was measured, and names what was not."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from trending.capacity.demand import Demand
from trending.capacity.model import SERVING, Stage, capacity
from trending.capacity.rates import load_prices, load_rates
from trending.capacity.units import parse_amount, short
from trending.errors import CapacityError

DOCS = Path(__file__).resolve().parents[2] / "docs"
RATES, PRICES = load_rates(), load_prices()


def stage(name: str, demand: Demand) -> Stage:
    [found] = [one for one in capacity(demand, RATES, PRICES).stages if one.name == name]
    return found


@pytest.mark.parametrize("name", sorted(RATES.rates))
def test_at_the_size_and_on_the_cores_of_a_measurement_the_model_says_what_was_measured(name: str) -> None:
    rate = RATES[name]
    assert rate.seconds_for(rate.work, units=rate.cores or rate.gpus) == pytest.approx(
        rate.seconds, rel=0.001
    )


@pytest.mark.parametrize(
    ("name", "demand", "seconds"),
    [
        ("ingest", Demand(titles=1_800_000, reviews_per_title=0), 351.1),
        ("embedding", Demand(titles=17_569), 243),
        ("BERT on CPUs", Demand(titles=12_352 / 0.7), 2072),
        ("BERT on GPUs", Demand(titles=12_352 / 0.7), 64),
    ],
)
def test_a_stage_at_the_measured_scale_takes_the_measured_time(
    name: str, demand: Demand, seconds: float
) -> None:
    found = stage(name, replace(demand, hours=1))
    units = found.cores or found.gpus
    rate = RATES[found.rate]
    assert found.hours * 3600 * units == pytest.approx(seconds * (rate.cores or rate.gpus), rel=0.02)


def test_what_was_measured_elsewhere_is_told_within_its_tolerance() -> None:
    checks = capacity(Demand(titles=1e6), RATES, PRICES).checks
    assert len(checks) >= 4
    assert [f"{one.what}: off by {one.off:+.0%}" for one in checks if not one.holds] == []


def test_a_prediction_that_is_off_by_more_does_not_hold() -> None:
    from trending.capacity.model import check

    one = RATES.checks[0]
    assert not check(one.model_copy(update={"seconds": one.seconds * 2}), RATES[one.rate]).holds


def test_every_rate_stands_on_the_page_that_it_names() -> None:
    for one in (*RATES.rates.values(), *RATES.checks):
        name, _, anchor = one.page.partition("#")
        text = (DOCS / name).read_text(encoding="utf-8")
        heads = [
            re.sub(r"\W+", "-", head.lower()).strip("-") for head in re.findall(r"^#+ (.*)$", text, re.M)
        ]
        assert anchor in heads
        told = text.replace(",", "")
        if not one.what.startswith("POST") and "Serve's own proxy" not in one.what and "71 s" not in one.what:
            figures = (f"{one.seconds:g}", f"{one.work:g}", "29.1")
            assert any(re.search(rf"(?<![\d.]){re.escape(figure)}(?![\d.]\d)", told) for figure in figures), (
                one.what
            )


def test_twice_the_titles_are_twice_the_work_and_never_fewer_cores() -> None:
    for small, large in zip(
        capacity(Demand(titles=1e6, qps=100), RATES, PRICES).stages,
        capacity(Demand(titles=2e6, qps=200), RATES, PRICES).stages,
        strict=True,
    ):
        assert large.work == pytest.approx(2 * small.work)
        assert large.cores >= small.cores
        assert large.cost >= small.cost


def test_a_stage_that_spreads_is_done_in_the_time_that_is_allowed() -> None:
    for hours in (1.0, 24.0):
        found = capacity(Demand(titles=1e8, hours=hours), RATES, PRICES).stages
        late = [one.name for one in found if one.hours > hours * 1.000001]
        assert late == ["XGBoost: out-of-fold scores"]


def test_what_does_not_spread_says_that_it_will_be_late() -> None:
    assert "not done in 24 h" in stage("XGBoost: out-of-fold scores", Demand(titles=1e8)).note
    assert "not done" not in stage("XGBoost: out-of-fold scores", Demand(titles=1e6)).note


def test_the_service_needs_cores_for_its_peak_with_room_to_spare() -> None:
    found = stage(SERVING, Demand(titles=1, qps=5000, utilisation=0.6))
    assert found.cores == 463  # 5,000 / 18 a core / 0.6
    assert found.cost == pytest.approx(463 * 730 * PRICES.core_hour)
    assert stage(SERVING, Demand(titles=1, qps=5000, cache_hits=0.5)).cores == 232
    assert [one for one in capacity(Demand(titles=1), RATES, PRICES).stages if one.name == SERVING] == []


def test_one_way_to_do_a_stage_is_counted() -> None:
    found = capacity(Demand(titles=1e6), RATES, PRICES)
    assert found.batch_cost == pytest.approx(sum(one.cost for one in found.stages if one.counted))
    for demand, ways in (
        (Demand(titles=1e6), {"BERT on GPUs", "enrichment, packaged LLM"}),
        (
            Demand(titles=1e6, bert_on_gpus=False, llm_tokens_per_s=5000),
            {"BERT on CPUs", "enrichment, LLM on GPUs"},
        ),
    ):
        counted = {one.name for one in capacity(demand, RATES, PRICES).stages if one.counted}
        assert {name for name in counted if name.startswith(("BERT", "enrichment"))} == ways


def test_a_rate_that_is_not_on_record_is_used_only_where_it_is_given_and_says_so() -> None:
    names = [one.name for one in capacity(Demand(titles=1e6), RATES, PRICES).stages]
    assert "enrichment, LLM on GPUs" not in names
    given = stage("enrichment, LLM on GPUs", Demand(titles=1e6, hours=10, efficiency=1, llm_tokens_per_s=236))
    assert (given.rate, given.gpus) == ("given", 28)  # a title a second and GPU, 36,000 in ten hours
    assert "not measured here" in given.note


@pytest.mark.parametrize(
    ("word", "amount"),
    [
        ("100M", 1e8),
        ("1.8M", 1.8e6),
        ("5k", 5000),
        ("1B", 1e9),
        ("20_000", 20000),
        ("1,000", 1000),
        ("7", 7),
        ("2g", 2e9),
    ],
)
def test_amounts_are_read_as_people_write_them(word: str, amount: float) -> None:
    assert parse_amount(word, "--titles") == pytest.approx(amount)


@pytest.mark.parametrize("word", ["", "many", "-5", "1.8.2M", "5x", "M", "1e6", "nan"])
def test_what_is_no_amount_is_named(word: str) -> None:
    with pytest.raises(CapacityError, match="--titles"):
        parse_amount(word, "--titles")


def test_amounts_are_told_shortly() -> None:
    assert [short(one) for one in (1e8, 1.8e6, 5000, 36, 0)] == ["100M", "1.8M", "5k", "36", "0"]


@pytest.mark.parametrize(
    "wrong", [{"titles": 0}, {"efficiency": 0}, {"cache_hits": 1}, {"hours": -1}, {"epochs": 0}]
)
def test_a_demand_out_of_bounds_is_named(wrong: dict[str, float]) -> None:
    with pytest.raises(CapacityError, match=next(iter(wrong))):
        Demand(**{"titles": 1e6, **wrong})  # pyright: ignore[reportArgumentType]


def test_wrong_prices_are_named_with_their_file(tmp_path: Path) -> None:
    file = tmp_path / "prices.yaml"
    file.write_text(
        "name: mine\ndate: today\nsource: me\ncurrency: EUR\ncore_hour: -1\ngpu_hour: 2\nrent: 4\n"
    )
    with pytest.raises(CapacityError, match=r"prices\.yaml") as told:
        load_prices(file)
    assert all(word in str(told.value) for word in ("core_hour", "storage_gb_month", "rent"))
    with pytest.raises(CapacityError, match="cannot be read"):
        load_prices(tmp_path / "none.yaml")


def test_the_page_shows_what_the_model_says() -> None:
    page = (DOCS / "capacity.md").read_text(encoding="utf-8")
    rows = {
        cells[0]: cells
        for line in page.splitlines()
        if (cells := [c.strip() for c in line.strip("|").split("|")])
    }
    found = capacity(Demand(titles=1e8, qps=5000), RATES, PRICES)
    for one in found.stages:
        name = "serving, a month" if one.name == SERVING else one.name if one.counted else f"({one.name})"
        cores, gpus, hours, cost, stored = rows[name][2:]
        assert (cores, gpus) == tuple(f"{n:,}" if n else "" for n in (one.cores, one.gpus)), name
        assert float(hours) == pytest.approx(one.hours, abs=0.05), name
        assert (cost, stored) == (f"{one.cost:,.0f}", f"{one.storage_gb:,.0f}" if one.storage_gb else ""), (
            name
        )
    told = [line for line in page.splitlines() if re.search(r"\| \d+% \|$", line)]
    assert len(told) == len(found.checks)
    for line, one in zip(told, found.checks, strict=True):
        assert f"| {one.predicted_s:.1f} s | {one.off:+.0%} | {one.tolerance:.0%} |" in line
