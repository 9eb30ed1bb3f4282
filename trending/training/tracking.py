"""What a training leaves in MLflow: settings, data, scores, plots, the bundle, a registered version."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from trending.evaluation.metrics import Scores
from trending.models.bundle import Bundle
from trending.models.pyfunc import PyfuncModel, input_example
from trending.models.registry import (
    BUNDLE_TAG,
    CODE_TAG,
    DIGEST_TAG,
    EXPERIMENT,
    MODEL_TAG,
    PROFILE_TAG,
    REGISTERED_MODEL,
    SNAPSHOT_TAG,
    open_client,
)
from trending.settings import Settings
from trending.training.importance import importances

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def training_run(
    settings: Settings,
    model: str,
    snapshot_id: int,
    revision: str,
    *,
    run_id: str | None = None,
    experiment: str = EXPERIMENT,
) -> Iterator[str]:
    """An MLflow run for the length of a training; yields its id. An error marks it failed.

    `run_id` is that of an interrupted training that goes on.
    """
    import mlflow

    found = experiment_id(settings, experiment)
    mlflow.set_tracking_uri(settings.mlflow_uri)
    tags = {MODEL_TAG: model, SNAPSHOT_TAG: str(snapshot_id), "mlflow.source.git.commit": revision}
    if settings.profile:
        tags[PROFILE_TAG] = settings.profile
    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with mlflow.start_run(run_id=run_id, experiment_id=found, run_name=model, tags=tags) as run:
        yield run.info.run_id


def experiment_id(settings: Settings, name: str) -> str:
    """Of the experiment of this name, which is made where there is none."""
    client = open_client(settings)
    if experiment := client.get_experiment_by_name(name):
        return experiment.experiment_id
    return client.create_experiment(name, artifact_location=_artifacts(settings))


def log_training(
    settings: Settings, bundle: Bundle, test: Scores, *, plots: Mapping[str, Any], seconds: float
) -> str:
    """Log everything about a finished training into the active run; returns the registered version."""
    import mlflow

    mlflow.set_tag(BUNDLE_TAG, str(bundle.folder))
    mlflow.log_params(_flat(bundle.manifest.settings))
    mlflow.log_metrics({f"validation_{name}": value for name, value in bundle.manifest.metrics.items()})
    mlflow.log_metrics({f"test_{name}": value for name, value in test.headline().items()})
    mlflow.log_metrics({f"genre_f1/{_metric_name(g.genre)}": g.f1 for g in test.genres})
    mlflow.log_metric("seconds", seconds)
    mlflow.log_params(_machine())
    for name, figure in plots.items():
        mlflow.log_figure(figure, f"plots/{name}.png")
    _log_calibration(bundle)
    _log_importances(bundle)
    _log_export(bundle)
    return _register(settings, bundle, _log_bundle(bundle))


def _log_calibration(bundle: Bundle) -> None:
    """How far off the probabilities of validation were, before and after: means over the genres."""
    import mlflow

    measured = (bundle.manifest.calibration or {}).get("measured", {})
    figures = {name: value for name, value in measured.items() if isinstance(value, float)}
    mlflow.log_metrics({f"calibration/{name}": value for name, value in figures.items()})


def _machine() -> dict[str, Any]:
    """What ran the training, as far as its energy depends on it: cores and memory of this machine, GPUs of the
    cluster."""
    import ray

    gpus = ray.cluster_resources().get("GPU", 0) if ray.is_initialized() else 0
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {"machine.cores": cores, "machine.memory_gib": round(memory, 1), "machine.gpus": int(gpus)}


def _log_importances(bundle: Bundle) -> None:
    """What boosted trees go by: as metrics, as a table, as a picture."""
    import mlflow

    if found := importances(bundle.model):
        mlflow.log_metrics({f"gain_share/{group}": share for group, share in found.groups.items()})
        mlflow.log_dict(found.as_json(), "importances.json")
        mlflow.log_figure(found.figure(), "plots/importances.png")


def _log_export(bundle: Bundle) -> None:
    """What a fine-tuned network lost on its way to a CPU's runtimes."""
    import mlflow

    if bundle.manifest.model == "bert":
        from trending.models.bert_model import BertModel
        from trending.training.bert.export import export_metrics

        assert isinstance(bundle.model, BertModel)
        mlflow.log_metrics(export_metrics(bundle.model.export))


def _log_bundle(bundle: Bundle) -> str:
    """The bundle as a logged model with a signature; returns its address."""
    import mlflow
    from mlflow.models import infer_signature

    example = input_example()
    with warnings.catch_warnings():
        # The signature is inferred here, so MLflow need not run the model on an example of its own.
        warnings.filterwarnings("ignore", message=".*input example was not provided.*")
        logged = mlflow.pyfunc.log_model(
            name="bundle",
            loader_module="trending.models.pyfunc",
            data_path=str(bundle.folder),
            signature=infer_signature(example, PyfuncModel(bundle).predict(example)),
            pip_requirements=["trending"],
        )
    return logged.model_uri


def _register(settings: Settings, bundle: Bundle, uri: str) -> str:
    import mlflow
    from mlflow.exceptions import MlflowException

    client = open_client(settings)
    run = mlflow.active_run()
    assert run is not None
    try:
        client.create_registered_model(REGISTERED_MODEL)
    except MlflowException as error:
        if error.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
    tags = {
        BUNDLE_TAG: str(bundle.folder),
        MODEL_TAG: bundle.manifest.model,
        DIGEST_TAG: bundle.digest,
        SNAPSHOT_TAG: str(bundle.manifest.snapshot_id),
        CODE_TAG: bundle.manifest.code_revision,
    }
    return str(client.create_model_version(REGISTERED_MODEL, uri, run.info.run_id, tags=tags).version)


def _artifacts(settings: Settings) -> str | None:
    return None if settings.tracking_uri else (settings.root / "artifacts").as_uri()


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Mapping):
            found |= _flat(value, f"{prefix}{name}.")
        else:
            found[prefix + name] = value
    return found


def _metric_name(genre: str) -> str:
    return genre.replace("&", "and")
