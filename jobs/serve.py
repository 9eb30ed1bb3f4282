"""`trending serve`: the service and its page, until Ctrl-C."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption, open_output

if TYPE_CHECKING:
    from trending.settings import Settings

ModelOption = Annotated[
    str | None,
    typer.Option("--model", help="Registry alias, version, run id or bundle folder. Default: `champion`."),
]
HostOption = Annotated[
    str | None,
    typer.Option("--host", help="Address to listen on. Default: 127.0.0.1. Another one needs API keys."),
]
PortOption = Annotated[int | None, typer.Option("--port", min=1, max=65535, help="Default: 8000.")]
ChallengerOption = Annotated[
    str | None, typer.Option("--challenger", help="A second model: alias, version, run id or bundle folder.")
]
WeightOption = Annotated[
    float | None,
    typer.Option("--weight", min=0, max=1, help="Share of the clients that the challenger answers."),
]
ShadowOption = Annotated[
    float | None,
    typer.Option("--shadow", min=0, max=1, help="Share of requests that the challenger answers unseen."),
]
LLMOption = Annotated[
    str | None, typer.Option("--llm", help="Engine of the language model: openvino, vllm, openai or none.")
]


def serve(
    model: ModelOption = None,
    host: HostOption = None,
    port: PortOption = None,
    challenger: ChallengerOption = None,
    weight: WeightOption = None,
    shadow: ShadowOption = None,
    llm: LLMOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Serve the API and its page until Ctrl-C: genres, enrichment, search, chat.

    Example: `curl -s localhost:8000/v1/genres -H 'content-type: application/json'
    -d '{"title": "Heat", "plot": "A detective hunts a careful thief."}'`
    """
    output = open_output(as_json=json, home=home, settings_file=settings)
    output.settings = with_options(
        output.settings,
        serve={"model": model, "host": host, "port": port},
        traffic={"challenger": challenger, "weight": weight, "shadow": shadow},
        llm={"engine": llm},
    )
    with served(output) as address:
        output.result({"address": address, "model": output.settings.serve.model})
        wait_until_stopped()


@contextmanager
def served(output: Output) -> Iterator[str]:
    """Ray and the app, up; yields the address, which a person has been told."""
    from serve_app.environment import prepare_environment

    environment = prepare_environment(output.settings)
    from serve_app.app import running_app
    from trending.ray_session import ray_session

    with output.steps() as steps:
        steps("Starting Ray")
        with ray_session(output.settings, environment=environment):
            steps(f"Starting the service with {output.settings.serve.model}")
            with running_app(output.settings) as address:
                steps.close()
                tell(output, address)
                yield address


def tell(output: Output, address: str, *, stays: bool = True) -> None:
    """Where the page is, and who is let in."""
    say = output.console.print
    until = " Ctrl-C stops it." if stays else ""
    say(
        f"\nTrending Now at [bold]{address}/[/bold], the API's pages at {address}/docs.{until}",
        soft_wrap=True,
    )
    if not output.settings.keys_file.is_file():
        say("[dim]No API keys: this machine alone is let in. `trending keys add NAME` makes one.[/dim]")


def wait_until_stopped() -> None:
    """Until Ctrl-C or SIGTERM, which are then no errors."""
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopped.set())
    stopped.wait()


def with_options(settings: Settings, **sections: dict[str, object]) -> Settings:
    """The settings with those options that were given. Raises `SettingsError` for a wrong value."""
    from trending.settings import changed

    given = {name: {k: v for k, v in values.items() if v is not None} for name, values in sections.items()}
    traffic = given.pop("traffic", {})
    if traffic:
        given["serve"] = {**given["serve"], "traffic": traffic}
    return changed(settings, given)
