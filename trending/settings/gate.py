"""Settings of the promotion gate."""

from __future__ import annotations

from pathlib import Path

from trending.settings.section import Section


class GateSettings(Section):
    """What a model must pass before it serves."""

    policy_file: Path | None = None
    """A `gate.yaml`. None: that of the profile, else the policy of a laptop, which ships with the package."""
