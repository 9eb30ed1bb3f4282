"""`trending compare`: tables for a person, one JSON object for a machine, both with the verdict."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jobs.__main__ import main
from tests.evaluation.small_catalog import save_linear, two_platforms
from trending.settings import Settings


@pytest.fixture
def words(settings: Settings) -> list[str]:
    """Two bundles that are the same model."""
    two_platforms(settings)
    folders = [settings.bundles_dir / name for name in ("one", "other")]
    for folder in folders:
        save_linear(settings, folder)
    return list(map(str, folders))


def test_the_table_and_the_json_tell_the_same_verdict(
    capsys: pytest.CaptureFixture[str], settings: Settings, words: list[str]
) -> None:
    told = []
    for more in ([], ["--json"]):
        with pytest.raises(SystemExit) as stop:
            main(["compare", *words, "--no-cost", "--home", str(settings.home), *more])
        assert not stop.value.code
        told.append(capsys.readouterr().out)
    table, line = told
    found = json.loads(line)
    assert found["verdict"].startswith("No clear difference in quality between linear")
    assert found["verdict"].split(" (")[0] in table
    assert {"macro-F1", "Comedy", "platform=Netflix"} <= set(table.split())
    assert Path(found["a"]["bundle"]) == Path(words[0])
    assert found["a"]["cost"] is None
