"""Several Ray nodes on one machine: what a cluster does, without one.

    trending cluster up --nodes 3
    eval "$(trending cluster env)"       # jobs and `ray job submit` of this shell now go there
    trending cluster down

The nodes share the cores of the machine; what each is said to have is for Ray's scheduler. They outlive the command
that started them, and `cluster.json` under the state's folder says which they are.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from cluster.certificates import make_certificates, tls_environment
from cluster.node import Node, free_ports, inherited, start_node, stop_node
from trending.errors import ClusterError
from trending.settings import Settings

STORE_MIB = 256
"""Object store of each node: they share one machine's memory."""
HEAD, LOOPBACK, TLS = "head", "127.0.0.1", "tls"


@dataclass(frozen=True)
class LocalCluster:
    """A cluster on this machine. Its first node is the head."""

    address: str
    """For `RAY_ADDRESS` and drivers: host and port of the control store."""
    dashboard: str
    """For `ray job submit --address`, and a browser."""
    token_file: str | None
    """Without the token in it, nobody is let in. None: Ray's authentication is off."""
    nodes: tuple[Node, ...]
    store_mib: int = STORE_MIB
    grows_to: int = 0
    """GPU nodes that its autoscaler may add."""
    tls: str | None = None
    """Folder of the certificates with which its nodes and their clients talk; None: they talk in the clear."""

    @property
    def environment(self) -> dict[str, str]:
        """What a process must find in its environment to work on this cluster."""
        token = {"RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN_PATH": self.token_file} if self.token_file else {}
        tls = tls_environment(Path(self.tls)) if self.tls else {}
        return {"RAY_ADDRESS": self.address, "RAY_API_SERVER_ADDRESS": self.dashboard, **token, **tls}

    @property
    def alive(self) -> bool:
        """Whether the head still runs."""
        return self.nodes[0].alive


def start_cluster(
    settings: Settings,
    *,
    nodes: int = 1,
    cpus: int = 2,
    gpus: int = 0,
    store_mib: int = STORE_MIB,
    at: str | None = None,
    tls: bool = False,
    head: tuple[str, ...] = (),
    env: dict[str, str] | None = None,
) -> LocalCluster:
    """A head and `nodes` - 1 workers, each with so many logical CPUs and pretended GPUs (the head has no GPU where
    there are workers). `at` is the address of the head, else a free port of 127.0.0.1; `tls`: they talk over TLS,
    with certificates made for this cluster; `head` and `env` are further arguments of the head's `ray start`, and
    variables for all.

    Raises `ClusterError` where one runs already, or a node does not come up; then none is left running.
    """
    running = find_cluster(settings)
    if running is not None:
        raise ClusterError(f"A cluster runs at {running.address} already. `trending cluster down` ends it.")
    token = _new_token(settings)
    port, dashboard, agent, client = free_ports(4)
    ip, _, port = (at or f"{LOOPBACK}:{port}").rpartition(":")
    found = LocalCluster(f"{ip}:{port}", f"http://{LOOPBACK}:{dashboard}", token, (), store_mib)
    if tls:
        from ray.util import get_node_ip_address

        # Ray takes 127.0.0.1 for the machine's own address.
        make_certificates(_folder(settings) / TLS, ip, LOOPBACK, get_node_ip_address())
        found = replace(found, tls=str(_folder(settings) / TLS))
    arguments = (
        *_of_a_head(found, settings),
        f"--ray-client-server-port={client}",
        f"--dashboard-agent-listen-port={agent}",
        *head,
    )
    with _ended_on_error(settings) as grown:
        variables = inherited() | found.environment | (env or {})
        del variables["RAY_ADDRESS"]
        first = start_node(
            HEAD, arguments, _log(settings, HEAD), cpus=cpus, gpus=0 if nodes > 1 else gpus, env=variables
        )
        grown.append(first)
        found = replace(found, nodes=(first,))
        for _ in range(1, nodes):
            found = add_node(settings, found, cpus=cpus, gpus=gpus, env=env)
            grown.append(found.nodes[-1])
    return keep(settings, found)


def _of_a_head(cluster: LocalCluster, settings: Settings) -> tuple[str, ...]:
    """Arguments of its `ray start`."""
    ip, _, port = cluster.address.rpartition(":")
    return (
        "--head",
        f"--node-ip-address={ip}",
        f"--port={port}",
        "--include-dashboard=true",
        f"--dashboard-host={LOOPBACK}",
        f"--dashboard-port={cluster.dashboard.rpartition(':')[2]}",
        f"--object-store-memory={cluster.store_mib * 2**20}",
        f"--temp-dir={ray_folder(settings)}",
    )


def add_node(
    settings: Settings,
    cluster: LocalCluster,
    *,
    cpus: int = 2,
    gpus: int = 0,
    env: dict[str, str] | None = None,
) -> LocalCluster:
    """The cluster with one worker more. Raises `ClusterError` where it does not come up."""
    name = f"node-{1 + max((int(one.name.partition('-')[2] or 0) for one in cluster.nodes), default=0)}"
    agent, *_ = free_ports(1)
    arguments = (
        f"--address={cluster.address}",
        f"--node-ip-address={LOOPBACK}",
        f"--dashboard-agent-listen-port={agent}",
        f"--object-store-memory={cluster.store_mib * 2**20}",
        # In one folder, a node would take away the working folders of jobs that run on another.
        f"--temp-dir={ray_folder(settings)}-{name.rpartition('-')[2]}",
    )
    variables = inherited() | cluster.environment | (env or {})
    del variables["RAY_ADDRESS"]
    node = start_node(name, arguments, _log(settings, name), cpus=cpus, gpus=gpus, env=variables)
    return keep(settings, replace(cluster, nodes=(*cluster.nodes, node)))


def remove_node(settings: Settings, cluster: LocalCluster, name: str, *, kill: bool = False) -> LocalCluster:
    """The cluster without a worker; with `kill` it goes as in a power cut. Raises `ClusterError` for the head or a
    name that is not there."""
    workers = {node.name: node for node in cluster.nodes[1:]}
    if name not in workers:
        known = ", ".join(workers) or "none"
        raise ClusterError(f"There is no worker {name!r} to remove; there are: {known}.")
    stop_node(workers[name], kill=kill)
    return keep(settings, replace(cluster, nodes=tuple(node for node in cluster.nodes if node.name != name)))


def find_cluster(settings: Settings) -> LocalCluster | None:
    """The cluster of this state's folder, if its head still runs."""
    with suppress(FileNotFoundError):
        kept = json.loads(_file(settings).read_text(encoding="utf-8"))
        found = LocalCluster(**{**kept, "nodes": tuple(Node(**node) for node in kept["nodes"])})
        if found.alive:
            return found
    return None


def stop_cluster(settings: Settings) -> LocalCluster | None:
    """End the cluster of this state's folder with everything that runs on it. None: there was none."""
    found = find_cluster(settings)
    if found is not None:
        for node in reversed(found.nodes):
            stop_node(node)
    _forget(settings)
    return found


def _new_token(settings: Settings) -> str | None:
    """As Ray does by itself: authentication is on unless the environment says that it is off."""
    if os.environ.get("RAY_AUTH_MODE", "token") != "token":
        return None
    file = _folder(settings) / "token"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.touch(mode=0o600)
    file.write_text(secrets.token_hex(32), encoding="ascii")
    return str(file)


@contextmanager
def _ended_on_error(settings: Settings) -> Iterator[list[Node]]:
    started: list[Node] = []
    try:
        yield started
    except BaseException:
        for node in reversed(started):
            stop_node(node, kill=True)
        _forget(settings)
        raise


def _forget(settings: Settings) -> None:
    for file in (_file(settings), _folder(settings) / "token"):
        file.unlink(missing_ok=True)
    mine = ray_folder(settings)
    for folder in (*mine.parent.glob(f"{mine.name}*"), _folder(settings) / TLS):
        shutil.rmtree(folder, ignore_errors=True)


def keep(settings: Settings, cluster: LocalCluster) -> LocalCluster:
    """Write down what runs, and hand it back."""
    text = json.dumps(asdict(cluster), indent=1)
    file = _file(settings)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.with_suffix(".new").write_text(text, encoding="utf-8")
    file.with_suffix(".new").replace(file)
    return cluster


def _folder(settings: Settings) -> Path:
    return settings.root / "cluster"


def ray_folder(settings: Settings) -> Path:
    """Where Ray keeps its sockets and logs, and word of the cluster: in Ray's own folder every job of the machine finds
    that. Sockets need a short path."""
    mine = hashlib.sha256(str(settings.root).encode()).hexdigest()[:8]
    return Path(tempfile.gettempdir()) / f"trending-cluster-{mine}"


def _file(settings: Settings) -> Path:
    return _folder(settings) / "cluster.json"


def _log(settings: Settings, name: str) -> Path:
    return _folder(settings) / f"{name}.log"
