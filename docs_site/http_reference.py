"""The HTTP API's reference, from the OpenAPI document that a test holds equal to the code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "openapi.json"
HEAD = """# HTTP API

Made from [openapi.json](../openapi.json) when the site is built; a running service shows the same at `/docs`, where it
can be tried. [The HTTP API](../api.md) says how it behaves: keys, streams,
errors, headers.
"""


def http_page() -> str:
    """The page as Markdown: operations by address, then the schemas that they name."""
    document = json.loads(DOCUMENT.read_text(encoding="utf-8"))
    operations = [
        _operation(method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    schemas = [_schema(name, schema) for name, schema in sorted(document["components"]["schemas"].items())]
    return "\n".join([HEAD, *operations, "## Schemas\n", *schemas])


def _operation(method: str, path: str, operation: dict[str, Any]) -> str:
    scope = operation.get("x-scope")
    parts = [
        f"## `{method.upper()} {path}`",
        f"**{operation['summary']}.** {operation.get('description', '')}",
    ]
    parts.append(f"Scope: `{scope}`." if scope else "No key needed.")
    parameters = operation.get("parameters", [])
    if parameters:
        rows = [
            f"| `{p['name']}` | {p['in']} | {_type(p['schema'])} | {_cell(p.get('description', ''))} |"
            for p in parameters
        ]
        parts.append("\n".join(["| parameter | in | type | |", "| --- | --- | --- | --- |", *rows]))
    body = operation.get("requestBody")
    if body:
        told = [f"{kind}: {_type(content['schema'])}" for kind, content in body["content"].items()]
        parts.append("Body: " + "; ".join(told) + ".")
    rows = [
        f"| {status} | {_bodies(answer)} | {_cell(answer['description'])} |"
        for status, answer in sorted(operation["responses"].items())
    ]
    parts.append("\n".join(["| status | body | |", "| --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def _schema(name: str, schema: dict[str, Any]) -> str:
    parts = [f"### {name}", schema.get("description", "")]
    required = set(schema.get("required", ()))
    rows = [
        f"| `{field}` | {_type(about)} | {'yes' if field in required else ''} | {_cell(about.get('description', ''))} |"
        for field, about in schema.get("properties", {}).items()
    ]
    if rows:
        parts.append("\n".join(["| field | type | required | |", "| --- | --- | --- | --- |", *rows]))
    return "\n\n".join(parts) + "\n"


def _bodies(answer: dict[str, Any]) -> str:
    return ", ".join(
        dict.fromkeys(_type(content.get("schema", {})) for content in answer.get("content", {}).values())
    )


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words, its names linked."""
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[-1]
        return f"[{name}](#{name.lower()})"
    for word in ("anyOf", "oneOf", "allOf"):
        if word in schema:
            return " or ".join(dict.fromkeys(_type(one) for one in schema[word]))
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    return f"{schema.get('type', 'anything')}{_bounds(schema)}"


BOUNDS = (
    ("minimum", "≥"),
    ("exclusiveMinimum", ">"),
    ("maximum", "≤"),
    ("exclusiveMaximum", "<"),
    ("maxLength", "length ≤"),
)


def _bounds(schema: dict[str, Any]) -> str:
    told = [f"{sign} {schema[word]:g}" for word, sign in BOUNDS if isinstance(schema.get(word), int | float)]
    return f" {', '.join(told)}" if told else ""


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")
