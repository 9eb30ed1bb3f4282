"""`trending serve`: a registered model behind HTTP."""

from __future__ import annotations

import signal
import threading
from typing import Annotated

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="Registry alias, version, run id or bundle folder. Default: `champion`."),
]
HostOption = Annotated[str | None, typer.Option("--host", help="Address to listen on. Default: 127.0.0.1.")]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Default: 8000.")]


def serve(
    model: ModelOption = None,
    host: HostOption = None,
    port: PortOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Serve a model until Ctrl-C: `POST /v1/genres`, `/healthz`, `/readyz`, `/docs`.

    Example: `curl -s localhost:8000/v1/genres -H 'content-type: application/json'
    -d '{"titles": [{"title": "Heat", "plot": "A detective hunts a careful thief."}]}'`
    """
    from serve_app.app import running_app
    from trending.ray_session import ray_session

    output = open_output(as_json=json, home=home, settings_file=settings)
    given = {"model": model, "host": host, "port": port}
    update = {name: value for name, value in given.items() if value is not None}
    chosen = output.settings.model_copy(update={"serve": output.settings.serve.model_copy(update=update)})
    stopped = threading.Event()
    with output.steps() as steps:
        steps("Starting Ray")
        with ray_session(chosen):
            steps(f"Loading {chosen.serve.model}")
            with running_app(chosen) as address:
                steps.close()
                output.console.print(
                    f"\nServing [bold]{chosen.serve.model}[/bold] at {address}/docs - Ctrl-C stops it"
                )
                output.result({"address": address, "model": chosen.serve.model})
                signal.signal(signal.SIGTERM, lambda *_: stopped.set())
                stopped.wait()
