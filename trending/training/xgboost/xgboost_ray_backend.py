"""The same boosting on the `xgboost_ray` package, for clusters that still have it.

The package stands still and needs an XGBoost of its time, so it runs in an environment of its own, which Ray builds
once a node with pip: minutes, and a package index. What comes back is bytes that any later XGBoost reads.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from trending.planning.workers import computes_on, xgboost_workers
from trending.settings import TrainSettings
from trending.training.ray_train import MAX_FAILURES, gpus_for
from trending.training.xgboost.loop import boosting_parameters
from trending.training.xgboost.rows import RowFiles, Rows

if TYPE_CHECKING:
    import xgboost

PACKAGES = ["xgboost_ray==0.1.19", "xgboost==2.0.3"]
"""0.1.19 is the last release; XGBoost 2.1 changed what it relies on."""


def boost_by_package(
    train: Rows | RowFiles, validation: Rows | RowFiles, settings: TrainSettings
) -> xgboost.Booster:
    """The booster up to its best round on validation, trained by `xgboost_ray`.

    It outlives lost workers by the package's own checkpoints, which are in memory: a killed job starts anew. The
    package loads rows in one place, so those in files are read together.
    """
    import ray
    import xgboost

    chosen = settings.xgboost
    workers = xgboost_workers(chosen, gpu=gpus_for(chosen.device, chosen.num_workers))
    order = {
        "parameters": boosting_parameters(chosen)
        | {
            "seed": settings.seed,
            "seed_per_iteration": True,
            "device": computes_on(chosen.device, gpu=workers.gpus > 0),
        },
        "rounds": chosen.rounds,
        "patience": chosen.early_stopping_rounds,
        "actors": workers.at_most,
        "cpus": math.ceil(workers.cpus),
        "gpus": workers.gpus,
        "restarts": MAX_FAILURES,
        "checkpoint_every": chosen.checkpoint_every,
    }
    # By value, so that the other environment needs nothing of this project; the task itself only waits.
    task = ray.remote(num_cpus=0, max_retries=0, runtime_env={"pip": PACKAGES})(_trainer())
    saved = ray.get(task.remote(order, _columns(train), _columns(validation)))
    return xgboost.Booster(model_file=bytearray(saved))


def _columns(rows: Rows | RowFiles) -> dict[str, np.ndarray]:
    """Arrays, which the other environment can read too."""
    batches = [rows] if isinstance(rows, Rows) else list(rows.batches())
    return {
        "features": np.concatenate([batch.features for batch in batches]),
        "labels": np.concatenate([batch.labels for batch in batches]).astype(np.float32),
        "weights": np.concatenate([batch.weights for batch in batches]),
    }


def _trainer() -> Any:
    def trained(order: dict[str, Any], train: dict[str, Any], validation: dict[str, Any]) -> bytes:
        """Runs in the other environment; the booster as UBJ."""
        import pandas as pd
        import xgboost_ray  # pyright: ignore[reportMissingImports]
        from xgboost_ray.data_sources.pandas import Pandas  # pyright: ignore[reportMissingImports]

        class ManyLabels(Pandas):
            """The package would make one column of the labels; XGBoost itself takes as many as there are."""

            @staticmethod
            def convert_to_series(data: Any) -> Any:
                return data if isinstance(data, pd.DataFrame) else Pandas.convert_to_series(data)

        def matrix(rows: dict[str, Any]) -> Any:
            features = pd.DataFrame(rows["features"])
            features.columns = [f"f{i}" for i in range(features.shape[1])]
            labels, weights = pd.DataFrame(rows["labels"]), pd.Series(rows["weights"])
            found = xgboost_ray.RayDMatrix(features, label=labels, weight=weights, distributed=False)
            found.loader.data_source = ManyLabels
            return found

        booster = xgboost_ray.train(
            order["parameters"],
            matrix(train),
            num_boost_round=order["rounds"],
            evals=[(matrix(validation), "validation")],
            early_stopping_rounds=order["patience"],
            verbose_eval=False,
            ray_params=xgboost_ray.RayParams(
                num_actors=order["actors"],
                cpus_per_actor=order["cpus"],
                gpus_per_actor=order["gpus"],
                max_actor_restarts=order["restarts"],
                checkpoint_frequency=order["checkpoint_every"],
            ),
        )
        best = booster[: booster.best_iteration + 1]
        best.feature_names = best.feature_types = None
        return bytes(best.save_raw("ubj"))

    return trained
