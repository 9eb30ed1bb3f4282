"""What is planned is what the jobs then ask of Ray."""

from __future__ import annotations

import pytest

from jobs.plan_service import replicas
from jobs.plan_steps import steps_of
from trending.planning.ask import Ask, totals
from trending.planning.cluster import declared_cluster
from trending.planning.workers import trials_that_fit, vllm_replicas, wants_gpu, xgboost_workers
from trending.settings import LLMReplicas, LLMSettings, Settings, XGBoostSettings, changed, load_settings
from trending.training.bert.trainer import _scaling
from trending.training.ray_train import scaling_config

PROFILES = ("laptop", "dev", "staging", "prod")


def planned(name: str, *words: str) -> dict[str, Ask]:
    settings = load_settings(profile=name)
    steps = steps_of(words[0], words[1] if words[1:] else None, settings, declared_cluster(settings))
    return {ask.what: ask for step in steps for ask in step.asks}


@pytest.mark.parametrize("name", PROFILES)
def test_the_scaling_of_bert_is_the_plan_of_bert(name: str) -> None:
    settings, plan = load_settings(profile=name).train.bert, planned(name, "train", "bert")["workers of BERT"]
    gpu = wants_gpu(
        settings.device, settings.least_workers, declared_cluster(load_settings(profile=name)).gpus
    )
    scaling = _scaling(settings, gpu=gpu)
    assert (scaling.min_workers, scaling.max_workers) == (plan.least, plan.most)
    assert (scaling.num_cpus_per_worker, scaling.num_gpus_per_worker) == (plan.cpus, plan.gpus)
    assert scaling.additional_resources_per_worker.get("memory") == plan.memory_bytes
    assert (scaling.accelerator_type, scaling.placement_strategy) == (plan.accelerator_type, plan.placement)
    assert scaling.use_gpu == (name in ("staging", "prod"))


@pytest.mark.parametrize("name", PROFILES)
def test_the_scaling_of_xgboost_is_the_plan_of_xgboost(name: str) -> None:
    plan = planned(name, "train", "xgboost")["workers of XGBoost"]
    scaling = scaling_config(xgboost_workers(load_settings(profile=name).train.xgboost, gpu=False))
    assert (scaling.num_workers, scaling.num_cpus_per_worker) == (plan.most, plan.cpus)
    assert scaling.additional_resources_per_worker.get("memory") == plan.memory_bytes
    assert scaling.placement_strategy == plan.placement


def test_without_a_profile_workers_ask_what_ray_train_gives_them_anyway() -> None:
    scaling = scaling_config(xgboost_workers(XGBoostSettings(), gpu=False))
    assert (scaling.num_workers, scaling.num_cpus_per_worker, scaling.use_gpu) == (2, 1, False)
    assert not scaling.additional_resources_per_worker


def test_the_older_backend_asks_only_for_what_it_can() -> None:
    resources = {"cpus": 1.5, "memory_gib": 4, "placement": "SPREAD"}
    chosen = XGBoostSettings.model_validate({"backend": "xgboost_ray", "resources": resources})
    asked = xgboost_workers(chosen, gpu=False)
    assert (asked.cpus, asked.memory_gib) == (2, None)


def test_a_kind_of_gpu_is_asked_for_only_with_a_gpu() -> None:
    chosen = XGBoostSettings.model_validate({"resources": {"accelerator_type": "L4"}})
    assert xgboost_workers(chosen, gpu=True).remote_options["accelerator_type"] == "L4"
    assert "accelerator_type" not in xgboost_workers(chosen, gpu=False).remote_options


def test_auto_is_a_gpu_for_every_worker_or_none() -> None:
    assert [wants_gpu("auto", 2, gpus) for gpus in (0, 1, 2)] == [False, False, True]
    assert (wants_gpu("cuda", 2, 0), wants_gpu("cpu", 1, 8)) == (True, False)


def test_vllm_has_a_gpu_for_each_part_of_the_model() -> None:
    two = LLMSettings(engine="vllm", vllm={"tensor_parallel_size": 2})
    asked = vllm_replicas(two, LLMReplicas(accelerator_type="L4", max_replicas=3))
    assert (asked.least, asked.most, asked.gpus, asked.accelerator_type) == (1, 3, 2, "L4")
    on_cpus = vllm_replicas(LLMSettings(vllm_cpus=2), LLMReplicas(accelerator_type="L4"))
    assert (on_cpus.resources, on_cpus.accelerator_type) == ({"CPU": 2}, None)


def test_trials_are_limited_by_what_is_scarcest() -> None:
    worker = Ask("workers", 2, 2, cpus=1, gpus=1)
    assert trials_that_fit(worker, cpus=9, gpus=8) == 3
    assert trials_that_fit(worker, cpus=90, gpus=5) == 2
    assert trials_that_fit(worker, cpus=1, gpus=0) == 1


def test_the_service_is_planned_as_it_is_composed() -> None:
    settings = load_settings(profile="prod")
    asks = {ask.what: ask for ask in replicas(settings, declared_cluster(settings, "service"))}
    serve = settings.serve
    for name in serve.fallbacks:
        found = asks[name]
        assert (found.least, found.most) == (serve.classifier.min_replicas, serve.classifier.max_replicas)
        assert (found.cpus, found.gpus, found.memory_gib) == (1, 0, 1.5)
    assert (asks["Gateway"].cpus, asks["Gateway"].most) == (0.5, serve.gateway.max_replicas)
    assert (asks["TitleStore"].cpus, asks["Traffic"].cpus) == (0.1, 0)
    assert "replicas of vLLM" not in asks
    with_vllm = changed(settings, {"llm": {"engine": "vllm"}})
    assert [ask.gpus for ask in replicas(with_vllm, declared_cluster(settings)) if "vLLM" in ask.what] == [1]


def test_on_a_laptop_the_whole_service_fits_two_cores(settings: Settings) -> None:
    [step] = steps_of("serve", None, settings, declared_cluster(settings))
    assert totals(step).cpus <= 2


def test_where_there_are_gpus_bert_is_served_with_a_share_of_one(settings: Settings) -> None:
    pool = {"name": "a", "cpus": 8, "memory_gib": 8, "gpus": 1}
    with_gpu = Settings.model_validate({"cluster": {"pools": [pool]}})
    asks = {ask.what: ask for ask in replicas(with_gpu, declared_cluster(with_gpu))}
    assert (asks["bert"].gpus, asks["xgboost"].gpus, asks["keyword"].gpus) == (0.25, 0, 0)
