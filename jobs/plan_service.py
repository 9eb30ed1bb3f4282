"""What the service asks of Ray: read off the app itself, composed as for a start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from trending.planning.ask import GIB, Ask
from trending.planning.cluster import Cluster
from trending.planning.workers import vllm_replicas
from trending.settings import Settings

if TYPE_CHECKING:
    from ray.serve import Deployment


def replicas(settings: Settings, cluster: Cluster) -> Sequence[Ask]:
    """One ask a deployment."""
    from ray.serve._private.build_app import (
        build_app,
    )  # a composed app does not show its deployments otherwise

    from serve_app.app import compose
    from serve_app.rollout import Candidate

    champion = Candidate(next(iter(settings.serve.fallbacks), "bert"), "", "")
    # vLLM need not be installed where a job is planned: its replicas are counted by themselves.
    app = compose(_resolved(settings, cluster), champion, vllm=None)
    asks = [_ask(one) for one in build_app(app, name="plan").deployments]
    if settings.llm.engine == "vllm":
        asks.append(vllm_replicas(settings.llm, settings.serve.llm))
    return sorted(asks, key=lambda ask: (-ask.gpus, -ask.cpus, ask.what))


def _resolved(settings: Settings, cluster: Cluster) -> Settings:
    """With the GPUs of a classifier said outright: where the settings leave it open, the cluster decides."""
    from serve_app.app import GPU_SHARE
    from trending.settings import changed

    if settings.serve.classifier.gpus is not None:
        return settings
    return changed(settings, {"serve": {"classifier": {"gpus": GPU_SHARE if cluster.gpus else 0}}})


def _ask(deployment: Deployment) -> Ask:
    options = deployment.ray_actor_options or {}
    scaling = deployment._deployment_config.autoscaling_config
    number = deployment.num_replicas or 1
    least, most = (scaling.min_replicas, scaling.max_replicas) if scaling else (number, number)
    return Ask(
        deployment.name,
        least,
        most,
        cpus=options.get("num_cpus", 1),
        gpus=options.get("num_gpus", 0),
        memory_gib=options["memory"] / GIB if options.get("memory") else None,
        accelerator_type=options.get("accelerator_type"),
        settings="serve",
    )
