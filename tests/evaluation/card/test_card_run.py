"""Writing a card: beside its record, and into MLflow (a real SQLite store)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tests.evaluation.card.synthetic import keep_bundle, manifest_of, synthetic_record
from trending.errors import BundleError
from trending.evaluation.card.run import ARTIFACTS, find_run
from trending.evaluation.card.write import write_card
from trending.evaluation.record import EvaluationRecord, read_record
from trending.models.registry import BUNDLE_TAG, EXPERIMENT, REGISTERED_MODEL, open_client, set_alias
from trending.settings import Settings


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, EvaluationRecord]:
    """A home with one registered bundle of a run that took 957.7 seconds, and its record."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    client = open_client(settings)
    experiment = client.create_experiment(
        EXPERIMENT, artifact_location=(settings.root / "artifacts").as_uri()
    )
    run_id = client.create_run(experiment).info.run_id
    client.log_metric(run_id, "seconds", 957.7)
    record = synthetic_record()
    folder = settings.bundles_dir / "bert-1"
    digest = keep_bundle(folder, manifest_of(record))
    client.create_registered_model(REGISTERED_MODEL)
    tags = {"trending.digest": digest, BUNDLE_TAG: str(folder)}
    version = client.create_model_version(REGISTERED_MODEL, folder.as_uri(), run_id, tags=tags).version
    set_alias(settings, str(version), "champion")
    subject = replace(record.subject, bundle=str(folder), digest=digest, run_id=run_id, version=str(version))
    return settings, replace(record, subject=subject)


def test_the_card_lies_beside_its_record_and_in_the_run(
    registered: tuple[Settings, EvaluationRecord], tmp_path: Path
) -> None:
    settings, record = registered
    record.write(tmp_path / "evaluation.json")
    paths = write_card(settings, record, folder=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {
        "evaluation.json",
        "model_card.md",
        "model_card.html",
    }
    assert record.subject.run_id
    logged = open_client(settings).list_artifacts(record.subject.run_id, ARTIFACTS)
    assert {Path(one.path).name for one in logged} == {path.name for path in tmp_path.iterdir()}
    text = paths.markdown.read_text()
    assert "957.7 s" in text
    assert "| Aliases when this was written | champion |" in text
    assert read_record(tmp_path / "evaluation.json") == record


def test_a_bundle_named_by_its_folder_finds_its_run_by_its_digest(
    registered: tuple[Settings, EvaluationRecord],
) -> None:
    settings, record = registered
    found = find_run(settings, replace(record.subject, run_id=None, version=None))
    assert found is not None
    assert (found.run_id, found.version, found.seconds) == (record.subject.run_id, "1", 957.7)
    assert find_run(settings, replace(record.subject, run_id=None, digest="0" * 64)) is None


def test_a_run_of_another_tracking_server_is_said_to_be_unknown(
    registered: tuple[Settings, EvaluationRecord], tmp_path: Path
) -> None:
    settings, record = registered
    strange = replace(record, subject=replace(record.subject, run_id="0" * 32))
    text = write_card(settings, strange, folder=tmp_path).markdown.read_text()
    assert "Training run: this tracking server knows no run of the bundle" in text


def test_a_card_is_not_written_of_another_bundle_than_was_evaluated(
    registered: tuple[Settings, EvaluationRecord], tmp_path: Path
) -> None:
    settings, record = registered
    changed = replace(record, subject=replace(record.subject, digest="1" * 64))
    with pytest.raises(BundleError, match="not the bundle that was evaluated"):
        write_card(settings, changed, folder=tmp_path)
    assert not list(tmp_path.iterdir())
