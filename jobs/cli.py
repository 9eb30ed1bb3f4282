"""The command line: one command a job."""

from __future__ import annotations

from importlib import import_module

import typer

EPILOG = """All state lives under TRENDING_HOME (.trending in the current folder). Every job also runs as
`python -m jobs JOB`, and on a cluster by
`ray job submit --working-dir . --runtime-env runtime_env.yaml -- python -m jobs JOB`."""


COMMANDS = (
    "ingest",
    "train",
    "tune",
    "evaluate",
    "compare",
    "card",
    "calibration",
    "generalise",
    "explain",
    "promote",
    "promote:approve",
    "rollback",
    "models",
    "lineage",
    "reproduce",
    "trust",
    "enrich",
    "runs",
    "serve",
    "demo",
)
"""Jobs, in the order of `--help`: `NAME` is a function of that name in `jobs.NAME`, `MODULE:NAME` one of another."""
GROUPS = ("data", "labels", "audit", "keys")
"""Jobs of several commands: `jobs.NAME.app()`."""


def build_app() -> typer.Typer:
    """The application with all its jobs."""
    app = typer.Typer(
        name="trending",
        help="Film and TV catalogues into genres and vibes, on Ray: ingest, train, evaluate, enrich, serve.",
        epilog=EPILOG,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
        rich_markup_mode="markdown",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    for word in COMMANDS:
        module, _, other = word.partition(":")
        name = other or module
        app.command(name)(getattr(import_module(f"jobs.{module}"), name))
    for name in GROUPS:
        app.add_typer(import_module(f"jobs.{name}").app(), name=name)
    return app
