"""The blend: trained models, and how much each has to say."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from trending.errors import TrainingError
from trending.evaluation.predict import predict_known
from trending.features.documents import DocumentSet
from trending.models.base import Labels
from trending.models.blend import BlendModel, Member, member_logits
from trending.models.bundle import MODEL_CLASSES, load_bundle, read_manifest
from trending.models.calibrators import without_calibration
from trending.models.registry import Resolved, resolve_model, versions_of
from trending.progress import Report, silent
from trending.settings import BlendSettings, Settings
from trending.training.run import TrainingRun

Fitted = tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]
"""Weights `[members]` and biases `[genres]`."""


def fit_blend(
    documents: DocumentSet, settings: Settings, run: TrainingRun, *, report: Report = silent
) -> BlendModel:
    """Weigh the models that the settings name on validation titles.

    Weights and biases are fitted on the titles that also stopped the members and tune the thresholds: a few
    numbers from many titles, so the blend's validation score is only a little too good. It is not evidence that
    the blend beats its members: the test split is. Raises `TrainingError` for a member that was trained on other
    data, and `RegistryError` for one that there is not.
    """
    validation = documents.subset("validation")
    members, answers = [], []
    for word in settings.train.blend.members:
        report(f"Asking {word}")
        bundle = load_bundle(find_member(word, documents, settings, time_split=run.time_split).folder)
        model = without_calibration(bundle.model)  # the blend is calibrated as a whole
        members.append(Member(model, bundle.digest))
        answers.append(predict_known(model, validation.documents, settings, report=report))
    report(f"Weighing {len(members)} models")
    weights, biases = fit_weights(validation.labels, member_logits(answers), settings.train.blend)
    return BlendModel(members, weights=weights.tolist(), biases=biases.tolist())


def find_member(word: str, documents: DocumentSet, settings: Settings, *, time_split: bool) -> Resolved:
    """The bundle that `word` means as a member of a blend trained on these documents.

    Raises `TrainingError` saying in what it was trained differently, `RegistryError` where there is none.
    """
    if word not in MODEL_CLASSES:
        found = resolve_model(settings, word)
        other = _difference(found, documents, settings, time_split=time_split)
        if other:
            raise TrainingError(
                f"{word} cannot be a member of this blend: it was trained with {other}. Members have the same "
                "training titles; else what one has learnt is what the other is validated on."
            )
        return found
    others = []
    for found in versions_of(settings, word):
        other = _difference(found, documents, settings, time_split=time_split)
        if other is None:
            return found
        others.append(f"version {found.version} was trained with {other}")
    raise TrainingError(
        f"No registered {word} can be a member of this blend on snapshot {documents.snapshot_id}: "
        f"{'; '.join(others[:3]) or 'there is none'}. Run `trending train {word}` with the blend's data first."
    )


def fit_weights(truth: Labels, logits: npt.NDArray[np.float64], settings: BlendSettings) -> Fitted:
    """The weights, none negative, and biases with the least log loss; `logits` is `[members, n, genres]`.

    The loss is convex, so there is one answer. The penalty is on what differs from equal shares without bias.
    """
    from scipy.optimize import minimize
    from scipy.special import expit

    count, titles, genres = logits.shape
    start = np.concatenate([np.full(count, 1 / count), np.zeros(genres)])

    def loss(values: npt.NDArray[np.float64]) -> tuple[float, npt.NDArray[np.float64]]:
        blended = np.tensordot(values[:count], logits, axes=1) + values[count:]
        apart = values - start
        residual = expit(blended) - truth
        slope = np.concatenate([np.tensordot(logits, residual, axes=2), residual.sum(axis=0)])
        total = (np.logaddexp(0, blended) - truth * blended).sum() + settings.penalty / 2 * (apart @ apart)
        return float(total) / titles, (slope + settings.penalty * apart) / titles

    free = (None, None) if settings.genre_bias else (0, 0)
    bounds = [(0, None)] * count + [free] * genres
    found: Any = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 500})
    return found.x[:count], found.x[count:]


def _difference(
    member: Resolved, documents: DocumentSet, settings: Settings, *, time_split: bool
) -> str | None:
    """In what the member was trained differently, None where in nothing that matters."""
    manifest = read_manifest(member.folder)[0]
    compared: Sequence[tuple[str, object, object]] = (
        ("snapshot", manifest.snapshot_id, documents.snapshot_id),
        ("time split", manifest.time_split, time_split),
        ("reviews a document", manifest.max_reviews, settings.train.document.max_reviews),
        ("genres", manifest.genres, documents.genres),
    )
    different = [f"{what} {has} instead of {needed}" for what, has, needed in compared if has != needed]
    return different[0] if different else None
