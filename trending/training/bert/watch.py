"""How far the workers are, for the person who waits: the first one leaves a note, the driver reads it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from trending.progress import Report

if TYPE_CHECKING:
    from trending.training.bert.job import Job
    from trending.training.bert.progress import Progress

NOTE = "now.json"
EVERY_S = 1.0


def leave_note(job: Job, progress: Progress, loss: float) -> None:
    """Say where the training is. A reader sees the old note or the new one, never half of one."""
    job.folder.mkdir(parents=True, exist_ok=True)
    draft = job.folder / f"{NOTE}.new"
    found = {
        "step": progress.step,
        "total": job.total_steps,
        "loss": loss,
        "best": progress.best_macro_f1 if progress.best_epoch else None,
    }
    draft.write_text(json.dumps(found), encoding="utf-8")
    draft.replace(job.folder / NOTE)


@contextmanager
def watching(folder: Path, message: str, report: Report) -> Iterator[None]:
    """Report the steps done of all steps, as the workers go on."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(EVERY_S):
            if note := _read(folder / NOTE):
                report(message, note["step"], note["total"])

    report(message)
    thread = threading.Thread(target=watch, daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _read(path: Path) -> dict | None:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):  # not there yet
        return None
