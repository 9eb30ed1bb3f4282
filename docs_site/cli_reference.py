"""The command line's reference, from the Typer app itself."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any, get_args

SHARED = ("--json", "--home", "--settings", "--help")
HEAD = """# Command line

Made from the code when the site is built. Every job takes `--json` (one JSON object as the last line of standard
output), `--home` (the folder of all state) and `--settings` (a YAML file, or settings that ship with the package), and
exits with 0 when it is done, 1 for an error that its message explains or a verdict against, 2 for wrong usage, 130 when
it was stopped by Ctrl-C. Each also runs as `python -m jobs JOB`.
"""


def cli_page() -> str:
    """The page as Markdown: a section a command, in the order of `trending --help`."""
    from typer.main import get_command

    from jobs.cli import build_app

    app: Any = get_command(build_app())
    before = [_table(options)] if (options := _options(app)) else []
    return "\n".join([HEAD, *before, *(_section(words, command) for words, command in commands(app))])


def commands(command: Any, words: tuple[str, ...] = ("trending",)) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command that does something, with the words that call it."""
    below = getattr(command, "commands", None)
    if below is None:
        yield words, command
        return
    for name, one in below.items():
        yield from commands(one, (*words, name))


def _section(words: tuple[str, ...], command: Any) -> str:
    arguments = [p for p in command.params if p.param_type_name == "argument"]
    options = _options(command)
    usage = " ".join([*words, *(["[OPTIONS]"] if options else []), *map(_placeholder, arguments)])
    parts = [f"## `{' '.join(words)}`", inspect.cleandoc(command.help or ""), f"```text\n{usage}\n```"]
    if arguments or options:
        parts.append(_table([*arguments, *options]))
    return "\n\n".join(parts) + "\n"


def _options(command: Any) -> list[Any]:
    return [p for p in command.params if p.param_type_name == "option" and p.opts[0] not in SHARED]


def _table(parameters: list[Any]) -> str:
    rows = [f"| {_names(p)} | {_meaning(p)} | {_default(p)} |" for p in parameters]
    return "\n".join(["| option | what it does | default |", "| --- | --- | --- |", *rows, ""])


def _placeholder(argument: Any) -> str:
    name = argument.name.upper() + ("..." if argument.nargs == -1 else "")
    return name if argument.required else f"[{name}]"


def _names(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{_placeholder(parameter)}`"
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    if parameter.is_flag:
        return names + "".join(f" / `{name}`" for name in parameter.secondary_opts)
    choices = get_args(parameter.type_descriptor.annotation)
    if choices and all(isinstance(choice, str) for choice in choices):
        return f"{names}<br>{' '.join(f'`{choice}`' for choice in choices)}"
    kind = getattr(parameter.type_descriptor.annotation, "__name__", "")
    return f"{names} {KINDS.get(kind, 'TEXT')}"


KINDS = {"int": "NUMBER", "float": "NUMBER", "Path": "PATH"}


def _meaning(parameter: Any) -> str:
    bounds = [
        f"{word} {bound}"
        for word, bound in (("least", parameter.min), ("most", parameter.max))
        if bound is not None
    ]
    repeat = (
        "; may be repeated"
        if getattr(parameter, "multiple", False) and "repeated" not in parameter.help
        else ""
    )
    tail = f" ({', '.join(bounds)})" if bounds else ""
    return (parameter.help or "").replace("|", "\\|") + repeat + tail


def _default(parameter: Any) -> str:
    if isinstance(parameter.show_default, str):
        return parameter.show_default
    value = parameter.default
    if parameter.required:
        return "required"
    if value is None or value is False or value == ():
        return ""
    return "on" if value is True else f"`{value}`"
