"""`trending config`: every setting and what said it; and whether the profiles can be read."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from jobs.console import HomeOption, JsonOption, Output, SettingsOption

if TYPE_CHECKING:
    from trending.settings import Settings

SectionArgument = Annotated[
    str | None, typer.Argument(help="Only this section or setting: `train.bert`.", show_default="all")
]
OwnOption = Annotated[bool, typer.Option("--changed", help="Only what is not a default.")]
ProfileOption = Annotated[
    str | None,
    typer.Option("--profile", help="As before the command: a name, or a folder.", show_default=False),
]


def app() -> typer.Typer:
    """The commands of `trending config`."""
    config = typer.Typer(
        help="Settings: every value and what said it (`show`), and whether the profiles can be read (`check`).",
        no_args_is_help=True,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    config.command("show")(show)
    config.command("check")(check)
    return config


def show(
    section: SectionArgument = None,
    only_changed: OwnOption = False,
    profile: ProfileOption = None,
    json: JsonOption = False,
    home: HomeOption = None,
    settings: SettingsOption = None,
) -> None:
    """Every setting, its value, and what said it: `default`, a file with the line, an environment variable, an option.

    Of a secret it is shown where it is and whether it is there, never what it is.

    Example: `trending --profile prod config show serve`
    """
    from rich.markup import escape
    from rich.table import Table

    from trending.errors import SettingsError
    from trending.settings import read_settings

    loaded = read_settings(settings, profile=profile, home=home)
    output = Output(as_json=json, settings=loaded.settings)
    found = [
        one
        for one in loaded.each()
        if section is None or one.name == section or one.name.startswith(f"{section}.")
    ]
    if not found:
        raise SettingsError(f"{section}: no such section or setting. `trending config show` lists all.")
    if only_changed:
        found = [one for one in found if one.origin != "default"]
    secrets = secrets_there(loaded.settings)
    table = Table("setting", "value", "from", box=None, header_style="bold", pad_edge=False)
    for one in found:
        said = one.origin.removeprefix(f"{Path.cwd()}/")
        table.add_row(one.name, _shown(one.value) + secrets.get(one.name, ""), escape(said))
    output.console.print(table)
    values = {one.name: {"value": one.value, "from": one.origin} for one in found}
    output.result({"profile": loaded.settings.profile, "settings": values})


def check(json: JsonOption = False) -> None:
    """Read the settings and the gate policy of every profile beside the package; ends with 1 where one is wrong.

    What the environment says is left out: it belongs to where a job runs, not to the profiles.
    """
    from trending.errors import TrendingError
    from trending.evaluation.gate.policy import load_policy
    from trending.settings import Settings, load_settings
    from trending.settings.profiles import profile_folders

    output = Output(as_json=json, settings=Settings())
    wrong: dict[str, str] = {}
    for name, folder in profile_folders().items():
        try:
            load_policy(load_settings(profile=name))
            output.console.print(f"{name}: sound ({folder})", soft_wrap=True)
        except TrendingError as error:
            wrong[name] = str(error)
            output.console.print(f"{name}: {error}", soft_wrap=True, markup=False, style="red")
    output.result({"profiles": sorted(profile_folders()), "wrong": wrong})
    if wrong:
        raise typer.Exit(1)


def secrets_there(settings: Settings) -> dict[str, str]:
    """Beside each setting that says where a secret is: whether it is there."""
    import os

    files = {
        "catalog_credential.file": settings.catalog_credential.file,
        "llm.api_key_file": settings.llm.api_key_file,
        "serve.keys_file": settings.serve.keys_file,
    }
    variables = {
        "catalog_credential.env": settings.catalog_credential.env,
        "llm.api_key_env": settings.llm.api_key_env if settings.llm.engine == "openai" else None,
    }
    there = {name: path.expanduser().is_file() for name, path in files.items() if path}
    there |= {name: bool(os.environ.get(word)) for name, word in variables.items() if word}
    return {name: " (there)" if found else " (not there)" for name, found in there.items()}


def _shown(value: object) -> str:
    from json import dumps

    from rich.markup import escape

    return escape(value if isinstance(value, str) else dumps(value, ensure_ascii=False))
