"""The service under load, side by side with what people would use instead.

    python -m benchmarks.serving --home HOME                          # titles of that home
    python -m benchmarks.serving --home HOME --data ../shared/data    # real titles
    python -m benchmarks.serving --only genres --rivals serve --seconds 10

`genres`: `POST /v1/genres` of every server, beside the model alone. `llm`: tokens a second, beside the engine alone.
`overload`: three times what the service can do. HOME must hold a trained BERT (`trending train bert`).
"""

from __future__ import annotations

import argparse
import json
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.serving_genres import OURS, Asked, measure_genres, ours
from benchmarks.serving_llm import measure_llm
from benchmarks.serving_overload import measure_overload
from benchmarks.serving_tables import print_ceiling, print_genres, print_llm, print_overload
from benchmarks.serving_texts import load_texts
from trending.errors import RegistryError
from trending.models.registry import resolve_model, versions_of
from trending.settings import Settings, load_settings

PARTS = ("genres", "overload", "llm")


def main() -> None:
    """Run the parts and print their tables."""
    arguments = parse_arguments()
    settings = load_settings(home=arguments.home)
    bundle = Path(arguments.bundle) if arguments.bundle else bert_bundle(settings)
    asked = Asked(load_texts(settings, arguments.data), arguments.clients, arguments.seconds)
    figures: dict[str, Any] = {"bundle": bundle.name, "titles": len(asked.texts.titles)}
    if "genres" in arguments.only:
        alone, found = measure_genres(bundle, settings.root, asked, only=arguments.rivals, say=say)
        figures |= {"ceiling": [asdict(one) for one in alone], "genres": [asdict(one) for one in found]}
        print_ceiling(alone)
        print_genres(alone[0], found)
    if "overload" in arguments.only:
        ways = [
            ours(f"{OURS}, Serve's proxy", bundle, settings.root, haproxy="false"),
            ours(OURS, bundle, settings.root, haproxy="true"),
        ]
        overloads = [measure_overload(way, asked) for way in ways if not say(f"overload: {way.name}")]
        figures["overload"] = [asdict(one) for one in overloads]
        print_overload(overloads)
    if "llm" in arguments.only:
        generated = measure_llm(settings.root, bundle, asked.texts, 2 * asked.seconds, say=say)
        figures["llm"] = [asdict(one) for one in generated]
        print_llm(generated)
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1), encoding="utf-8")


def say(what: str) -> None:
    """Where the benchmark is."""
    print(f"... {what}", flush=True)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description=str(__doc__).partition("\n")[0]
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--rivals", default="", help="only servers whose name holds this")
    parser.add_argument("--seconds", type=float, default=5.0, help="of each load")
    parser.add_argument("--clients", type=numbers, default=(1, 8, 32, 64), help="of the closed loops")
    parser.add_argument("--home", type=Path, help="state with a trained BERT; default: .trending")
    parser.add_argument("--bundle", help="folder of a BERT bundle; default: the newest BERT of the home")
    parser.add_argument(
        "--data", type=Path, help="folder of the real catalogues; default: titles of the home"
    )
    parser.add_argument("--json", type=Path, help="also write the figures to this file")
    return parser.parse_args()


def numbers(text: str) -> tuple[int, ...]:
    """`1,8,32`."""
    return tuple(int(part) for part in text.split(","))


def bert_bundle(settings: Settings) -> Path:
    """The champion if it is a BERT, else the newest BERT. Raises `RegistryError` where there is none."""
    found = versions_of(settings, "bert")
    if not found:
        raise RegistryError(f"{settings.root}: no BERT is registered. `trending train bert` trains one.")
    try:
        champion = resolve_model(settings, "champion").folder
    except RegistryError:
        return found[0].folder
    return champion if champion in [one.folder for one in found] else found[0].folder


if __name__ == "__main__":
    main()
