"""Is this a JSON schema that guided output can obey? Asked first: an engine may not survive one that it cannot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trending.errors import PromptError

TYPES = {"object", "array", "string", "number", "integer", "boolean", "null"}
NOTES = {"title", "description", "default", "examples", "$schema", "$id", "$comment"}
"""Say nothing about what is allowed."""
SCHEMAS = {"items", "additionalProperties"}
LISTS = {"anyOf", "oneOf"}
NAMED = {"properties", "$defs", "definitions"}
COUNTS = {"minLength", "maxLength", "minItems", "maxItems"}
BOUNDS = {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}
VALUES = {"enum", "const", "required", "type", "$ref"}
KNOWN = NOTES | SCHEMAS | LISTS | NAMED | COUNTS | BOUNDS | VALUES
MAX_DEPTH, MAX_NODES = 16, 512
MAX_REPEATS = 256
"""Counts multiplied along a branch. The grammar holds each repetition by itself: a text of at most 400 characters kept
the engine, and all who shared it, busy for minutes."""


def check_schema(schema: Mapping[str, Any]) -> None:
    """Raises `PromptError` that names the place and the keyword which is unknown or wrong."""
    _Check(schema).visit(schema, "$", 0)


class _Check:
    def __init__(self, root: Mapping[str, Any]) -> None:
        self._root = root
        self._nodes = 0

    def visit(self, schema: Any, where: str, depth: int, repeats: int = 1) -> None:
        """Checks a schema and all below it. `repeats`: how often the arrays around it may repeat it."""
        self._nodes += 1
        if depth > MAX_DEPTH or self._nodes > MAX_NODES:
            raise PromptError(
                f"json_schema: {where}: too large; {MAX_DEPTH} levels, {MAX_NODES} parts at most."
            )
        if isinstance(schema, bool):
            return
        if not isinstance(schema, Mapping):
            raise _wrong(where, "expected a schema")
        for key in schema:
            if key not in KNOWN:
                raise _wrong(where, f"keyword {key!r} is not supported")
        self._values(schema, where)
        repeats = self._repeats(schema, where, repeats)
        for key in SCHEMAS & schema.keys():
            self.visit(schema[key], f"{where}.{key}", depth + 1, repeats)
        for key in LISTS & schema.keys():
            self._each(schema[key], f"{where}.{key}", depth, repeats)
        for key in NAMED & schema.keys():
            self._named(schema[key], f"{where}.{key}", depth, repeats)

    def _repeats(self, schema: Mapping[str, Any], where: str, repeats: int) -> int:
        for key in COUNTS & schema.keys():
            if schema[key] * repeats > MAX_REPEATS:
                raise _wrong(where, f"{key} takes too long to obey; {MAX_REPEATS // repeats} at the most")
        return repeats * max(1, schema.get("maxItems", 1), schema.get("minItems", 1))

    def _each(self, schemas: Any, where: str, depth: int, repeats: int) -> None:
        if not isinstance(schemas, list | tuple) or not schemas:
            raise _wrong(where, "expected a list of schemas")
        for index, schema in enumerate(schemas):
            self.visit(schema, f"{where}[{index}]", depth + 1, repeats)

    def _named(self, schemas: Any, where: str, depth: int, repeats: int) -> None:
        if not isinstance(schemas, Mapping):
            raise _wrong(where, "expected schemas by name")
        for name, schema in schemas.items():
            self.visit(schema, f"{where}.{name}", depth + 1, repeats)

    def _values(self, schema: Mapping[str, Any], where: str) -> None:
        kinds = schema.get("type", [])
        for kind in [kinds] if isinstance(kinds, str) else kinds:
            if kind not in TYPES:
                raise _wrong(where, f"type {kind!r} is none of {', '.join(sorted(TYPES))}")
        if "enum" in schema and not (isinstance(schema["enum"], list | tuple) and schema["enum"]):
            raise _wrong(where, "enum must be a list that is not empty")
        required = schema.get("required", [])
        if not isinstance(required, list | tuple) or not all(isinstance(r, str) for r in required):
            raise _wrong(where, "required must be a list of names")
        for key in COUNTS & schema.keys():
            if not _is_number(schema[key], int) or schema[key] < 0:
                raise _wrong(where, f"{key} must be a whole number, 0 or more")
        for key in BOUNDS & schema.keys():
            if not _is_number(schema[key], int | float):
                raise _wrong(where, f"{key} must be a number")
        self._ranges(schema, where)
        if "$ref" in schema:
            self._ref(schema["$ref"], where)

    def _ranges(self, schema: Mapping[str, Any], where: str) -> None:
        for low, high in (("minLength", "maxLength"), ("minItems", "maxItems"), ("minimum", "maximum")):
            if low in schema and high in schema and schema[low] > schema[high]:
                raise _wrong(where, f"{low} is more than {high}")

    def _ref(self, ref: Any, where: str) -> None:
        target: Any = self._root
        if not isinstance(ref, str) or not ref.startswith("#/"):
            raise _wrong(where, "$ref must point into the schema itself: #/$defs/NAME")
        for part in ref[2:].split("/"):
            target = target.get(part) if isinstance(target, Mapping) else None
        if target is None:
            raise _wrong(where, f"$ref {ref!r} points at nothing")


def _is_number(value: Any, kind: Any) -> bool:
    return isinstance(value, kind) and not isinstance(value, bool)


def _wrong(where: str, what: str) -> PromptError:
    return PromptError(f"json_schema: {where}: {what}.")
