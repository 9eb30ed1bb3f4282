"""Profiles: one folder an environment, with its settings and the policy of its gate."""

from __future__ import annotations

from pathlib import Path

from trending.errors import SettingsError

VARIABLE = "TRENDING_PROFILE"
SETTINGS_FILE = "settings.yaml"
POLICY_FILE = "gate.yaml"
PROFILES = Path(__file__).resolve().parents[2] / "cluster" / "profiles"
"""In the repository, which is also what the working folder of a submitted job is a copy of."""


def profile_folders() -> dict[str, Path]:
    """The profiles beside the package, by name."""
    return {file.parent.name: file.parent for file in sorted(PROFILES.glob(f"*/{SETTINGS_FILE}"))}


def find_profile(word: str) -> Path:
    """The folder of a profile: by its name, or a folder of one's own.

    Raises `SettingsError` where there is none.
    """
    if (Path(word) / SETTINGS_FILE).is_file():
        return Path(word)
    named = profile_folders()
    if word not in named:
        known = ", ".join(named) or f"none, because {PROFILES} is not there"
        raise SettingsError(
            f"{word}: no such profile. There are: {known}. Or name a folder that holds a {SETTINGS_FILE}."
        )
    return named[word]
