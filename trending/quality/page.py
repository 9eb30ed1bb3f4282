"""Self-contained HTML pages and Markdown reports from templates: no network, no script, light and dark.

A report has its own template that says `{% extends "page.html" %}` and fills the blocks `header` and `main`;
`macros.html` has its tables and bars. See `templates/` beside this module.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

TEMPLATES = Path(__file__).parent / "templates"


def render(template: str, *, folder: Path | None = None, **context: Any) -> str:
    """The text of a template filled with `context`; a name that is not in it is an error.

    `folder` holds the report's own templates, looked up before the shared ones. Values are escaped in
    `.html`; in `.md` a template writes `{{ value|cell }}` for text that comes from data.
    """
    folders = [folder, TEMPLATES] if folder else [TEMPLATES]
    environment = Environment(
        loader=FileSystemLoader(folders),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(number=number, percent=percent, cell=markdown_cell, blocks=text_bar)
    return environment.get_template(template).render(**context)


def number(value: float, digits: int = 0) -> str:
    """`18454` as `18,454`."""
    return f"{value:,.{digits}f}"


def percent(share: float, digits: int | None = None) -> str:
    """`0.4321` as `43%`; below ten percent with one decimal, and what is not nothing never reads as 0."""
    if digits is None:
        digits = 0 if share >= 0.0995 or share == 0 else 1
    if 0 < share < 0.0005:
        return "<0.1%"
    return f"{share:.{digits}%}"


def markdown_cell(value: object) -> str:
    """Text that cannot break out of a Markdown table cell or become mark-up."""
    text = " ".join(str(value).split())
    for sign in "\\`*_[]<>|":
        text = text.replace(sign, f"\\{sign}" if sign not in "<>" else {"<": "&lt;", ">": "&gt;"}[sign])
    return text


def text_bar(share: float, width: int = 24) -> str:
    """A bar of block characters for plain text, full at a share of 1."""
    eighths = round(max(0.0, min(share, 1.0)) * width * 8)
    full, rest = divmod(eighths, 8)
    return "█" * full + ("", *"▏▎▍▌▋▊▉")[rest]
