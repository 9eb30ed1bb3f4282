"""The card as a reader gets it: every part with its plot, nothing empty, nothing from outside, nothing unescaped."""

from __future__ import annotations

import re
from collections.abc import Mapping
from html.parser import HTMLParser
from typing import Any

import pytest

from tests.evaluation.card.synthetic import data_facts, manifest_of, run_facts, synthetic_record
from trending.evaluation.card.write import render_card
from trending.evaluation.record import EvaluationRecord

EVIL = '<img src=x onerror="alert(1)"> | [a](b)'
SECTIONS = {
    "use",
    "scores",
    "genres",
    "calibration",
    "slices",
    "confusions",
    "robustness",
    "fairness",
    "explanations",
    "cost",
    "limits",
    "origin",
}
EMPTY: Mapping[str, Mapping[str, Any]] = {
    "calibration": {"reliability": {}},
    "slices": {"slices": []},
    "confusions": {"confusions": []},
    "robustness": {"robustness": []},
    "explanations": {"explanations": None},
    "cost": {"cost": None},
    "fairness": {"robustness": [], "slices": []},
}
"""What makes each section empty."""


class Reader(HTMLParser):
    """A page's text, its sections, its drawings' names, and tags that stay open."""

    VOID = frozenset({"meta", "br", "rect", "line", "circle", "polyline"})

    def __init__(self, page: str) -> None:
        super().__init__()
        self.text, self.open = "", list[str]()
        self.ids, self.links, self.tags, self.drawings = set[str](), set[str](), set[str](), list[str]()
        self.feed(re.sub(r"<style>.*?</style>", "", page, flags=re.DOTALL))
        self.text = " ".join(self.text.split())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        self.tags.add(tag)
        self.ids.add(values.get("id") or "")
        self.links.add(values.get("href") or "")
        if tag == "svg":
            self.drawings.append(values.get("aria-label") or "")
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in self.VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def card(record: EvaluationRecord, *, bare: bool = False) -> tuple[str, str]:
    """Markdown and page; `bare` without run and data."""
    known = (None, None) if bare else (run_facts(), data_facts())
    return render_card(record, manifest_of(record), *known)


def test_the_page_is_whole_and_needs_nothing_else() -> None:
    _, page = card(synthetic_record())
    reader = Reader(page)
    assert reader.open == []
    assert {link[1:] for link in reader.links if link} <= reader.ids
    assert reader.ids >= SECTIONS
    assert "left-out" in reader.ids
    assert not reader.tags & {"script", "link", "img", "iframe"}
    assert "https://" not in page
    assert page.count("http://") == page.count('xmlns="http://www.w3.org/2000/svg"')


def test_both_forms_tell_the_headline_with_its_interval() -> None:
    markdown, page = card(synthetic_record())
    for told in (markdown, Reader(page).text):
        assert "bert, version 5" in told
        assert "its micro-F1 is 0.663 (95% interval 0.651 to 0.676)" in told
        assert "knows Documentary best (F1 0.81) and Arts & Culture worst (0.44)" in told.replace(
            "&amp;", "&"
        )
        assert "957.7 s (16 min)" in told
        assert "8897328548465253191" in told
        assert "18,475: 18,021 accepted, 430 merged, 24 in quarantine" in told


def test_every_part_that_was_measured_has_its_drawings() -> None:
    record = synthetic_record()
    drawn = Reader(card(record)[1]).drawings
    assert "Reliability of all genres" in drawn
    assert "Genres taken for each other" in drawn
    for row in record.genres:
        assert f"Reliability of {row.genre}" in drawn
        assert any(name.startswith(f"{row.genre}: F1 {row.f1:.3f}") for name in drawn)
    assert sum(": micro-F1 " in name for name in drawn) == len(record.slices)
    assert sum(": passed " in name for name in drawn) == sum(bool(row.cases) for row in record.robustness)


@pytest.mark.parametrize("section", EMPTY)
def test_what_was_not_measured_is_left_out_and_said_to_be(section: str) -> None:
    markdown, page = card(synthetic_record(**EMPTY[section]))
    reader = Reader(page)
    assert section not in reader.ids
    assert f"#{section}" not in reader.links
    assert f"\n## {section.capitalize()}" not in markdown
    assert section in markdown.split("## Not in this card")[1].lower()
    assert section in reader.text.split("Not in this card")[-1].lower()


def test_a_record_of_nothing_but_scores_draws_no_empty_plot() -> None:
    everything = {name: value for changes in EMPTY.values() for name, value in changes.items()}
    markdown, page = card(synthetic_record(**everything, genres=[]), bare=True)
    reader = Reader(page)
    assert reader.drawings == []
    assert '<table class="bars">' not in page
    assert markdown.split("## Not in this card")[1].count("\n- ") == 10
    assert "Training took" not in reader.text


def test_a_change_that_no_title_had_anything_for_is_named_and_not_drawn() -> None:
    _, page = card(synthetic_record())
    assert "truncation" not in " ".join(Reader(page).drawings)
    assert "Changes that no test title had anything to change for: truncation." in Reader(page).text


def test_text_from_the_data_cannot_become_markup() -> None:
    from dataclasses import replace

    record = synthetic_record()
    record = replace(
        record,
        subject=replace(record.subject, version=EVIL, bundle=EVIL, model=EVIL),
        genres=[replace(row, genre=f"{EVIL} {k}") for k, row in enumerate(record.genres)],
        reliability={"all": record.reliability["all"], f"{EVIL} 0": record.reliability["Drama"]},
        slices=[replace(row, value=EVIL) for row in record.slices],
        confusions=[replace(pair, true=f"{EVIL} 0", given=f"{EVIL} 1") for pair in record.confusions],
        robustness=[
            replace(
                row,
                name=EVIL,
                description=EVIL,
                failures=[{"title_id": EVIL, "before": [EVIL], "after": [], "changed": EVIL, "genre": EVIL}],
            )
            for row in record.robustness
        ],
        explanations={**(record.explanations or {}), "examples": [{"genre": EVIL, "words": [EVIL]}]},
        cost=replace(record.cost, machine=EVIL) if record.cost else None,
    )
    markdown, page = card(record)
    assert "img" not in Reader(page).tags
    body = markdown.split("\n---\n", 1)[1]
    assert "<img" not in body
    assert not re.search(r"(?<!\\)\[a(?<!\\)\]\(b\)", body)


def test_the_same_record_makes_the_same_card() -> None:
    assert card(synthetic_record()) == card(synthetic_record())


def test_slices_stand_worst_first_and_only_those_clear_of_chance_are_marked() -> None:
    text = Reader(card(synthetic_record())[1]).text
    slices = text[text.index("p below 0.05, corrected") : text.index("Read along a row")]
    assert (
        slices.index("country: India") < slices.index("platform: amazon") < slices.index("platform: netflix")
    )
    assert "▼ 0.552" in slices
    assert "▼ 0.572" not in slices, "the 1970s are lower, but not by more than chance"
    assert "▼ 0.697" not in slices, "better than the others is no fault"


def test_failing_examples_can_be_read() -> None:
    markdown, page = card(synthetic_record())
    text = Reader(page).text
    assert "typos: 29 failed" in text
    assert "Crime & Mystery, Drama → Drama" in text
    assert "where a storm has uncovered a boat" in text
    assert "where a storm has uncovered a boat" in markdown
