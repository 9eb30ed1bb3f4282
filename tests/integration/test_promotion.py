"""The way of a model to its users, on the sample, through the jobs: appointed, promoted, blocked, approved, rolled
back."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from jobs.__main__ import main
from trending.catalog.ingest import ingest
from trending.catalog.snapshots import resolve_snapshot
from trending.evaluation.gate.decision import read_decision
from trending.evaluation.gate.promotion import promote
from trending.features.documents import load_documents
from trending.models.bundle import save_bundle
from trending.models.linear import LinearModel
from trending.models.registry import (
    BUNDLE_TAG,
    DIGEST_TAG,
    MODEL_TAG,
    REGISTERED_MODEL,
    open_client,
    read_registry,
)
from trending.settings import Settings
from trending.sources.registry import parse_source
from trending.training.train import train

Job = Callable[..., dict[str, Any]]


@pytest.fixture(scope="module")
def home(ray_cluster: str, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """The sample, and its baselines."""
    settings = Settings(home=tmp_path_factory.mktemp("promotion"))
    ingest([parse_source("sample")], settings)
    for model in ("prior", "keyword"):
        train(model, settings)
    return settings


@pytest.fixture
def job(home: Settings, capsys: pytest.CaptureFixture[str]) -> Job:
    """Runs a job that must end with `code`; returns its JSON."""

    def run(*words: str, code: int = 0) -> dict[str, Any]:
        capsys.readouterr()
        with pytest.raises(SystemExit) as stop:
            main([*words, "--home", str(home.home), "--json"])
        out, err = capsys.readouterr()
        assert (stop.value.code or 0) == code, err
        (line,) = out.splitlines()
        return json.loads(line)

    return run


def sabotaged(settings: Settings) -> str:
    """A linear model that learnt the labels of other titles, registered like any other."""
    documents = load_documents(settings, resolve_snapshot(settings))
    learnt = documents.subset("train")
    shuffled = np.random.default_rng(3).permutation(learnt.labels)
    model = LinearModel.fit(learnt.documents, shuffled, learnt.genres, settings=settings.train.linear)
    bundle = save_bundle(
        model,
        settings.bundles_dir / "linear-sabotaged",
        thresholds=[0.3] * len(learnt.genres),
        snapshot_id=documents.snapshot_id,
        max_reviews=settings.train.document.max_reviews,
    )
    tags = {BUNDLE_TAG: str(bundle.folder), MODEL_TAG: "linear", DIGEST_TAG: bundle.digest}
    client = open_client(settings)
    return str(client.create_model_version(REGISTERED_MODEL, bundle.folder.as_uri(), tags=tags).version)


def champion(settings: Settings) -> str | None:
    return read_registry(settings).aliases.get("champion")


def test_from_a_baseline_to_a_better_model_past_a_sabotaged_one_and_back(home: Settings, job: Job) -> None:
    first = job("train", "prior", "--alias", "champion")["version"]
    assert champion(home) == first
    refused = job("train", "keyword", "--alias", "champion", code=1)
    assert refused["type"] == "GateError"
    assert "trending promote" in refused["error"]

    linear = job("train", "linear")["version"]
    waiting = job("promote", linear, "--require-approval")
    assert (waiting["outcome"], champion(home)) == ("waiting", first), waiting["reasons"]
    approved = job("approve", waiting["id"][:18], "--why", "read the page")
    assert approved["outcome"] == "promoted"
    assert "read the page" in approved["decided_by"]
    assert champion(home) == linear

    broken = sabotaged(home)
    blocked = job("promote", broken, code=1)
    assert blocked["outcome"] == "blocked"
    failed = {one["rule"] for one in blocked["findings"] if one["verdict"] == "fail"}
    assert {"better than the champion", "better than the baselines"} <= failed
    assert any("macro" in one["asks"] for one in blocked["findings"] if one["rule"] in failed)
    assert champion(home) == linear

    same = job("train", "linear")["version"]
    equal = job("promote", same, code=1)
    (only,) = [one["rule"] for one in equal["findings"] if one["verdict"] == "fail"]
    assert only == "better than the champion"

    assert job("rollback", "--why", "drill")["version"] == first
    assert champion(home) == first

    stories = {story["version"]: story for story in job("models")["models"]}
    gates = [stories[v]["gate"] for v in (first, linear, broken, same)]
    assert gates == ["not asked", "rolled back", "blocked", "blocked"]
    actions = [record["action"] for record in job("audit", "list")["records"]]
    assert actions == ["rollback", "block", "block", "approve", "wait", "appoint"]
    assert job("audit", "verify")["sound"]


def test_a_decision_says_what_was_measured_on_titles_that_nobody_learnt_from(home: Settings) -> None:
    had_champion = champion(home) is not None
    decided = promote(home, train("keyword", home).version, require_approval=True)
    decision, _ = read_decision(home, decided.id)
    test = load_documents(home, resolve_snapshot(home)).subset("test")
    assert decision.gate_set.titles == len(test.documents)
    assert set(decision.gate_set.learnt.values()) == {0}
    assert Path(decision.evaluations["candidate"]).is_file()
    rules = {finding.rule: finding for finding in decision.findings}
    assert rules["gate set"].verdict == "pass"
    assert rules["same titles"].verdict == ("pass" if had_champion else "not applicable")
    assert [check.subject for check in rules["better than the baselines"].checks] == ["prior"]


def test_a_model_split_by_time_learnt_from_the_gate_set_and_is_blocked(home: Settings, job: Job) -> None:
    if champion(home) is None:
        job("train", "prior", "--alias", "champion")
    by_time = job("train", "linear", "--time-split")["version"]
    blocked = job("promote", by_time, code=1)
    failed = {one["rule"]: one["reason"] for one in blocked["findings"] if one["verdict"] == "fail"}
    assert "learnt by the champion" in failed["gate set"]


def test_the_lineage_leads_from_the_raw_file_to_the_alias(home: Settings, job: Job) -> None:
    version = job("train", "keyword", "--alias", "challenger")["version"]
    found = job("lineage", version)
    steps = [link["step"] for link in found["links"]]
    assert list(dict.fromkeys(steps)) == [
        "raw file",
        "snapshot",
        "features",
        "run",
        "bundle",
        "version",
        "alias",
    ]
    assert found["whole"], [link for link in found["links"] if link["fault"]]
    assert all(link["facts"]["sha256"] for link in found["links"] if link["step"] == "raw file")
    assert found["served"]["requests"] == 0
    digest = next(link["facts"]["digest"] for link in found["links"] if link["step"] == "bundle")
    assert job("lineage", digest[:12])["version"] == version
    bundle = next(link["name"] for link in found["links"] if link["step"] == "bundle")
    (Path(bundle) / "extra.txt").write_text("x", encoding="utf-8")
    assert not job("lineage", version)["whole"]
    (Path(bundle) / "extra.txt").unlink()


def test_a_linear_run_is_reproduced_to_the_byte(home: Settings, job: Job) -> None:
    run = job("train", "linear")["run_id"]
    found = job("reproduce", run)
    assert found["agrees"]
    assert found["same_bytes"]
    assert {score["score"] for score in found["scores"]} == {"micro_f1", "macro_f1", "weighted_f1", "map"}
    assert open_client(home).get_run(run).data.tags["trending.reproduced"].startswith("agrees")
    assert not list(home.root.glob("reproduce-*"))


def test_a_run_whose_scores_do_not_come_out_is_told(home: Settings, job: Job) -> None:
    run = job("train", "keyword")["run_id"]
    client = open_client(home)
    client.log_metric(run, "test_micro_f1", client.get_run(run).data.metrics["test_micro_f1"] + 1e-5)
    found = job("reproduce", run, code=1)
    assert [score["score"] for score in found["scores"] if not score["agrees"]] == ["micro_f1"]
    assert client.get_run(run).data.tags["trending.reproduced"].startswith("differs")
