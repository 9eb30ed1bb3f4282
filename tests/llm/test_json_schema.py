from __future__ import annotations

from typing import Any

import pytest

from trending.errors import PromptError
from trending.llm.json_schema import check_schema

GOOD = {
    "type": "object",
    "title": "Rating",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 20},
        "tags": {"type": "array", "items": {"$ref": "#/$defs/tag"}, "maxItems": 3},
        "score": {"anyOf": [{"type": "integer", "minimum": 1, "maximum": 10}, {"type": "null"}]},
        "kind": {"type": ["string", "null"]},
        "fixed": {"const": "x"},
    },
    "required": ["name"],
    "additionalProperties": False,
    "$defs": {"tag": {"enum": ["a", "b"]}},
}


def test_what_the_platform_asks_for_is_good() -> None:
    check_schema(GOOD)
    check_schema({})


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        ({"type": "nope"}, r"\$: type 'nope'"),
        ({"type": "object", "properties": {"a": {"type": "strin"}}}, r"\$\.properties\.a: type 'strin'"),
        ({"properties": []}, "expected schemas by name"),
        ({"items": 3}, "expected a schema"),
        ({"anyOf": []}, "expected a list"),
        ({"anyOf": [{"enum": []}]}, r"anyOf\[0\]: enum"),
        ({"pattern": "(a+)+$"}, "'pattern' is not supported"),
        ({"$ref": "https://example.org/schema"}, "must point into the schema itself"),
        ({"$ref": "#/$defs/none"}, "points at nothing"),
        ({"minimum": "1"}, "minimum must be a number"),
        ({"minimum": 5, "maximum": 1}, "minimum is more than maximum"),
        ({"maxLength": -1}, "maxLength"),
        ({"maxItems": True}, "maxItems"),
        ({"maxLength": 400}, "maxLength takes too long to obey; 256 at the most"),
        ({"items": {"maxLength": 30}, "maxItems": 10}, r"\$\.items: maxLength takes too long to obey; 25 "),
        ({"required": "name"}, "required"),
        ({"enum": "name"}, "enum"),
    ],
)
def test_what_an_engine_may_not_survive_is_refused(schema: dict[str, Any], said: str) -> None:
    with pytest.raises(PromptError, match=said):
        check_schema(schema)


def test_a_schema_that_is_too_deep_or_too_large_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"items": deep}
    with pytest.raises(PromptError, match="too large"):
        check_schema(deep)
    with pytest.raises(PromptError, match="too large"):
        check_schema({"properties": {f"p{i}": {} for i in range(1000)}})
