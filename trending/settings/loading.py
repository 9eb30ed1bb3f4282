"""How settings are built: defaults < profile < settings file < environment < options of the command."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

from trending.errors import SettingsError
from trending.settings.layers import PREFIX, STEP, Layer, blamed, file_layer, masked, merged, origin
from trending.settings.platform import Settings
from trending.settings.profiles import POLICY_FILE, SETTINGS_FILE, VARIABLE, find_profile
from trending.settings.yaml_file import read_yaml, wrong_values


@dataclass(frozen=True)
class Setting:
    """One value, and what said it."""

    name: str
    value: Any
    """As in JSON; passwords in addresses are left out."""
    origin: str
    """`default`, `FILE:LINE`, an environment variable, or an option."""


@dataclass(frozen=True)
class Loaded:
    """Settings, and what they were made of."""

    settings: Settings
    layers: tuple[Layer, ...]
    overrides: Mapping[str, Any]

    def each(self) -> Iterator[Setting]:
        """Every setting, section by section."""
        for place, value in _leaves(self.settings, ()):
            if place[0] in self.overrides and len(place) == 1:
                said = f"--{place[0]}"
            else:
                said = origin(place, self.layers, os.environ) or "default"
            yield Setting(".".join(place), masked(value), said)


def load_settings(
    file: Path | None = None,
    *,
    profile: str | None = None,
    values: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> Settings:
    """Settings from defaults, a profile, a YAML file, more `values` of the same shape, the environment and explicit
    overrides (the last wins).

    `file` may be the name of settings that ship with the package, from `ready_settings`. `profile` is the name of one
    or a folder; else the environment variable TRENDING_PROFILE names it, if any. Raises `SettingsError` naming every
    wrong value and where it stands.
    """
    return read_settings(file, profile=profile, values=values, **overrides).settings


def read_settings(
    file: Path | None = None,
    *,
    profile: str | None = None,
    values: Mapping[str, Any] | None = None,
    **overrides: Any,
) -> Loaded:
    """The same as `load_settings`, with what said each value."""
    chosen = profile or os.environ.get(VARIABLE) or None
    layers = (
        *(_profile_layers(chosen) if chosen else ()),
        *((_file_layer(file),) if file is not None else ()),
        *((Layer("arguments", values),) if values else ()),
    )
    _refuse_unknown_variables(os.environ)
    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        settings = Settings(**merged([layer.values for layer in layers]))
    except ValidationError as error:
        lines = [f"  {blamed(place, layers, os.environ)}: {said}" for place, said in wrong_values(error)]
        where = " and ".join(dict.fromkeys(layer.name for layer in layers)) or "environment"
        raise SettingsError(f"{where}: {len(lines)} wrong setting(s):\n" + "\n".join(lines)) from error
    update = given | ({"profile": chosen} if chosen else {})
    return Loaded(settings.model_copy(update=update), layers, given)


def ready_settings() -> dict[str, Path]:
    """Settings that ship with the package, by name."""
    return {file.stem: file for file in sorted((Path(__file__).parent / "ready").glob("*.yaml"))}


def changed(settings: Settings, sections: Mapping[str, Mapping[str, Any]]) -> Settings:
    """The settings with some values of some sections changed, as by options of a command.

    Raises `SettingsError` naming every wrong value.
    """
    update: dict[str, Any] = {}
    for name, values in sections.items():
        section: BaseModel = getattr(settings, name)
        try:
            update[name] = type(section).model_validate(merged([section.model_dump(), values]))
        except ValidationError as error:
            lines = [f"  {said}" for _, said in wrong_values(error)]
            raise SettingsError(
                f"options of {name}: {len(lines)} wrong setting(s):\n" + "\n".join(lines)
            ) from error
    return settings.model_copy(update=update)


def _profile_layers(word: str) -> Sequence[Layer]:
    """Its settings, over its policy of the gate, which stands beside them."""
    folder = find_profile(word)
    own = file_layer(read_yaml(folder / SETTINGS_FILE, of="settings", error=SettingsError))
    policy = folder / POLICY_FILE
    if not policy.is_file():
        return (own,)
    return Layer(str(policy), {"gate": {"policy_file": str(policy)}}), own


def _file_layer(file: Path) -> Layer:
    file = file if file.is_file() else ready_settings().get(str(file), file)
    if not file.is_file():
        ready = ", ".join(ready_settings())
        raise SettingsError(f"{file}: no such settings file, and none that ship by that name: {ready}.")
    return file_layer(read_yaml(file, of="settings", error=SettingsError))


def _refuse_unknown_variables(environ: Mapping[str, str]) -> None:
    """A section that there is not, as in TRENDING_TRIAN__SEED, would else be ignored in silence."""
    known = [name.upper() for name in Settings.model_fields]
    for name in environ:
        section, step, _ = name.upper().removeprefix(PREFIX).partition(STEP)
        if not name.upper().startswith(PREFIX) or not step or section in known:
            continue
        near = get_close_matches(section, known, n=1)
        meant = f" Did you mean {PREFIX}{near[0]}{STEP}...?" if near else ""
        raise SettingsError(f"environment variable {name}: there is no such section of the settings.{meant}")


def _leaves(section: BaseModel, place: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    plain = section.model_dump(mode="json")
    for name in type(section).model_fields:
        value = getattr(section, name)
        if isinstance(value, BaseModel):
            yield from _leaves(value, (*place, name))
        else:
            yield (*place, name), plain[name]
