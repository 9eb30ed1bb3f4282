"""What a trial leaves behind when it is paused, and what another may go on from: reports and a checkpoint."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

from tune.reports import Reports

INHERITED = "inherited"
LEFT, REPORTS, WEIGHTS = "left.json", "reports.jsonl", "weights"
TRIES = 3


def leave(folder: Path, number: int, told: int, reports: Reports, *, weights: bool) -> None:
    """Write into `folder` which trial this is and how many of its reports Tune has heard.

    With `weights` also its reports and its newest checkpoint, if it has one.
    """
    about = {"number": number, "told": told}
    (folder / LEFT).write_text(json.dumps(about), encoding="utf-8")
    if weights and reports.newest:
        _copy_newest(reports, folder / WEIGHTS)
        shutil.copyfile(reports.file, folder / REPORTS)


def left_by(folder: Path) -> tuple[int, int]:
    """Whose this is, and how many reports were heard."""
    about = json.loads((folder / LEFT).read_text(encoding="utf-8"))
    return about["number"], about["told"]


def inherit(folder: Path, reports: Reports, start: Path) -> None:
    """Put what another trial left in the place of this one's own: its reports, and at `start` its checkpoint."""
    shutil.rmtree(start, ignore_errors=True)
    shutil.copytree(folder / WEIGHTS, start)
    shutil.copyfile(folder / REPORTS, reports.file)


def _copy_newest(reports: Reports, target: Path) -> None:
    """The training goes on meanwhile, and may remove a checkpoint while it is copied: then there is a newer one."""
    for attempt in range(TRIES):
        newest = reports.newest
        assert newest is not None
        try:
            shutil.copytree(newest, target)
        except (OSError, shutil.Error):
            shutil.rmtree(target, ignore_errors=True)
            if attempt == TRIES - 1:
                raise
        else:
            return
