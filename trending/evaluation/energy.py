"""What a training may have taken of energy: an estimate from its time, where nothing was metered.

Green Algorithms (Lannelongue, Grealey and Inouye 2021, doi:10.1002/advs.202100707): cores and memory at constant
power, times the overhead of the building. No power meter is read, so the estimate is right to a factor of two or three
at best; it compares trainings, and says of one whether it took a kettle's worth or a car's.
"""

from __future__ import annotations

from dataclasses import dataclass

CORE_W = 12.0
"""Watts of a core whose model is not known, the default of Green Algorithms; server processors have 3 to 15."""
MEMORY_W_PER_GIB = 0.3725
OVERHEAD = 1.67
"""Power usage effectiveness of the average data centre, as in Green Algorithms. 1 for a machine under a desk."""


@dataclass(frozen=True)
class EnergyEstimate:
    """Kilowatt-hours, and what they were estimated from."""

    kwh: float
    assumptions: str
    """For a reader, in one sentence."""


def estimate_energy(
    seconds: float,
    *,
    cores: int,
    memory_gib: float,
    gpus: int = 0,
    gpu_w: float = 0.0,
    core_w: float = CORE_W,
    overhead: float = OVERHEAD,
) -> EnergyEstimate:
    """Energy of `seconds` in which `cores` and `gpus` (each of `gpu_w` watts) were busy all the time.

    Raises `ValueError` for GPUs without their power: their makers state it, and it differs tenfold.
    """
    if gpus and gpu_w <= 0:
        raise ValueError("gpus without gpu_w: state the power of one in watts")
    watts = cores * core_w + memory_gib * MEMORY_W_PER_GIB + gpus * gpu_w
    with_gpus = f", {gpus} GPUs at {gpu_w:g} W" if gpus else ""
    return EnergyEstimate(
        kwh=watts * overhead * seconds / 3.6e6,
        assumptions=(
            f"Estimated, not metered: {cores} cores at {core_w:g} W{with_gpus}, {memory_gib:g} GiB of memory at "
            f"{MEMORY_W_PER_GIB:g} W each, busy for {seconds:,.0f} s, times {overhead:g} for the building."
        ),
    )
