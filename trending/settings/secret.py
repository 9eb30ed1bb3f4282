"""Secrets, by reference: settings say where one is, never what it is."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import model_validator

from trending.errors import SettingsError
from trending.settings.section import Section


class SecretSettings(Section):
    """Where a secret is. Neither: there is none."""

    env: str | None = None
    """Environment variable that holds it."""
    file: Path | None = None
    """File that holds it, as a mounted secret does."""

    @model_validator(mode="after")
    def _one_place(self) -> SecretSettings:
        if self.env and self.file:
            raise ValueError("env and file: name one of them")
        return self

    def read(self) -> str | None:
        """The secret, None where there is none. Raises `SettingsError` where it is not at its place."""
        if self.env:
            found, place = os.environ.get(self.env, "").strip(), f"the environment variable {self.env}"
        elif self.file:
            path = self.file.expanduser()
            found = path.read_text(encoding="utf-8").strip() if path.is_file() else ""
            place = f"the file {path}"
        else:
            return None
        if not found:
            raise SettingsError(f"A secret is missing: {place} is not there, or empty.")
        return found
