"""The arguments of the app, typed: what `serve deploy` reads from `config.yaml`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from trending.settings import Settings, load_settings


class AppArguments(BaseModel):
    """Which settings the app has."""

    model_config = ConfigDict(extra="forbid")

    settings: Path | None = None
    """Settings file, or the name of settings that ship with the package."""
    home: Path | None = None
    """Folder of all state; else TRENDING_HOME, else `.trending` in the working folder."""
    values: dict[str, Any] = Field(default_factory=dict)
    """Settings by themselves, as in a file; they win over those of the file."""

    def load(self) -> Settings:
        """The settings. Raises `SettingsError` naming every wrong value."""
        return load_settings(self.settings, values=self.values, home=self.home)
