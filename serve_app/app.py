"""The app: what stands on what. `trending serve` runs it, and `serve deploy serve_app/config.yaml` the same.

```
Gateway -> Traffic, GenreClassifier (one a kind of model), TitleStore, LLM, Enricher -> the same but TitleStore
```

Annotations are evaluated here, unlike elsewhere: Serve looks at that of `build` to see what its arguments are.
"""

import logging
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, cast

from ray import serve
from ray.serve import Application
from ray.serve.config import HTTPOptions

from serve_app.arguments import AppArguments
from serve_app.classifier import GenreClassifier
from serve_app.enricher import Enricher
from serve_app.gateway import Gateway
from serve_app.handles import Handles
from serve_app.llm import LLM
from serve_app.rollout import Candidate, read_candidate
from serve_app.title_store import TitleStore
from serve_app.traffic import Traffic
from trending.errors import ServiceError
from trending.llm.vllm_app import vllm_app
from trending.planning.ask import GIB
from trending.settings import Settings
from trending.settings.serving import ClassifierReplicas, ReplicaSettings

APP_NAME = "trending"
GATEWAY_REQUESTS = 512
"""Under way in a gateway, streams included. What protects the models are their own queues."""
MIN_ONGOING = 16
GPU_SHARE = 0.25
GPU_KINDS = ("bert",)
"""Kinds of models that use a GPU."""
STOPPING: dict[str, Any] = {"graceful_shutdown_wait_loop_s": 0.5, "graceful_shutdown_timeout_s": 10}
"""A replica that is stopped ends its requests first; the stop of the service should not take a minute."""
REPLACED: dict[str, Any] = {**STOPPING, "max_surge_percent": 100}
"""Its new replica is up before the old one goes: by itself Serve stops the only one first, and all wait."""
GATEWAY_ENDS_S = 45
"""Longer than a request waits for one version of a model and for the next: a gateway that is stopped in the middle of
a request answers it 500."""
LOCAL = ("127.0.0.1", "localhost", "::1")


def build(arguments: AppArguments) -> Application:
    """The app of these arguments: the `import_path` of `config.yaml`.

    Raises `SettingsError`, `RegistryError` where there is no model to serve, `BundleError` where it is damaged,
    `ServiceError` where Serve listens to others and there are no API keys.
    """
    settings = arguments.load()
    check_keys(settings, _listening_on() or settings.serve.host)
    return compose(settings, champion_of(settings), vllm=_vllm(settings))


def compose(settings: Settings, champion: Candidate, *, vllm: Application | None = None) -> Application:
    """All deployments, each on the handles of those that it asks. `vllm`: its deployment, where it is the engine."""
    classifiers: Any = {
        kind: _classifier(settings, kind)
        for kind in dict.fromkeys((champion.kind, *settings.serve.fallbacks))
    }
    traffic = Traffic.options(user_config=settings.serve.traffic.model_dump(), **STOPPING).bind(
        settings, classifiers
    )
    llm = LLM.options(
        **_replicas(settings.serve.llm), ray_actor_options=_resources(settings.serve.llm), **REPLACED
    ).bind(settings, vllm)
    titles = TitleStore.options(**REPLACED).bind(settings)
    # Serve puts a handle in the place of each of these applications.
    below = Handles(classifiers, cast(Any, traffic), cast(Any, llm), cast(Any, titles))
    enricher = Enricher.options(**REPLACED).bind(settings, below)
    gateway = Gateway.options(
        **_replicas(settings.serve.gateway),
        ray_actor_options=_resources(settings.serve.gateway),
        max_ongoing_requests=GATEWAY_REQUESTS,
        **(REPLACED | {"graceful_shutdown_timeout_s": GATEWAY_ENDS_S}),
    )
    return gateway.bind(settings, replace(below, enricher=cast(Any, enricher)))


@contextmanager
def running_app(settings: Settings) -> Iterator[str]:
    """The app on the current Ray cluster, ready; yields its address, and stops it at the end.

    Raises `RegistryError` where `settings.serve.model` names nothing, `BundleError` for a damaged bundle,
    `ServiceError` where the address is taken, or open to others without a key.
    """
    check_address(settings)
    champion = champion_of(settings)
    host, port = settings.serve.host, settings.serve.port
    logging.getLogger("ray.serve").setLevel(logging.WARNING)
    serve.start(http_options=HTTPOptions(host=host, port=port), logging_config={"log_level": "WARNING"})
    try:
        try:
            app = compose(settings, champion, vllm=_vllm(settings))
            serve.run(app, name=APP_NAME, logging_config={"log_level": "WARNING"})
        except RuntimeError as error:
            raise ServiceError(f"The service did not start: {why_not(error)}") from error
        yield f"http://{host}:{port}"
    finally:
        serve.shutdown()


def champion_of(settings: Settings) -> Candidate:
    """What `settings.serve.model` means now, every byte of it verified.

    Raises `RegistryError` where it means nothing, `BundleError` where it is damaged.
    """
    from trending.models.bundle import read_manifest, verify_files
    from trending.models.registry import resolve_model

    found = resolve_model(settings, settings.serve.model)
    manifest, _ = read_manifest(found.folder)
    verify_files(found.folder, manifest)
    return read_candidate(found.folder, found.version)


def check_address(settings: Settings) -> None:
    """Raise `ServiceError` unless the service may listen where the settings say."""
    host, port = settings.serve.host, settings.serve.port
    check_keys(settings, host)
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise ServiceError(
                f"{host}:{port} cannot be listened on: {error.strerror}. Stop what uses it, or choose another "
                "with --port."
            ) from error


def check_keys(settings: Settings, host: str) -> None:
    """Raise `ServiceError` where others than this machine could use the service without a key."""
    if host not in LOCAL and not settings.keys_file.is_file():
        raise ServiceError(
            f"The service would listen on {host}, but there are no API keys in {settings.keys_file}: everybody "
            "could use it. `trending keys add NAME` makes one; without keys it listens on 127.0.0.1 only."
        )


def why_not(error: BaseException) -> str:
    """The last line of what Serve says: the error of the replica, without the way there."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1] if lines else type(error).__name__


def _classifier(settings: Settings, kind: str) -> Application:
    chosen = settings.serve
    return GenreClassifier.options(
        name=kind,
        **_replicas(chosen.classifier),
        ray_actor_options=_resources(chosen.classifier) | _gpu(chosen.classifier, kind),
        max_ongoing_requests=max(2 * chosen.max_batch_size, MIN_ONGOING),
        max_queued_requests=chosen.max_queued_requests,
        user_config={"max_batch_size": chosen.max_batch_size, "batch_wait_ms": chosen.batch_wait_ms},
        **REPLACED,
    ).bind()


def _vllm(settings: Settings) -> Application | None:
    return vllm_app(settings) if settings.llm.engine == "vllm" else None


def _listening_on() -> str | None:
    """Where a Serve that runs already listens, as under `serve deploy`."""
    from ray.serve.context import _get_global_client  # `serve.status` does not tell

    client = _get_global_client(raise_if_no_controller_running=False)
    return client.http_config.host if client else None


def _resources(chosen: ReplicaSettings) -> dict[str, Any]:
    memory = {"memory": int(chosen.memory_gib * GIB)} if chosen.memory_gib else {}
    return {"num_cpus": chosen.cpus} | memory


def _gpu(chosen: ClassifierReplicas, kind: str) -> dict[str, Any]:
    """Of a replica of this kind of model: what the settings say, else a share where the cluster has any."""
    import ray

    if kind not in GPU_KINDS:
        return {}
    share = chosen.gpus
    if share is None:
        has_gpu = ray.is_initialized() and ray.cluster_resources().get("GPU", 0) > 0
        share = GPU_SHARE if has_gpu else 0
    if not share:
        return {}
    return {"num_gpus": share} | (
        {"accelerator_type": chosen.accelerator_type} if chosen.accelerator_type else {}
    )


def _replicas(chosen: ReplicaSettings) -> dict[str, Any]:
    if chosen.min_replicas == chosen.max_replicas:
        return {"num_replicas": chosen.max_replicas}
    return {"autoscaling_config": chosen.autoscaling}
