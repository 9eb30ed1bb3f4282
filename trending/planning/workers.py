"""What each part of the platform asks for, by its settings. The parts themselves call these functions."""

from __future__ import annotations

import math
from typing import Literal

from trending.planning.ask import Ask
from trending.settings import (
    BertSettings,
    EmbeddingSettings,
    EnrichmentSettings,
    EvaluationSettings,
    LLMReplicas,
    LLMSettings,
    Resources,
    WorkerResources,
    XGBoostSettings,
)
from trending.settings.resources import Device

PRETEND: Device = "pretend"
GPU_NEEDED: tuple[Device, ...] = ("cuda", PRETEND)
"""Devices with which every worker asks for a GPU, whether there are any or not."""
MOST_TRIALS = 20
"""At once, however large the cluster."""


def bert_workers(settings: BertSettings, *, gpu: bool) -> Ask:
    """Data-parallel workers of a fine-tuning."""
    return _workers(
        "workers of BERT",
        (settings.least_workers, settings.most_workers),
        settings.resources,
        gpu=gpu,
        settings="train.bert",
    )


def xgboost_workers(settings: XGBoostSettings, *, gpu: bool) -> Ask:
    """Workers of a boosting. The backend `xgboost_ray` asks for CPUs and GPUs only."""
    number, chosen = (settings.num_workers, settings.num_workers), settings.resources
    if settings.backend == "xgboost_ray":
        chosen = WorkerResources(cpus=math.ceil(chosen.cpus))
    return _workers("workers of XGBoost", number, chosen, gpu=gpu, settings="train.xgboost")


def embedding_actors(settings: EmbeddingSettings, *, gpu: bool) -> Ask:
    """Actors that embed documents, each with the encoder."""
    return _actors(
        "actors of the encoder", settings.actors, settings.resources, gpu=gpu, settings="train.embedding"
    )


def evaluation_actors(settings: EvaluationSettings, *, gpu: bool) -> Ask:
    """Actors that answer for a bundle, each with the bundle."""
    return _actors(
        "actors of the bundle", settings.actors, settings.resources, gpu=gpu, settings="evaluation"
    )


def enrichment_actors(settings: EnrichmentSettings) -> Ask:
    """Actors that enrich, each with models and an engine of its own."""
    return _actors(
        "actors of the enrichment", settings.actors, settings.resources, gpu=False, settings="enrichment"
    )


def vllm_replicas(llm: LLMSettings, replicas: LLMReplicas) -> Ask:
    """Replicas of vLLM: a GPU for each part of the model, or CPUs."""
    parts = int(llm.vllm.get("tensor_parallel_size", 1)) * int(llm.vllm.get("pipeline_parallel_size", 1))
    gpu = llm.vllm_cpus is None
    return Ask(
        "replicas of vLLM",
        replicas.min_replicas,
        replicas.max_replicas,
        cpus=0 if gpu else float(llm.vllm_cpus or 0),
        gpus=parts if gpu else 0,
        accelerator_type=replicas.accelerator_type if gpu else None,
        settings="llm.vllm, serve.llm",
    )


def trials_that_fit(worker: Ask, cpus: float, gpus: float) -> int:
    """How many trainings of such workers a cluster holds at once, each with a CPU to spare for what is around them."""
    by_cpus = int(cpus // (worker.at_most * worker.cpus + 1))
    by_gpus = int(gpus // (worker.at_most * worker.gpus)) if worker.gpus else by_cpus
    return max(1, min(by_cpus, by_gpus, MOST_TRIALS))


def wants_gpu(device: Device, workers: int, gpus: float) -> bool:
    """Whether each of the workers gets a GPU. `auto`: where there is one for every worker among the `gpus` of the
    cluster."""
    return gpus >= workers if device == "auto" else device in GPU_NEEDED


def computes_on(device: Device, *, gpu: bool) -> Literal["cuda", "cpu"]:
    """What a worker computes on that was given a GPU by Ray, or not."""
    return "cuda" if gpu and device != PRETEND else "cpu"


def _workers(what: str, number: tuple[int, int], chosen: WorkerResources, *, gpu: bool, settings: str) -> Ask:
    return Ask(
        what,
        *number,
        cpus=chosen.cpus,
        gpus=int(gpu),
        memory_gib=chosen.memory_gib,
        accelerator_type=chosen.accelerator_type if gpu else None,
        placement=chosen.placement,
        settings=settings,
    )


def _actors(what: str, number: int, chosen: Resources, *, gpu: bool, settings: str) -> Ask:
    return Ask(
        what,
        1,
        number,
        cpus=chosen.cpus,
        gpus=int(gpu),
        memory_gib=chosen.memory_gib,
        accelerator_type=chosen.accelerator_type if gpu else None,
        settings=settings,
    )
