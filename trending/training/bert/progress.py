"""Where a fine-tuning stands. Travels in every checkpoint, as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from trending.settings import BertSettings

EPOCHS, PATIENCE, NON_FINITE = "epochs", "patience", "non-finite"


@dataclass
class Progress:
    """Counts of what is done, the best epoch, and the curves."""

    epoch: int = 0
    """Epochs finished."""
    batch: int = 0
    """Steps of the current epoch done."""
    step: int = 0
    """Steps done, over all epochs."""
    best_epoch: int = 0
    """The epoch, from 1, whose weights are kept; 0: none yet."""
    best_macro_f1: float = -1.0
    stopped: str = ""
    """Why the training is over: `epochs`, `patience`, `non-finite`; empty while it is not."""
    history: list[dict[str, float]] = field(default_factory=list)
    """Points of the curves: `step` and the metrics at it."""
    seconds: dict[str, float] = field(default_factory=dict)
    """Where the time of the first worker went: `data`, `steps`, `validation`, `checkpoints`."""

    def finish_epoch(self, macro_f1: float, settings: BertSettings) -> bool:
        """One more epoch is done, with this macro-F1 on validation; says whether it is the best so far."""
        self.epoch += 1
        self.batch = 0
        better = macro_f1 > self.best_macro_f1
        if better:
            self.best_epoch, self.best_macro_f1 = self.epoch, macro_f1
        if self.epoch >= settings.epochs:
            self.stopped = EPOCHS
        elif self.epoch - self.best_epoch >= settings.patience:
            self.stopped = PATIENCE
        return better

    def spend(self, what: str, seconds: float) -> None:
        """Add to where the time went."""
        self.seconds[what] = self.seconds.get(what, 0.0) + seconds

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)
