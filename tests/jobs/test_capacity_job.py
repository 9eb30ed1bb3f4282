"""`trending capacity`: the table for a person, the figures for a machine, wrong words named."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["capacity", *words])
    out, err = capsys.readouterr()
    return (stop.value.code if isinstance(stop.value.code, int) else int(bool(stop.value.code))), out, err


def test_the_table_names_stages_sums_assumptions_gaps_and_checks(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "--titles", "100M", "--qps", "5k")
    assert code == 0
    assert all(word in out for word in ("ingest", "embedding", "BERT", "XGBoost", "enrichment", "serving"))
    assert all(word in out for word in ("Once:", "Assumed", "Not on record", "Checked against", "as assumed"))
    assert max(map(len, out.partition("Once:")[0].splitlines())) <= 140


def test_the_figures_are_one_json_object(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    prices = tmp_path / "prices.yaml"
    prices.write_text(
        "{name: mine, date: now, source: me, currency: EUR, core_hour: 1, gpu_hour: 0, storage_gb_month: 0}"
    )
    code, out, _ = run(capsys, "--titles", "1.8M", "--qps", "60", "--prices", str(prices), "--json")
    assert code == 0
    found = json.loads(out.splitlines()[-1])
    assert found["demand"]["titles"] == 1_800_000
    [serving] = [one for one in found["stages"] if one["name"] == "serving"]
    assert (serving["cores"], serving["cost"]) == (6, 6 * 730)
    assert found["monthly_cost"] == serving["cost"]
    assert found["assumptions"]
    assert all(one["holds"] for one in found["checks"])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--titles", "many"), "--titles 'many'"),
        (("--titles", "1M", "--efficiency", "2"), "efficiency"),
        (("--titles", "1M", "--prices", "nowhere.yaml"), "nowhere.yaml"),
    ],
)
def test_wrong_words_are_named(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], message: str
) -> None:
    code, _, err = run(capsys, *words)
    assert code == 1
    assert message in err
