from __future__ import annotations

from pathlib import Path

import jinja2
import pytest

from trending.quality.page import markdown_cell, number, percent, render, text_bar


def test_a_report_of_its_own_folder_stands_on_the_shared_page(tmp_path: Path) -> None:
    (tmp_path / "mine.html").write_text(
        '{% extends "page.html" %}{% block title %}Mine{% endblock %}'
        "{% block main %}<p>{{ text }}</p>{% endblock %}"
    )
    page = render("mine.html", folder=tmp_path, text="a < b & c")
    assert "<title>Mine</title>" in page
    assert "<p>a &lt; b &amp; c</p>" in page
    assert "prefers-color-scheme: dark" in page


def test_the_page_may_load_nothing_and_run_nothing() -> None:
    page = render("page.html")
    assert "default-src 'none'" in page
    assert "http://" not in page
    assert "https://" not in page
    assert "<script" not in page


def test_a_name_that_the_template_lacks_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "mine.md").write_text("{{ absent }}")
    with pytest.raises(jinja2.UndefinedError, match="absent"):
        render("mine.md", folder=tmp_path)


@pytest.mark.parametrize(
    ("share", "text"),
    [(0, "0%"), (0.0001, "<0.1%"), (0.013, "1.3%"), (0.0996, "10%"), (0.4321, "43%"), (1, "100%")],
)
def test_shares_read_as_percentages_and_never_as_a_false_nought(share: float, text: str) -> None:
    assert percent(share) == text


def test_numbers_have_thousands() -> None:
    assert number(18454) == "18,454"
    assert number(2.3456, 2) == "2.35"


def test_a_markdown_cell_cannot_break_its_table() -> None:
    assert markdown_cell("a | b\nc <i> [x](y) *z*") == r"a \| b c &lt;i&gt; \[x\](y) \*z\*"


@pytest.mark.parametrize(("share", "bar"), [(0, ""), (0.5, "██"), (1, "████"), (2, "████"), (0.28, "█▏")])
def test_a_text_bar_is_as_long_as_its_share(share: float, bar: str) -> None:
    assert text_bar(share, width=4) == bar
