"""What every job shares at its edge: options, progress for a person, one JSON object for a machine."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, TextIO

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn
from rich.progress import TimeElapsedColumn as Elapsed

from jobs.metadata import TOLD, tell_dashboard
from trending.settings import Settings, load_settings

JsonOption = Annotated[
    bool, typer.Option("--json", help="Print exactly one JSON object as the last line of standard output.")
]
HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home", help="Folder of all state (else TRENDING_HOME, else .trending).", show_default=False
    ),
]
SettingsOption = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        help="YAML file of settings, or `small`, `bert-base-gpu`, `roberta-large-gpu`, `vllm-cpu`.",
        show_default=False,
    ),
]
DataOption = Annotated[
    str,
    typer.Option("--data", help="Snapshot: an id or its beginning, `latest`, `latest~1` (the one before)."),
]


_RESULTS: ContextVar[TextIO | None] = ContextVar("results", default=None)
"""Where results go while standard output is kept for them alone."""


@contextmanager
def only_results() -> Iterator[None]:
    """Whatever anybody prints meanwhile goes to standard error, but for results: Ray tells of a lost node when it
    likes, also after the last line."""
    token = _RESULTS.set(sys.stdout)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        _RESULTS.reset(token)


def write_result(payload: Mapping[str, Any]) -> None:
    """One JSON object on a line of standard output."""
    out = _RESULTS.get() or sys.stdout
    out.write(json.dumps(payload, ensure_ascii=False, default=str) + "\n")
    out.flush()


PIPED_WIDTH = 140
"""Columns of a table that goes into a file or a pipe, which has no width of its own."""


@dataclass
class Output:
    """Where a job writes: progress for a person, and one result.

    With `as_json` everything for people goes to standard error: standard output holds the result alone.
    """

    as_json: bool
    settings: Settings
    console: Console = field(init=False)

    def __post_init__(self) -> None:
        self.console = Console(stderr=self.as_json, highlight=False)
        if not self.console.is_terminal:
            self.console.width = PIPED_WIDTH

    @contextmanager
    def steps(self) -> Iterator[Steps]:
        """Progress lines, one a step: a moving bar on a terminal, a finished line elsewhere."""
        steps = Steps(self.console)
        try:
            with steps:
                yield steps
        finally:
            sys.stdout.flush()

    def result(self, payload: Mapping[str, Any]) -> None:
        """The job's result, for a machine; in a submitted job, what leads to what it made is in the dashboard, too."""
        tell_dashboard({name: payload.get(name) for name in TOLD})
        if self.as_json:
            write_result(payload)


class Steps:
    """The steps of a job. Call it as a `trending.progress.Report`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            Elapsed(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._message: str | None = None
        self._task: TaskID | None = None
        self._began = 0.0

    def __enter__(self) -> Steps:
        self._progress.start()
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        self._finish(ok=kind is None)
        self._progress.stop()

    def close(self) -> None:
        """The last step is done; what is printed now is not progress."""
        self._finish(ok=True)
        self._progress.stop()

    def __call__(self, message: str, /, done: int | None = None, total: int | None = None) -> None:
        """A step begins, or has come to `done` of `total`."""
        if message != self._message:
            self._finish(ok=True)
            self._message, self._began = message, time.perf_counter()
            self._task = self._progress.add_task(message, total=total)
        if self._task is not None and done is not None:
            self._progress.update(self._task, completed=done, total=total)

    def _finish(self, *, ok: bool) -> None:
        if self._message is None or self._task is None:
            return
        self._progress.remove_task(self._task)
        mark = "[green]✓[/green]" if ok else "[red]✗[/red]"
        seconds = time.perf_counter() - self._began
        self._console.print(f"  {mark} {self._message} [dim]{seconds:.1f} s[/dim]")
        self._message = self._task = None


def open_output(*, as_json: bool, home: Path | None, settings_file: Path | None) -> Output:
    """The output and the settings of one job."""
    output = Output(as_json=as_json, settings=load_settings(settings_file, home=home))
    tell_dashboard({"profile": output.settings.profile or "none"})
    return output
