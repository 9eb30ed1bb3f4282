"""What each job asks of Ray, step by step: by the same functions, or of the same app, as the job itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from trending.errors import PlanError
from trending.planning.ask import Ask, Step
from trending.planning.cluster import Cluster
from trending.planning.workers import (
    bert_workers,
    embedding_actors,
    enrichment_actors,
    evaluation_actors,
    trials_that_fit,
    vllm_replicas,
    wants_gpu,
    xgboost_workers,
)
from trending.settings import Settings

DATA_TASKS = Ask("tasks of Ray Data", 1, None, cpus=1)
"""They read and cut what actors and workers are fed with, one CPU each, and take what is left."""
IN_PROCESS = ("prior", "keyword", "linear")
"""Models that are trained in the process of the job."""
Words = tuple[str, str | None]


def steps_of(job: str, model: str | None, settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """The steps of `trending JOB [MODEL]`. Raises `PlanError` for a job or a model that there is not."""
    plans = plans_by_job()
    if (job, model) in plans:
        return plans[job, model](settings, cluster)
    models = [one for name, one in plans if name == job and one]
    if not models and any(name == job for name, _ in plans):
        raise PlanError(f"{job} has no model to choose: `trending plan {job}`.")
    if models:
        raise PlanError(f"{job} {model or ''}: name the model: {', '.join(models)}.")
    known = ", ".join(dict.fromkeys(name for name, _ in plans))
    raise PlanError(f"{job}: nothing is planned for it. Jobs that ask something of the cluster: {known}.")


def plans_by_job() -> dict[Words, Callable[[Settings, Cluster], Sequence[Step]]]:
    """What there is a plan for."""
    return {
        ("ingest", None): lambda *_: ingest(),
        **{("train", model): lambda *_: () for model in IN_PROCESS},
        ("train", "xgboost"): train_xgboost,
        ("train", "bert"): train_bert,
        ("train", "blend"): train_blend,
        ("tune", "xgboost"): tune_xgboost,
        ("tune", "bert"): tune_bert,
        ("evaluate", None): evaluate,
        ("enrich", None): enrich,
        ("serve", None): serve,
    }


def ingest() -> Sequence[Step]:
    """Reading, cleaning and staging stream side by side; then the tables are written."""
    from trending.catalog.tables import WRITE_CPUS
    from trending.sources.reading import READ_CPUS

    reading = Ask("tasks that read", 1, None, cpus=READ_CPUS)
    staging = Ask("tasks that stage", 1, None, cpus=WRITE_CPUS)
    writing = Ask("tasks that write", 1, None, cpus=WRITE_CPUS)
    return (
        Step("Reading, cleaning", (reading, DATA_TASKS, staging)),
        Step("Writing tables", (DATA_TASKS, writing)),
    )


def train_bert(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """The workers, and Ray Data that feeds them."""
    return (Step("Fine-tuning", (_bert(settings, cluster), DATA_TASKS)),)


def train_xgboost(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Features, then the trees."""
    return (*_features(settings, cluster), Step("Boosting", (_xgboost(settings, cluster),)))


def train_blend(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Members answer in the process of the job, by kept embeddings or new ones."""
    return (_embedding(settings, cluster),)


def tune_xgboost(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Features once, then trials beside each other."""
    return (*_features(settings, cluster), Step("Trials", (_trials(_xgboost(settings, cluster), cluster),)))


def tune_bert(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Trials beside each other, each fed by Ray Data."""
    return (Step("Trials", (_trials(_bert(settings, cluster), cluster), DATA_TASKS)),)


def evaluate(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Embeddings that are not kept yet; answers of many titles by actors."""
    chosen = settings.evaluation
    actors = evaluation_actors(chosen, gpu=wants_gpu(chosen.device, 1, cluster.gpus))
    return (_embedding(settings, cluster), Step("Answers", (actors, DATA_TASKS)))


def enrich(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """Embeddings of what is new, then the actors, and vLLM beside them where it is the engine."""
    asks = [enrichment_actors(settings.enrichment), DATA_TASKS]
    if settings.llm.engine == "vllm":
        asks.append(vllm_replicas(settings.llm, settings.serve.llm))
    return (_embedding(settings, cluster), Step("Enrichment", asks))


def serve(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    """The deployments of the app as it would be composed, whichever of the fallbacks' kinds the champion is."""
    from jobs.plan_service import replicas

    return (Step("Service", replicas(settings, cluster)),)


def _features(settings: Settings, cluster: Cluster) -> Sequence[Step]:
    tasks = settings.train.xgboost.folds + 1
    fits = Ask("fits of the first stage", 1, tasks, cpus=1, settings="train.xgboost.folds")
    return (_embedding(settings, cluster), Step("Out-of-fold scores", (fits,)))


def _embedding(settings: Settings, cluster: Cluster) -> Step:
    chosen = settings.train.embedding
    actors = embedding_actors(chosen, gpu=wants_gpu(chosen.device, 1, cluster.gpus))
    return Step("Embedding what is new", (actors, DATA_TASKS))


def _bert(settings: Settings, cluster: Cluster) -> Ask:
    chosen = settings.train.bert
    return bert_workers(chosen, gpu=wants_gpu(chosen.device, chosen.least_workers, cluster.gpus))


def _xgboost(settings: Settings, cluster: Cluster) -> Ask:
    chosen = settings.train.xgboost
    return xgboost_workers(chosen, gpu=wants_gpu(chosen.device, chosen.num_workers, cluster.gpus))


def _trials(workers: Ask, cluster: Cluster) -> Ask:
    """The workers of as many trials as the cluster holds when they begin."""
    from dataclasses import replace

    trials = trials_that_fit(workers, cluster.cpus, cluster.gpus)
    what = f"{workers.what}, {trials} trial(s) at once"
    return replace(workers, what=what, most=workers.at_most * trials)
