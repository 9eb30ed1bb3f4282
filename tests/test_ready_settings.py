from __future__ import annotations

from pathlib import Path

import pytest

from trending.errors import SettingsError
from trending.settings import Settings, changed, load_settings, ready_settings


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


def test_values_by_themselves_win_over_the_file_section_by_section(tmp_path: Path) -> None:
    file = tmp_path / "settings.yaml"
    file.write_text("serve:\n  port: 8001\n  traffic:\n    weight: 0.2\n", encoding="utf-8")
    loaded = load_settings(file, values={"serve": {"traffic": {"shadow": 0.5}}, "llm": {"engine": "none"}})
    assert (loaded.serve.port, loaded.serve.traffic.weight, loaded.serve.traffic.shadow) == (8001, 0.2, 0.5)
    assert loaded.llm.engine == "none"
    with pytest.raises(SettingsError, match=r"serve\.traffic\.weight"):
        load_settings(file, values={"serve": {"traffic": {"weight": 2}}})


def test_options_change_some_values_and_are_checked() -> None:
    options = {"serve": {"port": 8002, "traffic": {"weight": 0.1}}, "llm": {"engine": "none"}}
    found = changed(Settings(serve={"host": "::1"}), options)  # type: ignore[arg-type]
    assert (found.serve.host, found.serve.port, found.serve.traffic.weight) == ("::1", 8002, 0.1)
    assert found.llm.engine == "none"
    with pytest.raises(SettingsError, match=r"options of llm[\s\S]*engine"):
        changed(Settings(), {"llm": {"engine": "gpt"}})
