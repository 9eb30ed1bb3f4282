"""docs/ml-test-score.md says nothing that is not there: links, tests, jobs and sums."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PAGE = Path(__file__).resolve().parents[1] / "docs" / "ml-test-score.md"
SECTIONS = ("Data", "Models", "Infrastructure", "Monitoring")
LINK = re.compile(r"\[(?P<text>[^\]]+)\]\((?P<target>[^)]+)\)")


@dataclass(frozen=True)
class Row:
    """One of the 28."""

    section: str
    number: str
    question: str
    score: float
    evidence: str

    @property
    def links(self) -> list[tuple[str, Path]]:
        """Text without back-ticks, and the file."""
        return [
            (found["text"].strip("`"), (PAGE.parent / found["target"].partition("#")[0]).resolve())
            for found in LINK.finditer(self.evidence)
        ]


def rows() -> Iterator[Row]:
    section = ""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("## "):
            section = line[3:].partition(":")[0]
        elif re.match(r"\| [A-Z]\d \|", line):
            number, question, score, evidence = (cell.strip() for cell in line.strip("|").split("|"))
            yield Row(section, number, question, float(score), evidence)


ROWS = list(rows())


def test_there_are_seven_questions_in_each_of_four_sections() -> None:
    assert {name: sum(row.section == name for row in ROWS) for name in SECTIONS} == dict.fromkeys(SECTIONS, 7)
    assert len({row.question for row in ROWS}) == len({row.number for row in ROWS}) == 28


def test_the_sums_are_right_and_the_score_is_the_smallest() -> None:
    text = PAGE.read_text(encoding="utf-8")
    sums = {name: sum(row.score for row in ROWS if row.section == name) for name in SECTIONS}
    for name, total in sums.items():
        assert f"## {name}: {total:g} of 7\n" in text
    assert f"**Score: {min(sums.values()):g}**" in text


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_what_is_claimed_is_shown(row: Row) -> None:
    assert row.score in (0, 0.5, 1)
    if row.score:
        assert row.links, "a score needs something that answers the question"
    if row.score == 1:
        assert any(text.startswith("test_") for text, _ in row.links)
    assert ("Missing:" in row.evidence) == (row.score < 1), (
        "less than 1 says what is missing, 1 has nothing missing"
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.number)
def test_no_link_is_dead_and_every_test_exists(row: Row) -> None:
    for text, target in row.links:
        assert target.is_file(), f"{row.number}: {target} is not there"
        if text.startswith("test_"):
            defined = re.findall(r"^(?:async )?def (\w+)\(", target.read_text(encoding="utf-8"), re.MULTILINE)
            assert text in defined, f"{row.number}: {target.name} has no {text}"
        elif text.startswith("trending "):
            assert text.removeprefix("trending ") in jobs(), f"{row.number}: there is no job {text!r}"


def jobs() -> set[str]:
    from jobs.cli import build_app

    return {command.name or "" for command in build_app().registered_commands}
