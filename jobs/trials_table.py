"""The trials of a search before the eyes of a person: a table that moves, or a line for each that is done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.live import Live
from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

    from tune.study import Study
    from tune.trials import Trial

SHOWN = 20
"""Rows of the moving table: trials under way, then those that ended last."""
STYLES = {"running": "bold", "paused": "dim", "complete": "green", "stopped early": "yellow", "failed": "red"}


class TrialsTable:
    """`show` is a `tune.recorder.Watch`."""

    def __init__(self, console: Console, study: Study) -> None:
        self._console, self._study = console, study
        self._trials: dict[int, Trial] = {}
        self._live = Live(console=console, refresh_per_second=4, transient=True)

    def __enter__(self) -> TrialsTable:
        return self

    def __exit__(self, kind: object, error: object, trace: object) -> None:
        if self._console.is_terminal:
            self._live.stop()
            if self._trials:
                self._console.print(self._table(list(self._trials.values())))

    def show(self, trial: Trial) -> None:
        """A trial has changed."""
        self._trials[trial.number] = trial
        if self._console.is_terminal:
            self._live.start()
            self._live.update(self._table(self._latest()))
        elif trial.done:
            self._console.print(self._line(trial))

    def _latest(self) -> list[Trial]:
        done = [trial for trial in self._trials.values() if trial.done]
        under_way = [trial for trial in self._trials.values() if not trial.done]
        room = max(0, SHOWN - len(under_way))
        return sorted(under_way + done[len(done) - min(room, len(done)) :], key=lambda trial: trial.number)

    def _table(self, trials: list[Trial]) -> Table:
        names = list(trials[0].values) if trials else []
        done = sum(trial.done for trial in self._trials.values())
        table = Table(
            box=None,
            header_style="bold",
            pad_edge=False,
            title=f"{self._study.name}: {done} of {self._study.trials} trials done here",
            title_justify="left",
        )
        for column in ("trial", "state", "step", "best", *(name.rpartition(".")[2] for name in names)):
            table.add_column(column, justify="left" if column == "state" else "right")
        for trial in trials:
            values = [_short(trial.values[name]) for name in names]
            table.add_row(
                str(trial.number),
                trial.state,
                str(trial.step),
                _short(trial.value),
                *values,
                style=STYLES[trial.state],
            )
        return table

    def _line(self, trial: Trial) -> str:
        if trial.error:
            return f"  trial {trial.number} [red]failed[/red]: {trial.error}"
        values = ", ".join(
            f"{name.rpartition('.')[2]} {_short(value)}" for name, value in trial.values.items()
        )
        style = STYLES[trial.state]
        return (
            f"  trial {trial.number} [{style}]{trial.state}[/{style}] at {trial.step}: "
            f"{_short(trial.value)} [dim]{values}[/dim]"
        )


def _short(value: object) -> str:
    if value is None:
        return ""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
