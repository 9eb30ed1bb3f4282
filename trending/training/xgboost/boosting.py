"""Boosting across workers with Ray Train."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.errors import TrainingError
from trending.planning.workers import computes_on, xgboost_workers
from trending.settings import TrainSettings
from trending.training.ray_train import gpus_for, run_config, run_to_end, scaling_config
from trending.training.xgboost.loop import read_checkpoint, train_loop
from trending.training.xgboost.rows import RowFiles, Rows, stage
from trending.training.xgboost.xgboost_ray_backend import boost_by_package

if TYPE_CHECKING:
    import xgboost
    from ray.train import UserCallback


def boost(
    train: Rows | RowFiles,
    validation: Rows | RowFiles,
    settings: TrainSettings,
    folder: Path,
    *,
    start: xgboost.Booster | None = None,
    callbacks: Sequence[UserCallback] = (),
    loop: Callable[[Any], None] = train_loop,
) -> xgboost.Booster:
    """The booster up to its best round on validation. Each worker boosts on its own part of the rows.

    Ray must be running. Checkpoints are kept in `folder`; if there are any, boosting goes on from the last, and
    ends with the trees that it would have ended with. Rows in memory are written there too: workers read files.
    `start` is a booster to go on from: its trees stay, and `settings.xgboost.rounds` more at the most are grown
    on these rows. Where none makes validation better, it is given back as it was.

    Raises `TrainingError` where there are fewer files than workers, or no GPU for each of them.
    """
    from ray.train.xgboost import XGBoostTrainer

    chosen = settings.xgboost
    if chosen.backend == "xgboost_ray":
        if start or callbacks:
            raise TrainingError("The backend xgboost_ray neither goes on from a booster nor reports rounds.")
        return boost_by_package(train, validation, settings)
    workers = chosen.num_workers
    use_gpu = gpus_for(chosen.device, workers)
    trainer = XGBoostTrainer(
        loop,
        train_loop_config={
            "settings": chosen,
            "seed": settings.seed,
            "device": computes_on(chosen.device, gpu=use_gpu),
            "train": _files(train, folder / "rows" / "train", workers),
            "validation": _files(validation, folder / "rows" / "validation", workers),
            "start": bytes(start.save_raw("ubj")) if start else None,
        },
        scaling_config=scaling_config(xgboost_workers(chosen, gpu=use_gpu)),
        run_config=run_config(folder, callbacks=callbacks),
    )
    checkpoint = run_to_end(trainer).checkpoint
    assert checkpoint is not None
    saved, state = read_checkpoint(Path(checkpoint.path))
    return state.best_of(_booster(saved))


def _files(rows: Rows | RowFiles, folder: Path, workers: int) -> RowFiles:
    files = stage(rows, folder, workers) if isinstance(rows, Rows) else rows
    if len(files.paths) < workers:
        raise TrainingError(
            f"{len(files.paths)} file(s) of rows cannot be shared by {workers} workers: {files.paths[0]} and so "
            "on. Write the rows into more files, or set train.xgboost.num_workers lower."
        )
    return files


def _booster(saved: bytearray) -> xgboost.Booster:
    import xgboost

    return xgboost.Booster(model_file=saved)
