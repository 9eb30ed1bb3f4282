"""The command line: one command a job."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Annotated

import typer

ProfileOption = Annotated[
    str | None,
    typer.Option(
        "--profile",
        help="Where the job runs: `laptop`, `dev`, `staging`, `prod`, or a folder (else TRENDING_PROFILE, else none).",
        show_default=False,
    ),
]
EPILOG = """All state lives under TRENDING_HOME (.trending in the current folder). Every job also runs as
`python -m jobs JOB`, and on a cluster by
`ray job submit --working-dir . --runtime-env runtime_env.yaml -- python -m jobs JOB`."""


COMMANDS = (
    "plan",
    "ingest",
    "train",
    "tune",
    "evaluate",
    "compare",
    "card",
    "calibration",
    "generalise",
    "explain",
    "monitor",
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
    "capacity",
    "demo",
)
"""Jobs, in the order of `--help`: `NAME` is a function of that name in `jobs.NAME`, `MODULE:NAME` one of another."""
GROUPS = ("config", "data", "labels", "audit", "keys", "cluster")
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
    app.callback()(choose_profile)
    for word in COMMANDS:
        module, _, other = word.partition(":")
        name = other or module
        app.command(name)(getattr(import_module(f"jobs.{module}"), name))
    for name in GROUPS:
        app.add_typer(import_module(f"jobs.{name}").app(), name=name)
    return app


def choose_profile(context: typer.Context, profile: ProfileOption = None) -> None:
    """Film and TV catalogues into genres and vibes, on Ray: ingest, train, evaluate, enrich, serve."""
    if profile:
        context.with_resource(profile_in_environment(profile))


@contextmanager
def profile_in_environment(profile: str) -> Iterator[None]:
    """TRENDING_PROFILE for the length of a command.

    It is the one place that `load_settings` looks at, and processes that the command starts inherit it: the workers
    of a local Ray, and the service.
    """
    from trending.settings.profiles import VARIABLE, find_profile

    find_profile(profile)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = profile
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before
