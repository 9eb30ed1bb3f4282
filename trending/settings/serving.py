"""Settings of the service."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import Field

from trending.settings.section import Section


class AutoscalingSettings(Section):
    """Replicas of a deployment."""

    min_replicas: int = Field(default=1, ge=0)
    max_replicas: int = Field(default=1, ge=1)
    target_ongoing_requests: float = Field(default=16.0, gt=0)
    """Requests under way in a replica that autoscaling aims at."""


class ReplicaSettings(AutoscalingSettings):
    """Replicas of a deployment, and what each asks of Ray."""

    cpus: float = Field(default=0.25, ge=0)
    """Logical CPUs. Fractions: all deployments together fit two cores."""
    memory_gib: float | None = Field(default=None, gt=0)
    """Memory that is set aside on its node. None: nothing is."""

    @property
    def autoscaling(self) -> dict[str, Any]:
        """What Ray Serve calls `autoscaling_config`."""
        return self.model_dump(include=set(AutoscalingSettings.model_fields))


class GatewayReplicas(ReplicaSettings):
    """Of the HTTP front, which mostly waits."""

    cpus: float = Field(default=0, ge=0)


class ClassifierReplicas(ReplicaSettings):
    """Of each kind of model; GPUs are for `bert`."""

    gpus: float | None = Field(default=None, ge=0)
    """Of a replica. None: a quarter where the cluster has any."""
    accelerator_type: str | None = None
    """Kind of its GPU, by Ray's name. None: any."""


class LLMReplicas(ReplicaSettings):
    """Of the language model. With the engine `vllm` the numbers are of its own replicas, too, which have the GPUs or
    CPUs that `llm.vllm` and `llm.vllm_cpus` say."""

    target_ongoing_requests: float = Field(default=8.0, gt=0)
    accelerator_type: str | None = None
    """Kind of vLLM's GPUs, by Ray's name. None: any."""


class TrafficSettings(Section):
    """How requests are shared between the champion and a challenger."""

    challenger: str | None = None
    """Registry alias, version, run id or bundle folder that gets a share of the requests."""
    weight: float = Field(default=0.0, ge=0, le=1)
    """Share of the request keys that the challenger answers."""
    shadow: float = Field(default=0.0, ge=0, le=1)
    """Share of the champion's requests that the challenger answers as well, unseen."""


class ServeSettings(Section):
    """The Ray Serve app."""

    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    model: str = "champion"
    """Registry alias, registry version, run id or bundle folder to serve."""
    fallbacks: tuple[str, ...] = ("bert", "xgboost", "keyword")
    """Kinds of models that answer, in this order, where the champion fails."""
    max_batch_size: int = Field(default=32, ge=1)
    batch_wait_ms: float = Field(default=5.0, ge=0)
    max_queued_requests: int = Field(default=16, ge=1)
    """Requests that may wait for the classifier, beside those that its replicas hold; one more gets 503. More make the
    answers later, not more."""
    gateway: GatewayReplicas = GatewayReplicas()
    classifier: ClassifierReplicas = ClassifierReplicas()
    llm: LLMReplicas = LLMReplicas()
    traffic: TrafficSettings = TrafficSettings()
    keys_file: Path | None = None
    """API keys, hashed; None: `keys.json` under `home`, where there is one."""
    max_body_kb: int = Field(default=2048, ge=1)
    """A larger request body is refused."""
    answer_cache: int = Field(default=8192, ge=0)
    """Titles whose genres a gateway remembers, for the model version that gave them; 0 remembers none."""
    rate_per_minute: int = Field(default=6000, ge=1)
    """Requests a minute of a key that names no rate of its own."""
    refresh_s: float = Field(default=5.0, gt=0)
    """Seconds between two looks at the tables and at the registry."""
    throughput: bool = True
    """Serve's throughput settings, which must be there before Ray starts."""
    haproxy: bool | None = None
    """Requests enter through HAProxy, not through Serve's own proxy. None: where it is installed, with `throughput`."""
