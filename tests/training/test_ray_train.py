from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from types import FrameType
from typing import NoReturn

import pytest
import ray

from trending.errors import TrainingError
from trending.settings.resources import Device
from trending.training.ray_train import gpus_for, on_workers, run_to_end


@pytest.fixture
def gpus(request: pytest.FixtureRequest, ray_cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cluster that says it has so many."""
    monkeypatch.setattr(ray, "cluster_resources", lambda: {"CPU": 4.0, "GPU": float(request.param)})


@pytest.mark.parametrize(
    ("gpus", "device", "workers", "expected"),
    [
        (0, "auto", 2, "on 2 workers"),
        (1, "auto", 1, "on 1 worker"),
        (1, "auto", 2, "on 2 workers without a GPU (1 cannot be shared by 2 workers)"),
        (1, "cpu", 2, "on 2 workers"),
        (2, "auto", (2, 4), "on 2 to 4 workers"),
        (1, "auto", (2, 4), "on 2 to 4 workers without a GPU (1 cannot be shared by 2 workers)"),
    ],
    indirect=["gpus"],
)
def test_a_person_is_told_why_no_gpu_is_used_where_there_are_some(
    gpus: None, device: Device, workers: int | tuple[int, int], expected: str
) -> None:
    assert on_workers(workers, device) == expected


@pytest.mark.parametrize("gpus", [2], indirect=True)
def test_auto_takes_gpus_where_there_is_one_for_every_worker(gpus: None) -> None:
    assert [gpus_for("auto", workers) for workers in (1, 2, 3)] == [True, True, False]
    assert not gpus_for("cpu", 1)
    assert gpus_for("cuda", 2)
    with pytest.raises(TrainingError, match=r"3 worker.*cluster has 2"):
        gpus_for("cuda", 3)


class Interrupted:
    """Takes Ctrl-C for itself, as Ray Train does, and is then interrupted, or not."""

    def __init__(self, *, interrupted: bool) -> None:
        self._interrupted = interrupted

    def fit(self) -> str:
        def leave(number: int, frame: FrameType | None) -> NoReturn:
            raise SystemExit(0)

        signal.signal(signal.SIGINT, leave)
        if self._interrupted:
            signal.raise_signal(signal.SIGINT)
        return "trained"


class Quiet:
    def fit(self) -> str:
        return "trained"


def test_ctrl_c_in_a_training_is_ctrl_c_and_so_it_is_after_it() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        run_to_end(Interrupted(interrupted=True))
    assert signal.getsignal(signal.SIGINT) is before
    assert run_to_end(Interrupted(interrupted=False)) == "trained"
    assert signal.getsignal(signal.SIGINT) is before


def test_a_training_in_another_thread_leaves_signals_alone() -> None:
    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(run_to_end, Quiet()).result() == "trained"
