"""`trending monitor` on small catalogues: titles that come later, like those before and unlike them."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from jobs.__main__ import main
from tests.catalog.rows import titles
from tests.evaluation.small_catalog import WORDS, commit, save_linear, two_platforms
from trending.settings import Settings

pytestmark = pytest.mark.usefixtures("ray_cluster")

SETTINGS = "monitoring: {drift: {least_titles: 40, window_titles: 60}}\n"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = Settings(home=tmp_path_factory.mktemp("monitored"))
    two_platforms(settings, titles_each=60)
    save_linear(settings, settings.bundles_dir / "linear")
    (settings.root / "settings.yaml").write_text(SETTINGS, encoding="utf-8")
    return settings


def monitor(home: Settings, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    words = ["monitor", str(home.bundles_dir / "linear"), "--home", str(home.home)]
    with pytest.raises(SystemExit) as stop:
        main([*words, "--settings", str(home.root / "settings.yaml"), "--json"])
    out, err = capsys.readouterr()
    assert stop.value.code == 0, err
    return json.loads(out)


def later(count: int, start: str, *, plot: str, platform: str) -> pa.Table:
    """Titles of both genres that were added in 2024."""
    rows = []
    for number in range(count):
        genre = ("Comedy", "Horror")[number % 2]
        told = f"{plot} {WORDS[platform][genre]} {WORDS[platform][genre].split()[number % 3]}"
        rows.append(
            titles(
                f"{start} {number}",
                plot=told,
                genres=[genre],
                platform=platform,
                split="train",
                added_on=date(2024, 1, 1 + number % 28),
                kind="movie" if number % 3 else "show",
            )
        )
    return pa.concat_tables(rows)


def test_without_new_titles_nothing_is_judged(home: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    found = monitor(home, capsys)
    assert (found["judged"], found["window_titles"], found["alarms"]) == (False, 0, [])
    assert found["reference_titles"] == 120


def test_titles_of_one_platform_in_other_words_alarm_and_the_page_says_what_to_do(
    home: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    strange = later(80, "strange", plot="zebra quokka walrus " * 8, platform="Amazon")
    commit(home, strange)
    found = monitor(home, capsys)
    assert found["judged"]
    assert found["window_titles"] == 60
    assert {"words", "unknown words", "platform", "meaning"} <= set(found["alarms"])
    page = Path(found["report"]).read_text(encoding="utf-8")
    assert "<h1>Drift</h1>" in page
    assert "Words that the model has not met" in page
    kept = json.loads(Path(found["report"]).with_suffix(".json").read_text(encoding="utf-8"))
    assert kept["drift"]["alarms"] == found["alarms"]
    assert kept["settings"]["least_titles"] == 40
