"""What settings are made of, weakest first, and which of it said what."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trending.errors import SettingsError
from trending.settings.yaml_file import YamlFile

PREFIX = "TRENDING_"
STEP = "__"
NOT_IN_A_FILE = "profile"
_PASSWORD = re.compile(r"://[^/\s:@]*:[^/\s@]+@")

Place = Sequence[int | str]
"""Names of sections, of the setting, and of what is inside it."""


@dataclass(frozen=True)
class Layer:
    """Values that were given together: those of a file, or by a program."""

    name: str
    values: Mapping[str, Any]
    file: YamlFile | None = None

    def origin(self, place: Place) -> str:
        """Where this layer says it: file and line, or its name."""
        return self.file.where(place) if self.file else self.name


def file_layer(file: YamlFile) -> Layer:
    """The layer of a settings file.

    Raises `SettingsError` where it chooses a profile, which would come too late, or holds a password.
    """
    if NOT_IN_A_FILE in file.values:
        raise SettingsError(
            f"{file.where([NOT_IN_A_FILE])}: a file cannot choose the profile: `--profile` or TRENDING_PROFILE does."
        )
    for place, text in _texts(file.values, ()):
        if _PASSWORD.search(text):
            raise SettingsError(
                f"{file.where(place)}: {'.'.join(map(str, place))} holds a password. Take it out of the file, and set "
                f"{variable(place)} where the job runs."
            )
    return Layer(str(file.path), file.values, file)


def origin(place: Place, layers: Sequence[Layer], environ: Mapping[str, str]) -> str | None:
    """What said the value at `place`: an environment variable, else the last layer that has it; None where nothing
    did."""
    if (name := _said_by(place, environ)) is not None:
        return name
    return next((layer.origin(place) for layer in reversed(layers) if _holds(layer.values, place)), None)


def blamed(place: Place, layers: Sequence[Layer], environ: Mapping[str, str]) -> str:
    """Where a value at `place` is wrong, or missing: where the nearest part around it was said."""
    for steps in range(len(place), 0, -1):
        if found := origin(place[:steps], layers, environ):
            return found
    return layers[-1].name if layers else "settings"


def variable(place: Place) -> str:
    """The environment variable of a setting."""
    return PREFIX + STEP.join(map(str, place)).upper()


def masked(value: Any) -> Any:
    """The value, without the password of an address."""
    return _PASSWORD.sub("://***@", value) if isinstance(value, str) else value


def merged(layers: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Section by section, the last wins; what is not a section is replaced."""
    found: dict[str, Any] = {}
    for over in layers:
        both = {
            name: merged([found[name], value])
            for name, value in over.items()
            if isinstance(value, Mapping) and isinstance(found.get(name), Mapping)
        }
        found = {**found, **over, **both}
    return found


def _said_by(place: Place, environ: Mapping[str, str]) -> str | None:
    """The variable of this setting, or that of a section that it is in, which then is JSON."""
    upper = {name.upper(): text for name, text in environ.items() if name.upper().startswith(PREFIX)}
    for steps in range(len(place), 0, -1):
        name = variable(place[:steps])
        if name in upper and (steps == len(place) or _holds(_json(upper[name]), place[steps:])):
            return name
    return None


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _holds(values: Any, place: Place) -> bool:
    """Whether the value at `place` is in `values`, or a value that should have been a section is in its way."""
    for step in place:
        if isinstance(values, Mapping):
            if step not in values:
                return False
            values = values[step]
        elif isinstance(values, list) and isinstance(step, int) and step < len(values):
            values = values[step]
        else:
            return True
    return True


def _texts(value: Any, place: tuple[int | str, ...]) -> Iterator[tuple[tuple[int | str, ...], str]]:
    if isinstance(value, str):
        yield place, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _texts(inner, (*place, name))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from _texts(inner, (*place, number))
