"""The project's pages, and the commands that stand on them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<fence>`{3,})(?P<language>[^\n`]*)\n(?P<body>.*?)^(?P=fence)\s*$", re.M | re.S)
INLINE = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
SHELLS = ("", "sh", "bash", "console", "shell")
PROGRAMS = ("trending", "make", "python")


@dataclass(frozen=True)
class Command:
    """A command on a page: its words, without what a shell does for it."""

    page: Path
    line: int
    words: tuple[str, ...]
    named: bool
    """In the middle of a sentence, where arguments may be left out."""

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}: {' '.join(self.words)}"


def pages() -> list[Path]:
    """README and everything under `docs/`."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]


def blocks(page: Path, *languages: str) -> list[str]:
    """The fenced blocks of these languages, in order."""
    found = FENCE.finditer(page.read_text(encoding="utf-8"))
    return [block["body"] for block in found if block["language"].strip() in languages]


def commands(*programs: str) -> Iterator[Command]:
    """Every call of these programs: in fenced shell blocks, and inline in backticks."""
    for page in pages():
        text = page.read_text(encoding="utf-8")
        fences = list(FENCE.finditer(text))
        for block in fences:
            if block["language"].strip() in SHELLS:
                lines = block["body"].replace("\\\n", "  ").splitlines()
                yield from _found(page, text, block.start("body"), lines, programs, named=False)
        plain = FENCE.sub(lambda block: re.sub(r"[^\n]", " ", block[0]), text)
        for inline in INLINE.finditer(plain):
            yield from _found(page, text, inline.start(), [inline[1]], programs, named=True)


def _found(
    page: Path, text: str, start: int, lines: list[str], programs: tuple[str, ...], *, named: bool
) -> Iterator[Command]:
    first = text.count("\n", 0, start) + 1
    for number, line in enumerate(lines):
        for words in _calls(line):
            if words and words[0] in programs:
                yield Command(page, first + number, tuple(words), named)


def _calls(line: str) -> Iterator[list[str]]:
    """The simple commands of a line of shell, without assignments before them, redirections and comments."""
    lexer = shlex.shlex(line.removeprefix("$ "), posix=True, punctuation_chars="();<>|&")
    lexer.whitespace_split, lexer.commenters = True, "#"
    try:
        words = list(lexer)
    except ValueError:  # prose in backticks with a lone quote
        return
    call: list[str] = []
    skip = False
    for word in [*words, ";"]:
        if skip:
            skip = False
        elif set(word) <= set(";|&()"):
            yield call
            call = []
        elif set(word) <= set("<>&"):
            skip = True
            call = call[:-1] if call and call[-1] in ("1", "2") else call  # the number of what is redirected
        elif call or not re.match(r"^[A-Z_][A-Z0-9_]*=", word):
            call.append(word)
