from __future__ import annotations

import pytest

from trending.evaluation.energy import estimate_energy


def test_an_hour_of_cores_memory_and_gpus_is_their_watts_times_the_overhead() -> None:
    found = estimate_energy(3600, cores=10, memory_gib=40, gpus=2, gpu_w=300, core_w=10, overhead=1.5)
    assert found.kwh == pytest.approx((10 * 10 + 40 * 0.3725 + 2 * 300) * 1.5 / 1000)
    assert "not metered" in found.assumptions
    assert "2 GPUs at 300 W" in found.assumptions


def test_gpus_of_unknown_power_are_not_guessed() -> None:
    with pytest.raises(ValueError, match="gpu_w"):
        estimate_energy(60, cores=1, memory_gib=1, gpus=1)
