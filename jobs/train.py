"""`trending train`: one snapshot into an MLflow run and a model bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from jobs.console import DataOption, HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from trending.settings import Settings
    from trending.training.train import TrainResult

ModelArgument = Annotated[
    str, typer.Argument(help="`prior`, `keyword`, `linear`, `xgboost`, `bert` or `blend`.")
]
AliasOption = Annotated[
    str | None,
    typer.Option("--alias", help="Give the new version this registry alias, for example `champion`."),
]
TimeSplitOption = Annotated[
    bool, typer.Option("--time-split", help="Train on earlier additions, validate and test on later ones.")
]
ResumeOption = Annotated[
    str | None,
    typer.Option("--resume", help="Go on with an interrupted training: its run id, or the beginning."),
]
WarmStartOption = Annotated[
    str | None,
    typer.Option(
        "--warm-start", help="Go on from this model (alias, version, run or bundle) with new titles. xgboost."
    ),
]
Backend = Literal["native", "xgboost_ray"]
BackendOption = Annotated[
    Backend | None,
    typer.Option("--backend", help="Of xgboost: `native` (Ray Train) or `xgboost_ray` (the older package)."),
]
WorkersOption = Annotated[
    int | None,
    typer.Option("--workers", min=1, help="Data-parallel workers of bert, also for a resumed training."),
]
PANEL = "Diagnostics of bert, instead of a training"
OverfitOption = Annotated[
    bool,
    typer.Option("--overfit-batch", help="Can it learn one batch by heart?", rich_help_panel=PANEL),
]
FindRateOption = Annotated[
    bool, typer.Option("--find-lr", help="Try rising learning rates, suggest one.", rich_help_panel=PANEL)
]
ReplayOption = Annotated[
    Path | None,
    typer.Option(
        "--replay",
        help="Run the batch again at which a training's loss stopped being a number: the run's folder.",
        rich_help_panel=PANEL,
    ),
]


def train(
    model: ModelArgument,
    data: DataOption = "latest",
    alias: AliasOption = None,
    time_split: TimeSplitOption = False,
    resume: ResumeOption = None,
    warm_start: WarmStartOption = None,
    backend: BackendOption = None,
    workers: WorkersOption = None,
    overfit_batch: OverfitOption = False,
    find_lr: FindRateOption = False,
    replay: ReplayOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Train a genre model, tune its thresholds on validation, test it, bundle it, register it.

    `linear` is TF-IDF and logistic regression; `xgboost` is boosted trees over MiniLM embeddings and
    out-of-fold linear scores; `bert` is the encoder fine-tuned with DeepSpeed, both trained by Ray Train across
    workers; `blend` weighs registered models. What was interrupted goes on with `--resume RUN`.
    """
    from trending.training.train import train as run_training

    output = open_output(as_json=json, home=home, settings_file=settings)
    if overfit_batch or find_lr or replay:
        output.result(_diagnose(output, model, data, overfit_batch=overfit_batch, replay=replay))
        return
    chosen = with_backend(output.settings, backend) if backend else output.settings
    with output.steps() as steps:
        result = run_training(
            model,
            chosen,
            snapshot=data,
            time_split=time_split,
            alias=alias,
            resume=resume,
            warm_start=warm_start,
            workers=workers,
            report=steps,
        )
    print_training(output, result)
    output.result(result.as_json())


def _diagnose(
    output: Output, model: str, data: str, *, overfit_batch: bool, replay: Path | None
) -> dict[str, Any]:
    from jobs.diagnose import FIND_LR, OVERFIT_BATCH, diagnose, replay_batch
    from trending.errors import TrainingError

    if model != "bert":
        raise TrainingError(f"These checks are of bert, not of {model}.")
    if replay:
        return replay_batch(output, replay)
    return diagnose(output, OVERFIT_BATCH if overfit_batch else FIND_LR, snapshot=data)


def with_backend(settings: Settings, backend: Backend) -> Settings:
    """The same settings with XGBoost trained by another backend."""
    boosting = settings.train.xgboost.model_copy(update={"backend": backend})
    return settings.model_copy(update={"train": settings.train.model_copy(update={"xgboost": boosting})})


def print_training(output: Output, result: TrainResult) -> None:
    """The figures of a training, for a person."""
    figures = result.as_json()
    test = figures["test"]
    say = output.console.print
    say(
        f"\n[bold]{figures['model']}[/bold] on snapshot {figures['snapshot_id']}: "
        f"test micro-F1 {test['micro_f1']:.3f}, macro-F1 {test['macro_f1']:.3f}, mAP {test['map']:.3f} "
        f"in {figures['seconds']:.0f} s"
    )
    say(f"Run {figures['run_id']}")
    say(f"Bundle: {figures['bundle']}", soft_wrap=True)
