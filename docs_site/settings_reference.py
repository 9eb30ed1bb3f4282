"""The settings' reference: fields, defaults and bounds from the pydantic models, meanings from their docstrings."""

from __future__ import annotations

import ast
import inspect
import itertools
import re
import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, get_args, get_origin

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic.fields import FieldInfo

HEAD = """# Settings

Made from the code when the site is built. A value comes from a YAML file (`--settings FILE`, sections nested) or from
the environment, which wins: `TRENDING_`, then the path in capitals, with two underscores between its parts.

```yaml
serve:
  port: 8080          # TRENDING_SERVE__PORT=8080
```

An unknown name or a value out of its bounds stops a job before it starts, with the place of each.
"""


def settings_page() -> str:
    """The page as Markdown: a table for each section."""
    from trending.settings import Settings

    return "\n".join([HEAD, *(_section(path, model) for path, model in sections(Settings, ""))])


def sections(model: type[BaseModel], path: str) -> Iterator[tuple[str, type[BaseModel]]]:
    """Every section below the model, itself first, with its dotted path."""
    yield path, model
    for name, field in model.model_fields.items():
        below = _model_of(field)
        if below is not None:
            yield from sections(below, f"{path}.{name}" if path else name)


def _section(path: str, model: type[BaseModel]) -> str:
    meanings = dict(_meanings(model))
    rows = [
        f"| `{name}` | {_default(field)} | {_kind(field)} | {meanings.get(name, '')} |"
        for name, field in model.model_fields.items()
        if _model_of(field) is None
    ]
    title = f"`{path}`" if path else "Top level"
    about = (model.__doc__ or "").strip().replace("\n", " ")
    table = ["| setting | default | values | |", "| --- | --- | --- | --- |", *rows] if rows else []
    return "\n".join([f"## {title}", "", re.sub(r"\s+", " ", about), "", *table, ""])


def _meanings(model: type[BaseModel]) -> Iterator[tuple[str, str]]:
    """The docstring under each field, of base classes too."""
    for base in reversed(model.__mro__):
        if not base.__module__.startswith("trending."):
            continue
        [found] = ast.parse(textwrap.dedent(inspect.getsource(base))).body
        body = found.body if isinstance(found, ast.ClassDef) else []
        for field, text in itertools.pairwise(body):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                match text:
                    case ast.Expr(ast.Constant(str(told))):
                        yield field.target.id, re.sub(r"\s+", " ", told).strip().replace("|", "\\|")


def _model_of(field: FieldInfo) -> type[BaseModel] | None:
    from pydantic import BaseModel

    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "required"
    value = field.get_default(call_default_factory=True, validated_data={})
    if value is None:
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else _plain(value)}`"


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _kind(field: FieldInfo) -> str:
    bounds = [
        f"{sign} {getattr(rule, word)}"
        for rule in field.metadata
        for word, sign in SIGNS
        if hasattr(rule, word)
    ]
    return f"{_told(field.annotation)} {', '.join(bounds)}".strip().replace("|", "\\|")


SIGNS = (
    ("ge", "≥"),
    ("gt", ">"),
    ("le", "≤"),
    ("lt", "<"),
    ("min_length", "length ≥"),
    ("max_length", "length ≤"),
)
WORDS = {"bool": "true or false", "int": "whole number", "float": "number", "str": "text", "Path": "path"}


def _told(kind: Any) -> str:
    """A type in words: choices, or what one may write."""
    parts = [part for part in get_args(kind) if part is not type(None)]
    if all(isinstance(part, str) for part in parts) and parts:
        return ", ".join(f"`{part}`" for part in parts)
    origin = getattr(get_origin(kind), "__name__", "")
    if origin in ("tuple", "list"):
        inner = dict.fromkeys(_told(part) for part in parts if part is not Ellipsis)
        return f"list of {' or '.join(inner)}"
    if origin == "dict":
        return "mapping"
    if parts:
        return " or ".join(dict.fromkeys(_told(part) for part in parts if part is not Ellipsis))
    return WORDS.get(getattr(kind, "__name__", ""), getattr(kind, "__name__", "value"))
