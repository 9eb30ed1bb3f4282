"""Measured rates and assumed prices, read from the files beside this one."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from trending.errors import CapacityError

HERE = Path(__file__).parent


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rate(_Strict):
    """Work that was done in a time, on so many cores or GPUs."""

    what: str
    work: float = Field(gt=0)
    unit: str
    seconds: float = Field(gt=0)
    cores: int = Field(default=0, ge=0)
    gpus: int = Field(default=0, ge=0)
    spreads: bool = True
    """More cores make it faster."""
    machine: str
    command: str
    page: str
    """Page and heading of the documentation where the figure stands."""
    covers: str

    @model_validator(mode="after")
    def _on_something(self) -> Rate:
        if bool(self.cores) == bool(self.gpus):
            raise ValueError("a rate is of cores or of GPUs, one of the two")
        return self

    @property
    def per_second(self) -> float:
        """Work a second of one core, or of one GPU."""
        return self.work / self.seconds / (self.cores or self.gpus)

    def seconds_for(self, work: float, *, units: float) -> float:
        """Seconds that so much work takes on so many cores or GPUs, if nothing is lost by spreading it."""
        return work / self.per_second / units


class Stored(_Strict):
    """Bytes that so many rows took."""

    bytes: float = Field(gt=0)
    rows: float = Field(gt=0)
    command: str
    page: str

    @property
    def per_row(self) -> float:
        """Bytes of one row."""
        return self.bytes / self.rows


class Check(_Strict):
    """Something else that was measured, which the rate should tell."""

    rate: str
    what: str
    work: float = Field(gt=0)
    seconds: float = Field(gt=0)
    cores: int = Field(gt=0)
    tolerance: float = Field(gt=0, lt=1)
    """Share of the measured seconds by which the prediction may be off."""
    page: str


class Rates(_Strict):
    """All that was measured, and what was not."""

    rates: dict[str, Rate]
    storage: dict[Literal["title", "review", "vector"], Stored]
    not_on_record: tuple[str, ...]
    checks: tuple[Check, ...]

    def __getitem__(self, name: str) -> Rate:
        return self.rates[name]


class Prices(_Strict):
    """What a core, a GPU and a gigabyte are assumed to cost."""

    name: str
    date: str
    source: str
    currency: str
    core_hour: float = Field(ge=0)
    gpu_hour: float = Field(ge=0)
    storage_gb_month: float = Field(ge=0)


Model = TypeVar("Model", bound=BaseModel)


def load_rates(file: Path | None = None) -> Rates:
    """The measured rates. Raises `CapacityError` for a file that does not hold them."""
    return _read(file or HERE / "rates.yaml", Rates)


def load_prices(file: Path | None = None) -> Prices:
    """The assumed prices, or those of a file of the same shape. Raises `CapacityError` naming each wrong value."""
    return _read(file or HERE / "prices.yaml", Prices)


def _read(file: Path, kind: type[Model]) -> Model:
    try:
        return kind.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise CapacityError(f"{file}: cannot be read: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise CapacityError(f"{file}: not YAML: {error}") from error
    except ValidationError as error:
        faults = [f"  {'.'.join(map(str, fault['loc']))}: {fault['msg']}" for fault in error.errors()]
        raise CapacityError(f"{file}: {len(faults)} wrong value(s):\n" + "\n".join(faults)) from error
