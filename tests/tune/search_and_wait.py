"""Run as a program by `test_resuming.py`: a search that says how its trials go, until it is killed."""

from __future__ import annotations

import sys
from pathlib import Path

from trending.ray_session import ray_session
from tune.search import search_target
from tune.study import find_study
from tune.trials import Trial


def main(home: Path) -> None:
    """Go on with the study that is in `home`."""
    from tests.tune.searches import QuickTarget, quick_rows, quick_settings

    settings = quick_settings(home)
    study = find_study(settings, "quick", model="xgboost")

    def watch(trial: Trial) -> None:
        sys.stdout.write(f"trial {trial.number} {trial.state} at {trial.step}\n")
        sys.stdout.flush()

    with ray_session(settings):
        search_target(
            study,
            QuickTarget(),
            settings,
            prepare=lambda: quick_rows(study),
            max_concurrent=1,
            watch=watch,
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
