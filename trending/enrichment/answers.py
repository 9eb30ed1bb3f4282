"""The language model's answer: the JSON that it must give, reading it, and reading what has come of it so far."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from trending.errors import LLMError
from trending.settings import EnrichmentSettings

MAX_TAG_CHARS = 30
_FENCE = re.compile(r"^\s*```(?:json)?\s*\n(.*?)\n?\s*```\s*$", re.DOTALL)
_SUMMARY_START = re.compile(r'^\s*(?:```(?:json)?\s*)?\{\s*"summary"\s*:\s*"')
_HALF_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{0,3})?$")
_HALF_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}$")


@dataclass(frozen=True)
class Answer:
    """What the model said. Without reviews it is asked for tags alone."""

    summary: str
    vibe_score: int | None
    vibe_tags: tuple[str, ...]


def answer_schema(settings: EnrichmentSettings, *, reviewed: bool) -> dict[str, Any]:
    """JSON schema of an answer. `reviewed`: with summary and score, the summary first so that it can stream.

    The length of a summary is checked when it is there: guided output takes minutes to obey a bound of hundreds.
    """
    tags = {
        "type": "array",
        "items": {"type": "string", "maxLength": MAX_TAG_CHARS},
        "maxItems": settings.max_tags,
    }
    fields: dict[str, Any] = {"vibe_tags": tags}
    if reviewed:
        fields = {
            "summary": {"type": "string"},
            "vibe_score": {"type": "integer", "minimum": 1, "maximum": 10},
            **fields,
        }
    return {
        "type": "object",
        "properties": fields,
        "required": list(fields),
        "additionalProperties": False,
    }


def parse_answer(text: str, *, reviewed: bool) -> Answer:
    """Read an answer strictly: one JSON object, these fields and no others, these types.

    Raises `LLMError` that says what is wrong with it, without repeating any of it.
    """
    fenced = _FENCE.match(text)
    try:
        found = json.loads(
            fenced[1] if fenced else text, object_pairs_hook=_once_each, parse_constant=_no_constant
        )
    except (ValueError, RecursionError) as error:
        raise LLMError("it is not one JSON object") from error
    if not isinstance(found, Mapping):
        raise LLMError("it is not a JSON object")
    wanted = {"summary", "vibe_score", "vibe_tags"} if reviewed else {"vibe_tags"}
    if missing := wanted - set(found):
        raise LLMError(f"the field {sorted(missing)[0]} is missing")
    if set(found) - wanted:
        raise LLMError("it has fields that nobody asked for")
    return Answer(_summary(found), _score(found), _tags(found))


def draft_of(text: str) -> tuple[str, bool]:
    """The summary in an answer that is still arriving, and whether it is whole. Empty before it begins."""
    start = _SUMMARY_START.match(text)
    if not start:
        return "", False
    rest = text[start.end() :]
    end = re.search(r'(?<!\\)(?:\\\\)*"', rest)
    raw = rest[: end.end() - 1] if end else _HALF_PAIR.sub("", _HALF_ESCAPE.sub("", rest))
    try:
        return str(json.loads(f'"{raw}"', strict=False)), end is not None
    except ValueError:
        return "", False


def _summary(found: Mapping[str, Any]) -> str:
    summary = found.get("summary", "")
    if not isinstance(summary, str):
        raise LLMError("summary is not a text")
    return " ".join(summary.split())


def _score(found: Mapping[str, Any]) -> int | None:
    score = found.get("vibe_score")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int)):
        raise LLMError("vibe_score is not a whole number")
    if "vibe_score" in found and score is None:
        raise LLMError("vibe_score is empty")
    return score


def _tags(found: Mapping[str, Any]) -> tuple[str, ...]:
    tags = found["vibe_tags"]
    if not isinstance(tags, list) or not all(isinstance(tag, str) for tag in tags):
        raise LLMError("vibe_tags is not a list of texts")
    return tuple(tags)


def _once_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    if len({name for name, _ in pairs}) < len(pairs):
        raise ValueError("a field stands twice")
    return dict(pairs)


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")
