"""`trending keys`: who may ask the service."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, cast

import typer

from jobs.console import HomeOption, JsonOption, SettingsOption, open_output

if TYPE_CHECKING:
    from serve_app.api.keys import KeyFile, Scope
    from trending.settings import Settings

NameArgument = Annotated[str, typer.Argument(help="Who or what the key is for; shown in lists and feedback.")]
ScopeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--scope",
        help="`read` (search, genres), `write` (also enrich, chat, feedback) or `admin` (also system details). "
        "May be repeated. Default: `read`.",
    ),
]
RateOption = Annotated[
    int | None,
    typer.Option("--rate", min=1, help="Requests a minute. Default: `serve.rate_per_minute`, 6000."),
]


def app() -> typer.Typer:
    """The commands of `trending keys`."""
    keys = typer.Typer(
        help="API keys of the service: add, list, revoke. Without any, it is open to its own machine only.",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    keys.command("add")(add)
    keys.command("list")(show)
    keys.command("revoke")(revoke)
    return keys


def add(
    name: NameArgument,
    scope: ScopeOption = None,
    rate: RateOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Make a key and print it, once: only its hash is kept. A running service knows it within a second or two.

    Example: `trending keys add nightly-report --scope read --rate 600`
    """
    output = open_output(as_json=json, home=home, settings_file=settings)
    file = _file(output.settings)
    secret, key = file.add(name, _scopes(scope or ["read"]), rate_per_minute=rate)
    say = output.console.print
    say(f"Key of [bold]{key.name}[/bold], scopes {', '.join(key.scopes)}. It is shown this once:")
    say(f"\n  {secret}\n", soft_wrap=True)
    say("Send it as the header [bold]Authorization: Bearer KEY[/bold].")
    output.result({"name": key.name, "scopes": key.scopes, "rate_per_minute": rate, "key": secret})


def show(json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None) -> None:
    """All keys: names, scopes, rates, and when they were made. The keys themselves are not kept."""
    from rich.table import Table

    output = open_output(as_json=json, home=home, settings_file=settings)
    kept = _file(output.settings).keys()
    table = Table("name", "scopes", "a minute", "made")
    default = output.settings.serve.rate_per_minute
    for key in kept:
        rate = str(key.rate_per_minute or f"{default} (default)")
        table.add_row(key.name, ", ".join(key.scopes), rate, key.created)
    output.console.print(table if kept else "No keys. Make one: trending keys add NAME --scope read")
    rows = [
        {"name": k.name, "scopes": k.scopes, "rate_per_minute": k.rate_per_minute, "created": k.created}
        for k in kept
    ]
    output.result({"keys": rows})


def revoke(
    name: NameArgument, json: JsonOption = False, home: HomeOption = None, settings: SettingsOption = None
) -> None:
    """Forget a key: a running service refuses it within a second or two.

    When the last key is revoked, the service stays closed. To open it, remove the file and start it again.
    """
    output = open_output(as_json=json, home=home, settings_file=settings)
    file = _file(output.settings)
    file.revoke(name)
    left = len(file.keys())
    output.console.print(f"Revoked [bold]{name}[/bold]; {left} left.")
    if not left:
        output.console.print(f"The service now answers nobody. To open it again, remove {file.path}.")
    output.result({"revoked": name, "left": left})


def _file(settings: Settings) -> KeyFile:
    from serve_app.api.keys import KeyFile

    return KeyFile(settings.keys_file)


def _scopes(names: list[str]) -> tuple[Scope, ...]:
    from serve_app.api.keys import SCOPES

    unknown = sorted({*names} - {*SCOPES})
    if unknown:
        raise typer.BadParameter(
            f"{', '.join(unknown)}: scopes are {', '.join(SCOPES)}", param_hint="--scope"
        )
    return tuple(cast("Scope", name) for name in SCOPES if name in names)
