"""Settings of the blend: which models answer together."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from trending.settings.section import Section


class BlendSettings(Section):
    """Several models as one."""

    members: Annotated[tuple[str, ...], Field(min_length=2)] = ("bert", "xgboost")
    """Each a kind of model, for the newest registered version of it on the same snapshot and split; or a registry
    alias, version, run id or bundle folder."""
    genre_bias: bool = True
    """Fit a bias for each genre beside the weight of each member."""
    penalty: float = Field(default=1.0, ge=0)
    """What holds weights near equal shares and biases near 0, in validation titles: the more, the closer."""

    @model_validator(mode="after")
    def _each_once(self) -> BlendSettings:
        if len(set(self.members)) < len(self.members):
            raise ValueError("members: name each model once")
        return self
