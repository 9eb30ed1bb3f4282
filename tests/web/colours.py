"""How far apart colours look, to everybody and to those who see red and green alike."""

from __future__ import annotations

import re
from itertools import combinations

import numpy as np
import numpy.typing as npt

Colour = npt.NDArray[np.float64]

# Machado, Oliveira & Fernandes 2009, severity 1, on linear RGB.
SIGHT = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
# Ottosson's OKLab: linear RGB to cone responses, their cube roots to lightness and two hues.
_CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
_LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def linear(colour: str) -> Colour:
    """Linear RGB of `#rrggbb`."""
    parts = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio, 1 to 21."""
    lights = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (one, other))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def closest(colours: dict[str, str], sight: str) -> tuple[float, str, str]:
    """The two colours that look most alike: distance in OKLab, and their names."""
    lab = {
        name: _LAB @ np.cbrt(np.clip(SIGHT[sight] @ linear(c), 0, 1) @ _CONES.T)
        for name, c in colours.items()
    }
    return min((float(np.linalg.norm(lab[a] - lab[b])), a, b) for a, b in combinations(colours, 2))


def custom_properties(css: str) -> dict[str, str]:
    """`--name` to value, of one rule's body."""
    return dict(re.findall(r"--([\w-]+):\s*([^;]+);", css))
