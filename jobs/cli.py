"""The command line: one command a job."""

from __future__ import annotations

import typer

EPILOG = """All state lives under TRENDING_HOME (.trending in the current folder). Every job also runs as
`python -m jobs JOB`, and on a cluster by
`ray job submit --working-dir . --runtime-env runtime_env.yaml -- python -m jobs JOB`."""


def build_app() -> typer.Typer:
    """The application with all its jobs."""
    from jobs import calibration, data, demo, enrich, evaluate, ingest, keys, runs, serve, train, trust, tune

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
    app.command("ingest")(ingest.ingest)
    app.command("train")(train.train)
    app.command("tune")(tune.tune)
    app.command("evaluate")(evaluate.evaluate)
    app.command("calibration")(calibration.calibration)
    app.command("trust")(trust.trust)
    app.command("enrich")(enrich.enrich)
    app.command("runs")(runs.runs)
    app.command("serve")(serve.serve)
    app.command("demo")(demo.demo)
    app.add_typer(data.app(), name="data")
    app.add_typer(keys.app(), name="keys")
    return app
