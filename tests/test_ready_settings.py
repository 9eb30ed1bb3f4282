from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SettingsError
from trending.settings import load_settings, ready_settings


@pytest.mark.parametrize("name", ready_settings())
def test_settings_that_ship_are_valid(name: str) -> None:
    bert = load_settings(Path(name)).train.bert
    assert (bert.device == "cuda") == (bert.precision == "bf16") == name.endswith("gpu")
    assert bert.most_workers > 1


def test_a_wrong_name_lists_those_that_ship() -> None:
    with pytest.raises(SettingsError, match=r"no-such.*bert-base-gpu, roberta-large-gpu, small"):
        load_settings(Path("no-such"))


def test_a_file_of_the_same_name_is_taken_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("bert-base-gpu").write_text("train: {bert: {epochs: 9}}", encoding="utf-8")
    assert load_settings(Path("bert-base-gpu")).train.bert.epochs == 9
