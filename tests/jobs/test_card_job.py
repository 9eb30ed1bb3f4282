"""`trending card` as a stranger meets it: the newest evaluation of that bundle, or what to do first."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jobs.__main__ import main
from tests.evaluation.card.synthetic import keep_bundle, manifest_of, synthetic_record
from trending.evaluation.record import EvaluationRecord
from trending.settings import Settings


@pytest.fixture
def evaluated(settings: Settings) -> EvaluationRecord:
    """A bundle's record; nothing of it is kept yet."""
    record = synthetic_record()
    folder = settings.bundles_dir / "bert-1"
    digest = keep_bundle(folder, manifest_of(record))
    return replace(record, subject=replace(record.subject, bundle=str(folder), digest=digest, run_id=None))


def keep(settings: Settings, record: EvaluationRecord, name: str) -> Path:
    file = settings.reports_dir / "evaluations" / f"{record.subject.digest[:12]}-{name}" / "evaluation.json"
    record.write(file)
    return file


def run(
    capsys: pytest.CaptureFixture[str], settings: Settings, record: EvaluationRecord
) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(["card", record.subject.bundle, "--home", str(settings.home), "--json"])
    out, err = capsys.readouterr()
    return int(stop.value.code or 0), out, err


def test_the_card_is_made_of_the_newest_evaluation_of_that_bundle(
    capsys: pytest.CaptureFixture[str], settings: Settings, evaluated: EvaluationRecord
) -> None:
    keep(settings, replace(evaluated, created_at="2026-11-28T10:00:00+00:00"), "b")
    newest = keep(settings, replace(evaluated, created_at="2026-11-29T10:00:00+00:00"), "a")
    other = replace(evaluated.subject, digest=evaluated.subject.digest[:12] + "0" * 52)
    keep(settings, replace(evaluated, subject=other, created_at="2026-11-30T10:00:00+00:00"), "c")
    code, out, err = run(capsys, settings, evaluated)
    assert code == 0, err
    (line,) = out.splitlines()
    told = json.loads(line)
    assert told["record"] == str(newest)
    assert told["evaluated_at"] == "2026-11-29T10:00:00+00:00"
    assert "micro-F1 is 0.663" in Path(told["markdown"]).read_text()
    assert Path(told["html"]).parent == newest.parent


def test_without_an_evaluation_it_says_what_to_do(
    capsys: pytest.CaptureFixture[str], settings: Settings, evaluated: EvaluationRecord
) -> None:
    code, _, err = run(capsys, settings, evaluated)
    assert code == 1
    assert "trending evaluate" in err
