"""vLLM as a deployment of `ray.serve.llm`: on GPUs, or by its CPU build."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trending.errors import LLMError
from trending.llm.gguf_folder import hugging_face_folder
from trending.llm.openvino_model import PACKAGED, find_model
from trending.planning.workers import vllm_replicas
from trending.ray_session import ray_session
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.serve import Application

VLLM_APP = "trending-llm"
"""Name of the Serve application where no other app holds the deployment."""
CPU_CACHE_GB = "1"


def vllm_app(settings: Settings) -> Application:
    """The deployment of `settings.llm.model`. Raises `LLMError` where vLLM or the model is missing."""
    if find_spec("vllm") is None:
        raise LLMError(
            "llm.engine is vllm, but the package vllm is not installed here. On CPUs: `make setup-vllm` and"
            " `.venv-vllm/bin/trending`; on GPUs: `pip install 'trending[vllm]'`."
        )
    from ray.serve.llm import LLMConfig, build_llm_deployment

    return build_llm_deployment(LLMConfig(**llm_config(settings)))


def llm_config(settings: Settings) -> dict[str, Any]:
    """Arguments of `ray.serve.llm.LLMConfig`."""
    llm = settings.llm
    config: dict[str, Any] = {
        "model_loading_config": {"model_id": model_id(settings), "model_source": _source(settings)},
        "engine_kwargs": dict(llm.vllm),
        "deployment_config": {
            "autoscaling_config": settings.serve.llm.autoscaling,
            "max_ongoing_requests": llm.max_concurrent + llm.max_queued,
        },
        "log_engine_metrics": False,
    }
    asked = vllm_replicas(llm, settings.serve.llm)
    if asked.accelerator_type:
        config["accelerator_type"] = asked.accelerator_type
    if llm.vllm_cpus is not None:
        # The engine has a process of its own beside the replica; both must find room on two cores.
        config["deployment_config"]["ray_actor_options"] = {"num_cpus": 0}
        config["placement_group_config"] = {"bundles": [asked.resources]}
        config["runtime_env"] = {
            "env_vars": {"VLLM_CPU_KVCACHE_SPACE": CPU_CACHE_GB, "VLLM_LOGGING_LEVEL": "WARNING"}
        }
    return config


def model_id(settings: Settings) -> str:
    """The model's name: a GGUF file's with the digest of its weights, else that of the settings."""
    model = settings.llm.model
    return find_model(model).name if _is_gguf(model) else model


@contextmanager
def running_vllm(settings: Settings) -> Iterator[None]:
    """vLLM for the length of a batch job, where the settings choose it, on the Ray that is there or a local one.

    Raises `LLMError` where it does not start.
    """
    if settings.llm.engine != "vllm":
        yield
        return
    from ray import serve

    app = vllm_app(settings)
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    with ray_session(settings):
        try:
            _start(app)
            yield
        finally:
            serve.delete(VLLM_APP)


def _start(app: Application) -> None:
    from ray import serve

    try:
        serve.run(app, name=VLLM_APP, route_prefix=None, logging_config={"log_level": "WARNING"})
    except RuntimeError as error:
        raise LLMError(f"vLLM did not start: {error}") from error


def _source(settings: Settings) -> str:
    """What vLLM loads: it wants a Hugging Face folder or name."""
    model = settings.llm.model
    if not _is_gguf(model):
        return model
    return str(hugging_face_folder(find_model(model).path, settings.root / "llm" / "gguf"))


def _is_gguf(model: str) -> bool:
    return model == PACKAGED or Path(model).suffix == ".gguf"
