"""GitHub's workflows: each step is a target of the Makefile that `.ci/run` or `test_delivery.py` runs too."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

from tests.cluster.manifests import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
DELIVERY = Path(__file__).with_name("test_delivery.py")


def steps() -> list[tuple[str, str]]:
    """Every `run:` of every workflow."""
    found = []
    for file in WORKFLOWS:
        plan = yaml.safe_load(file.read_text(encoding="utf-8"))
        for job in plan["jobs"].values():
            found += [(file.name, step["run"]) for step in job["steps"] if "run" in step]
    return found


def test_every_step_of_a_workflow_is_a_target_that_is_run_elsewhere_too() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    delivered = set(re.findall(r'machine\.make\(\s*"([a-z]+)"', DELIVERY.read_text(encoding="utf-8")))
    ci = set(re.findall(r"make ([a-z-]+)", (ROOT / ".ci" / "run").read_text(encoding="utf-8")))
    found = steps()
    assert {name for name, _ in found} >= {"ci.yml", "deploy-staging.yml", "deploy-production.yml"}
    for name, step in found:
        assert re.fullmatch(r"make [a-z-]+", step), f"{name}: {step}: not a target alone"
        target = step.removeprefix("make ")
        assert target in targets, f"{name}: {step}"
        # `make test` is pytest on all of tests/, which `make manifests` is a part of.
        assert target in ci or target in delivered or target == "manifests", (
            f"{name}: {step}: nothing else runs it"
        )
    assert "test" in ci


def test_the_page_names_targets_files_and_jobs_that_there_are() -> None:
    page = (ROOT / "docs" / "clusters.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    named = {word for words in re.findall(r"\bmake ((?:[a-z-]+ ?)+)", page) for word in words.split()}
    assert {"deploy", "canary"} <= named & targets
    started = {
        word
        for words in re.findall(r"^make ([a-z ]+?)(?: [A-Z#]|$)", page, re.MULTILINE)
        for word in words.split()
    }
    assert started <= targets
    for path in re.findall(r"`(cluster/[\w./-]+\w)`", page):
        assert (ROOT / path).exists(), path
    for job in re.findall(r"JOB=([\w-]+)", page):
        assert (ROOT / "cluster" / "kuberay" / "jobs" / f"{job}.yaml").is_file(), job


def test_workflows_may_read_only_and_pin_their_actions() -> None:
    for file in WORKFLOWS:
        plan = yaml.safe_load(file.read_text(encoding="utf-8"))
        assert plan["permissions"]["contents"] == "read", file.name
        assert all("timeout-minutes" in job for job in plan["jobs"].values()), file.name
        uses = [step["uses"] for job in plan["jobs"].values() for step in job["steps"] if "uses" in step]
        assert all(re.fullmatch(r"[\w/-]+@v\d+(\.\d+)*", one) for one in uses), uses


def test_production_waits_for_a_person_and_can_go_back() -> None:
    file = next(one for one in WORKFLOWS if one.name == "deploy-production.yml")
    job = yaml.safe_load(file.read_text(encoding="utf-8"))["jobs"]["deploy"]
    assert job["environment"] == "production", "its reviewers approve"
    done = [step["run"] for step in job["steps"] if "run" in step]
    assert done == ["make setup", "make deploy", "make canary", "make finish", "make smoke", "make rollback"]
    assert job["steps"][-1]["if"].startswith("failure()")
