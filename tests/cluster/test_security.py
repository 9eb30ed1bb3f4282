"""Who is let into a cluster, and that a secret which its nodes hold is written down nowhere."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from cluster.certificates import make_certificates
from cluster.local import LocalCluster, ray_folder, start_cluster, stop_cluster
from tests.cluster.test_local_cluster import SUM
from tests.llm.openai_stub import running_stub
from trending.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
PLACES = ("/api/jobs/", "/api/serve/applications/", "/api/v0/actors", "/nodes?view=summary")
"""Of the dashboard: jobs, Serve's administration, what runs, and on what."""
TOLD = (*PLACES[:3], "/api/v0/actors?detail=1", "/api/v0/tasks?detail=1", "/api/v0/workers?detail=1",
        "/api/v0/runtime_envs?detail=1", "/api/v0/nodes?detail=1", "/api/v0/jobs?detail=1")  # fmt: skip
SECRET = f"planted-{secrets.token_hex(16)}"
ENV = "TRENDING_TEST_KEY"
PATIENCE_S = 45
"""A driver that is let in needs ten seconds."""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(home=tmp_path_factory.mktemp("secure") / "home")


@pytest.fixture(scope="module")
def cluster(home: Settings) -> Iterator[LocalCluster]:
    """Its nodes hold the secret in their environment, as pods do."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        try:
            yield start_cluster(home, nodes=2, cpus=4, env={ENV: SECRET})
        finally:
            stop_cluster(home)


def ask(cluster: LocalCluster, place: str, token: str | None) -> tuple[int, str]:
    """Status and body of the dashboard's answer."""
    request = urllib.request.Request(cluster.dashboard + place)
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def token_of(cluster: LocalCluster) -> str:
    assert cluster.token_file is not None
    return Path(cluster.token_file).read_text(encoding="ascii")


@pytest.mark.parametrize("place", PLACES)
def test_the_dashboard_answers_only_who_has_the_token(cluster: LocalCluster, place: str) -> None:
    assert ask(cluster, place, None)[0] == 401
    assert ask(cluster, place, "0" * 64)[0] == 403
    assert ask(cluster, place, token_of(cluster))[0] == 200


def submit(cluster: LocalCluster, *words: str, **changed: str) -> subprocess.CompletedProcess[str]:
    """`ray job submit`, as a person does it from the folder of the project."""
    ray = str(Path(sys.executable).with_name("ray"))
    command = [ray, "job", "submit", "--working-dir", ".", "--runtime-env", "runtime_env.yaml", "--", *words]
    env = {**os.environ, **cluster.environment, **changed}
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=400)


def test_a_job_is_not_taken_from_one_with_another_token(cluster: LocalCluster, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("0" * 64, encoding="ascii")
    done = submit(cluster, "echo", "let in", RAY_AUTH_TOKEN_PATH=str(tmp_path / "token"))
    assert done.returncode != 0
    assert "let in" not in done.stdout
    assert "403" in done.stderr + done.stdout or "authentication" in (done.stderr + done.stdout).lower()


def test_a_secret_of_the_nodes_is_written_down_nowhere(
    cluster: LocalCluster, home: Settings, tmp_path: Path
) -> None:
    with running_stub() as stub:
        chosen = {"engine": "openai", "model": "stub", "base_url": stub.address, "api_key_env": ENV}
        file = tmp_path / "settings.yaml"
        file.write_text(yaml.safe_dump({"llm": chosen}), encoding="utf-8")
        options = ["--home", str(home.root), "--settings", str(file), "--json"]
        for job in (["ingest"], ["train", "keyword"], ["enrich", "--titles", "2", "--model", "1"]):
            done = submit(cluster, sys.executable, "-m", "jobs", *job, *options)
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
            assert SECRET not in done.stdout + done.stderr
        assert set(stub.keys) == {f"Bearer {SECRET}"}, "the key was used"

    told = {place: ask(cluster, place, token_of(cluster)) for place in TOLD}
    assert len(json.loads(told["/api/jobs/"][1])) == 3
    assert {place for place, (status, _) in told.items() if status != 200} == set()
    assert {place for place, (_, body) in told.items() if SECRET in body} == set()
    written = [
        file for folder in (home.root, ray_folder(home)) for file in folder.rglob("*") if file.is_file()
    ]
    assert any(file.name.startswith("job-driver") for file in written), "the logs are among them"
    assert {str(file) for file in written if SECRET.encode() in file.read_bytes()} == set()


def test_over_tls_only_who_has_the_certificate_is_heard(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path / "home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_AUTH_MODE", "token")
        try:
            found = start_cluster(settings, nodes=2, cpus=1, tls=True)
            assert drive(found).stdout.split() == ["55", "2"]
            assert refused(found, RAY_USE_TLS="0"), "in the clear"
            assert refused(found, **make_certificates(tmp_path / "others", "127.0.0.1")), "a stranger"
        finally:
            stop_cluster(settings)
    assert not list(tmp_path.rglob("*.key"))[1:], "the cluster's own went with it"


def refused(cluster: LocalCluster, **changed: str) -> bool:
    """Whether a driver with these variables comes to nothing, be it by an error or by waiting in vain."""
    try:
        done = drive(cluster, **changed)
    except subprocess.TimeoutExpired:
        return True
    return done.returncode != 0 and "55" not in done.stdout


def drive(cluster: LocalCluster, **changed: str) -> subprocess.CompletedProcess[str]:
    """A driver on the cluster that sums up squares and counts the nodes."""
    env = {**os.environ, **cluster.environment, **changed}
    return subprocess.run(
        [sys.executable, "-c", SUM], env=env, capture_output=True, text=True, timeout=PATIENCE_S
    )
