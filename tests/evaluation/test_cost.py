"""Cost is measured in a process of its own, by what that process does."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.evaluation.fitted import DOCUMENTS, linear_bundle
from trending.errors import EvaluationError
from trending.evaluation import cost_process
from trending.evaluation.cost import machine, serving_cost, size_mib


def test_a_bundle_is_measured_in_a_fresh_process(tmp_path: Path) -> None:
    bundle = linear_bundle(tmp_path / "b")
    found = serving_cost(bundle, DOCUMENTS, singles=100, batched=64)
    assert 0 < found.latency_p50_ms <= found.latency_p99_ms
    assert found.titles_per_s > 0
    assert found.memory_mib > 20, "it holds scikit-learn"
    assert found.size_mib == pytest.approx(sum(p.stat().st_size for p in (tmp_path / "b").iterdir()) / 2**20)
    assert found.machine == machine()


def test_what_the_model_holds_in_memory_is_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Greedy:
        def __init__(self) -> None:
            self.held = bytearray(b"x" * (200 * 2**20))

        def predict_proba(self, documents: list[str]) -> list[str]:
            calls.append(len(documents))
            return documents

    class Loaded:
        model = None

        def __init__(self, folder: Path) -> None:
            self.model = Greedy()

    calls: list[int] = []
    monkeypatch.setattr("trending.models.bundle.load_bundle", Loaded)
    work = {
        "folder": str(tmp_path), "documents": ["d"] * 10, "singles": 5, "batched": 10, "batch_size": 4, "warm_up": 2
    }  # fmt: skip
    found = cost_process.measure(work)
    assert calls == [1] * 2 + [1] * 5 + [4, 4, 2]
    assert found["memory_mib"] > 190


def test_peak_memory_of_a_process_does_not_begin_with_its_parents(tmp_path: Path) -> None:
    held = bytearray(b"x" * (400 * 2**20))
    found = serving_cost(linear_bundle(tmp_path / "b"), DOCUMENTS, singles=2, batched=2)
    assert found.memory_mib < len(held) / 2**20


def test_a_damaged_bundle_fails_with_its_reason(tmp_path: Path) -> None:
    bundle = linear_bundle(tmp_path / "b")
    (bundle.folder / "linear.safetensors").write_bytes(b"broken")
    with pytest.raises(EvaluationError, match=r"linear\.safetensors"):
        serving_cost(bundle.folder, DOCUMENTS, singles=1, batched=1)


def test_nothing_is_measured_without_documents(tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="without documents"):
        serving_cost(tmp_path, [])


def test_the_size_is_that_of_all_files(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a").write_bytes(b"x" * 2**20)
    (tmp_path / "b").write_bytes(b"x" * 2**19)
    assert size_mib(tmp_path) == 1.5


def test_the_process_loads_nothing_heavy_before_it_looks_at_its_memory() -> None:
    import subprocess

    code = "import sys, trending.evaluation.cost_process; print('numpy' in sys.modules)"
    root = Path(cost_process.__file__).parents[2]
    done = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
