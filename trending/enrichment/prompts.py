"""Prompts: Markdown files with a hash, and the one way in which untrusted text enters them."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from string import Template

from trending.errors import EnrichmentError
from trending.llm.protocol import Message, chat

HASH_DIGITS = 12
_PART = re.compile(r"^## (system|user)\s*$", re.MULTILINE)
_PLACEHOLDER = re.compile(r"\$\{?\w+\}?")
_BRACKETS = str.maketrans({"<": "‹", ">": "›", "[": "(", "]": ")", "`": "'", "{": "(", "}": ")", "|": "/"})


@dataclass(frozen=True)
class Prompt:
    """One prompt. `system` and `user` hold placeholders such as `$plot`."""

    name: str
    system: str
    user: str
    hash: str
    """SHA-256 of the file, shortened."""

    def render(self, **values: str) -> tuple[Message, ...]:
        """The chat with all placeholders filled. A value that holds a placeholder is not filled again."""
        return chat(Template(self.system).substitute(values), Template(self.user).substitute(values))

    @property
    def wording(self) -> str:
        """What of it is ours: all but the placeholders. No answer may repeat it."""
        return _PLACEHOLDER.sub(" ", f"{self.system}\n{self.user}")


@cache
def load_prompt(name: str) -> Prompt:
    """The prompt in `prompts/NAME.md`. Raises `EnrichmentError` where the file is missing or lacks a part."""
    file = files("trending.enrichment") / "prompts" / f"{name}.md"
    if not file.is_file():
        raise EnrichmentError(f"{name}: there is no prompt of that name in trending/enrichment/prompts.")
    text = file.read_text(encoding="utf-8")
    parts = _PART.split(text)
    found = dict(zip(parts[1::2], (part.strip() for part in parts[2::2]), strict=True))
    if set(found) != {"system", "user"}:
        raise EnrichmentError(f"prompts/{name}.md: needs the headings `## system` and `## user`, once each.")
    digest = hashlib.sha256(text.encode()).hexdigest()[:HASH_DIGITS]
    return Prompt(name, found["system"], found["user"], digest)


def enclosed(tag: str, text: str) -> str:
    """Untrusted text between `<tag>` and `</tag>`, which it cannot close.

    No angle bracket, of any width, is left in it, and so no tag and no chat token such as `<|im_start|>`; it has
    one line, so that nothing in it begins one, like a role or a heading.
    """
    return f"<{tag}>{defused(text)}</{tag}>"


def defused(text: str) -> str:
    """Untrusted text in one line, without any character that delimits something in a prompt."""
    # First to the compatibility form: it turns full-width brackets into those that are replaced next.
    return " ".join(unicodedata.normalize("NFKC", text).translate(_BRACKETS).split())
