"""What is asked of the platform: titles, requests, and how fast it must be done."""

from __future__ import annotations

from dataclasses import dataclass, fields

from trending.errors import CapacityError


@dataclass(frozen=True)
class Demand:
    """The inputs of the model. Raises `CapacityError` for one that is out of its bounds."""

    titles: float
    """Titles in the catalogue."""
    qps: float = 0.0
    """Titles a second that the service must classify at its peak."""
    hours: float = 24.0
    """Time in which each batch stage must be done."""
    reviews_per_title: float = 10.0
    """A billion reviews for a hundred million titles."""
    train_titles: float | None = None
    """Titles that BERT and XGBoost learn from. None: the training split, `TRAIN_SHARE` of all."""
    epochs: int = 4
    efficiency: float = 0.8
    """Share of the cores' measured rate that is left when work is spread over many machines."""
    utilisation: float = 0.6
    """Share of the cores that the service's peak may keep busy."""
    cache_hits: float = 0.0
    """Share of the requests that the gateway answers from what it remembers."""
    bert_on_gpus: bool = True
    llm_tokens_per_s: float | None = None
    """Tokens of answers a second of one GPU with the language model of your choice, as you measured it."""

    def __post_init__(self) -> None:
        for one in fields(self):
            value, (least, most) = getattr(self, one.name), BOUNDS.get(one.name, (None, None))
            if value is None or least is None or most is None:
                continue
            if not least <= value <= most:
                raise CapacityError(f"{one.name} is {value:g}, and must lie between {least:g} and {most:g}.")

    @property
    def learnt_from(self) -> float:
        """Titles that models are trained on."""
        split = TRAIN_SHARE * self.titles
        return split if self.train_titles is None else min(self.train_titles, split)


TRAIN_SHARE = 0.70
"""Of the titles, by the default of `split.train`."""
BOUNDS = {
    "titles": (1, 1e12),
    "qps": (0, 1e7),
    "hours": (0.1, 24 * 365),
    "reviews_per_title": (0, 1e5),
    "train_titles": (1, 1e12),
    "epochs": (1, 1000),
    "efficiency": (0.05, 1),
    "utilisation": (0.05, 1),
    "cache_hits": (0, 0.999),
    "llm_tokens_per_s": (0.1, 1e7),
}
