from __future__ import annotations

from pathlib import Path

import pytest

from jobs.__main__ import main
from jobs.train import with_backend
from trending.settings import Settings


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["xgboost", "--resume", "abcdef"], "names no single unfinished training"),
        (["xgboost", "--resume", "abcdef", "--warm-start", "champion"], "has its start already"),
    ],
)
def test_what_cannot_be_gone_on_from_is_an_error_that_says_why(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: list[str], message: str
) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["train", *words, "--home", str(tmp_path)])
    assert stop.value.code == 1
    assert message in capsys.readouterr().err


def test_a_backend_is_a_setting_and_leaves_the_others_alone(settings: Settings) -> None:
    chosen = with_backend(settings, "xgboost_ray")
    assert chosen.train.xgboost.backend == "xgboost_ray"
    assert with_backend(chosen, "native") == settings
