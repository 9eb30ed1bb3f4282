"""How often the drift check is wrong: false alarms on windows without drift, and planted drifts that it finds.

    python -m benchmarks.drift --home HOME                    # with a champion and its snapshot
    python -m benchmarks.drift --home HOME --sizes 250 500 1000 --windows 200

Titles are those of the model's snapshot that it was not trained on. Each window is drawn from them at random, and what
is left is the reference. Drifts are planted in such windows; texts that a drift changes are embedded and answered anew.
"""

from __future__ import annotations

import argparse
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from rich.console import Console
from rich.table import Table

from benchmarks.drift_texts import CHANGES
from trending.models.bundle import Bundle, load_bundle
from trending.models.registry import resolve_model
from trending.monitoring.drift import find_drift
from trending.monitoring.titles import held_out_documents, reference_of, window_of
from trending.monitoring.window import Window, joined
from trending.settings import Settings, load_settings

Rows = npt.NDArray[np.intp]
POOL = 1000
"""Titles whose texts are changed, for each change; windows are drawn from them."""
SHARE = 0.3
"""Of a window, for drifts that come into it with other titles."""


@dataclass(frozen=True)
class Material:
    """What windows are drawn from."""

    titles: Window
    genres: tuple[str, ...]
    changed: dict[str, Window]
    """For each change of texts, `POOL` titles as they are after it."""


def main() -> None:
    """Draw, judge, count, print."""
    arguments = parse_arguments()
    settings = load_settings(home=arguments.home)
    material = prepare(settings, arguments.model)
    results = []
    for size in arguments.sizes:
        for name, plant in drifts(material).items():
            results.append(measure(material, name, plant, size, arguments.windows, settings))
            Console(stderr=True).print(results[-1])
    print_table(results)
    if arguments.json:
        arguments.json.write_text(json.dumps(results, indent=1), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.drift", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--home", type=Path, help="state with the model and its snapshot; default: .trending")
    parser.add_argument(
        "--model", default="champion", help="registry alias, version, run id or bundle folder"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[500], help="titles of a window")
    parser.add_argument("--windows", type=int, default=200, help="of each kind")
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def prepare(settings: Settings, model: str) -> Material:
    """The titles that the model was not trained on, and some of them with their texts changed."""
    bundle = load_bundle(resolve_model(settings, model).folder)
    reference = reference_of(settings, bundle)
    documents = held_out_documents(settings, bundle)
    assert len(documents) == len(reference.window)
    rows = np.random.default_rng(0).permutation(len(documents))[:POOL]
    changed = {
        name: changed_window(settings, bundle, reference.vocabulary, reference.window.take(rows),
                             [change(documents[row]) for row in rows])
        for name, change in CHANGES.items()
    }  # fmt: skip
    return Material(reference.window, tuple(bundle.model.genres), changed)


def changed_window(
    settings: Settings, bundle: Bundle, vocabulary: frozenset[str], before: Window, documents: list[str]
) -> Window:
    """The titles with these texts: read and answered anew, filed as before. Their language is what they say it is."""
    after = window_of(
        settings,
        bundle,
        documents,
        vocabulary,
        languages=before.languages.tolist(),
        platforms=before.platforms.tolist(),
        kinds=before.kinds.tolist(),
    )
    return replace(after, labels=before.labels)


def drifts(material: Material) -> dict[str, Callable[[np.random.Generator, int], tuple[Window, Rows]]]:
    """How each kind of window is made: from a generator and a size to the window, and the titles it is made of."""
    titles = material.titles

    def usual(random: np.random.Generator, size: int) -> tuple[Window, Rows]:
        rows = random.permutation(len(titles))[:size]
        return titles.take(rows), rows

    def platform(random: np.random.Generator, size: int) -> tuple[Window, Rows]:
        largest = Counter(titles.platforms.tolist()).most_common(2)[-1][0]
        rows = random.permutation(np.flatnonzero(titles.platforms == largest))[:size]
        # Its texts are to give it away, not its name.
        mixed = random.choice(titles.platforms, len(rows))
        return replace(titles.take(rows), platforms=mixed), rows

    def genre(random: np.random.Generator, size: int) -> tuple[Window, Rows]:
        assert titles.labels is not None
        shares = titles.labels.mean(axis=0)
        doubled = int(np.argmin(np.abs(shares - 0.12)))
        has = titles.labels[:, doubled]
        weights = np.where(has, 2 * shares[doubled] / has.sum(), (1 - 2 * shares[doubled]) / (~has).sum())
        rows = random.choice(len(titles), size, replace=False, p=weights / weights.sum())
        return titles.take(rows), rows

    def with_text(name: str, share: float) -> Callable[[np.random.Generator, int], tuple[Window, Rows]]:
        def made(random: np.random.Generator, size: int) -> tuple[Window, Rows]:
            kept, rows = usual(random, size - round(share * size))
            pool = material.changed[name]
            return joined([kept, pool.take(random.permutation(len(pool))[: round(share * size)])]), rows

        return made

    return {
        "none": usual,
        "another platform's titles": platform,
        "one genre doubled": genre,
        "a third in another language": with_text("language", SHARE),
        "plots cut to three fifths": with_text("shorter", 1.0),
        "a tenth without a plot": with_text("broken", 0.1),
        "a tenth with mark-up in it": with_text("markup", 0.1),
    }


def measure(
    material: Material,
    name: str,
    plant: Callable[[np.random.Generator, int], tuple[Window, Rows]],
    size: int,
    windows: int,
    settings: Settings,
) -> dict[str, Any]:
    """Share of such windows that alarm, and by which signals."""
    random = np.random.default_rng(size)
    alarmed, named = 0, Counter[str]()
    for _ in range(windows):
        window, rows = plant(random, size)
        left = np.setdiff1d(np.arange(len(material.titles)), rows)
        drift = find_drift(
            material.titles.take(left), window, material.genres, settings.monitoring.drift,
            seed=int(random.integers(2**31)),
        )  # fmt: skip
        alarmed += bool(drift.alarms)
        named.update(one.name for one in drift.alarms)
    return {
        "drift": name,
        "titles": size,
        "windows": windows,
        "alarmed": alarmed / windows,
        "signals": {signal: count / windows for signal, count in named.most_common(4)},
    }


def print_table(results: list[dict[str, Any]]) -> None:
    """A row a kind of window and size."""
    table = Table(box=None, header_style="bold")
    for column in ("drift", "titles", "windows", "alarmed", "by"):
        table.add_column(column, justify="left" if column in ("drift", "by") else "right")
    for one in results:
        signals = ", ".join(f"{signal} {share:.0%}" for signal, share in one["signals"].items())
        table.add_row(
            one["drift"], f"{one['titles']:,}", str(one["windows"]), f"{one['alarmed']:.1%}", signals
        )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
