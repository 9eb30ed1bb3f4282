"""Incremental retraining: a champion's trees go on growing on titles that it has not seen."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trending.catalog.splits import rare_genre_weights
from trending.errors import TrainingError
from trending.features.documents import DocumentSet, load_documents
from trending.features.embeddings import embed_documents, weights_digest
from trending.features.encoders import encoder_folder
from trending.models.bundle import Manifest, load_bundle, read_manifest
from trending.models.registry import resolve_model
from trending.models.xgboost_model import ENCODER, XGBoostModel
from trending.progress import Report, silent
from trending.settings import Settings
from trending.training.run import TrainingRun
from trending.training.xgboost.boosting import Rows, boost


def resolve_parent(settings: Settings, word: str, documents: DocumentSet, *, time_split: bool) -> Path:
    """The bundle folder of the model that `word` means, where a training on these documents can go on from it.

    Raises `TrainingError` where its features would not mean the same, `RegistryError` or `BundleError` where
    there is no such bundle.
    """
    folder = resolve_model(settings, word).folder
    manifest, _ = read_manifest(folder)
    if manifest.model != XGBoostModel.name:
        raise TrainingError(f"{word!r} is a {manifest.model} model. Only xgboost goes on from a champion.")
    for what, there, here in _conditions(settings, folder, manifest, documents, time_split=time_split):
        if there != here:
            raise TrainingError(
                f"{word!r} cannot be gone on from: its {what} is {there}, that of this training {here}. Use its "
                "settings, or train anew."
            )
    return folder


def fit_further(
    documents: DocumentSet, settings: Settings, run: TrainingRun, *, report: Report = silent
) -> XGBoostModel:
    """The model of the bundle `run.warm_start` with more trees, where those make validation better.

    The encoder and the first stage stay the champion's, or its trees would split on numbers that mean something
    else. On titles that the champion learnt from, that first stage looks far better than it is; so the new trees
    grow on the other training titles alone, and what the old ones taught is in the trees that are there. Titles
    whose work was in the champion's training are left out, whatever has changed in them since.

    Ray must be running. Raises `TrainingError` where no training title is new.
    """
    assert run.warm_start is not None
    parent = load_bundle(Path(run.warm_start))
    assert isinstance(parent.model, XGBoostModel)
    new = unseen(documents, parent.manifest, settings)
    validation = documents.subset("validation")
    embeddings = embed_documents(
        new.documents + validation.documents, settings, folder=parent.folder / ENCODER, report=report
    )
    known, held = embeddings[: len(new.documents)], embeddings[len(new.documents) :]
    report(f"XGBoost goes on with {len(known):,} new titles")
    stage = parent.model.first_stage
    booster = boost(
        Rows(
            stage.features(new.documents, known),
            new.labels,
            rare_genre_weights(new.genre_lists(), strength=settings.train.balance),
        ),
        Rows(stage.features(validation.documents, held), validation.labels, np.ones(len(held), np.float32)),
        settings.train,
        run.folder,
        start=parent.model.booster,
    )
    return XGBoostModel(stage, parent.model.encoder, booster, parent=parent.digest)


def unseen(documents: DocumentSet, manifest: Manifest, settings: Settings) -> DocumentSet:
    """The training titles whose works were not among those that the model of this manifest learnt from.

    Raises `TrainingError` where there are hardly any, or where it learnt from what is held out now.
    """
    before = load_documents(settings, manifest.snapshot_id, time_split=manifest.time_split)
    seen = set(before.subset("train").title_keys)
    new = np.array([key not in seen for key in documents.title_keys], bool)
    if leaked := int((~new & (documents.splits != "train")).sum()):
        raise TrainingError(
            f"{leaked} title(s) that are held out in snapshot {documents.snapshot_id} were training titles of the "
            f"champion (snapshot {manifest.snapshot_id}): the splits have changed. Train anew."
        )
    found = documents.take(np.flatnonzero(new & (documents.splits == "train")))
    if len(found.documents) < settings.train.xgboost.num_workers:
        raise TrainingError(
            f"{len(found.documents)} training title(s) of snapshot {documents.snapshot_id} are new to the champion "
            f"(snapshot {manifest.snapshot_id}): too few to go on with. Ingest more titles, or train anew."
        )
    return found


def _conditions(
    settings: Settings, folder: Path, manifest: Manifest, documents: DocumentSet, *, time_split: bool
) -> list[tuple[str, object, object]]:
    """What must be equal: its name, the champion's value, that of the training."""
    wanted = settings.train
    encoder = encoder_folder(wanted.embedding.model)
    return [
        ("list of genres", list(manifest.genres), list(documents.genres)),
        ("number of reviews in a document", manifest.max_reviews, wanted.document.max_reviews),
        ("split by time", manifest.time_split, time_split),
        ("encoder (by its weights)", weights_digest(folder / ENCODER), weights_digest(encoder)),
        ("limit of the encoder's tokens", manifest.state["max_tokens"], wanted.embedding.max_tokens),
        ("backend", "native", wanted.xgboost.backend),
    ]
