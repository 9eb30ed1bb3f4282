from __future__ import annotations

import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from trending.quality import card_plots, plots
from trending.quality.card_facts import Kinds

SVG = "{http://www.w3.org/2000/svg}"


def parse(markup: str) -> ElementTree.Element:
    """The drawing, which must be well-formed XML."""
    return ElementTree.fromstring(markup)


def rects(markup: str, kind: str) -> list[dict[str, str]]:
    return [rect.attrib for rect in parse(markup).iter(f"{SVG}rect") if rect.get("class") == kind]


def test_a_bar_divides_its_width_among_the_series() -> None:
    drawing = plots.bar([3, 1], whole=8, label="three and one")
    assert [(r["class"], r["x"], r["width"]) for r in (*rects(drawing, "s0"), *rects(drawing, "s1"))] == [
        ("s0", "0%", "37.5%"),
        ("s1", "37.5%", "12.5%"),
    ]


def test_a_bar_of_nothing_is_empty() -> None:
    assert rects(plots.bar([0], whole=0, label="nothing"), "s0") == []


def test_columns_are_as_high_as_their_share_of_the_highest() -> None:
    drawing = plots.columns([plots.Column((2,), "two"), plots.Column((4,), "four")], label="both")
    low, high = (float(rect["height"]) for rect in rects(drawing, "s0"))
    assert high == pytest.approx(2 * low)


def test_columns_of_nothing_are_still_a_drawing() -> None:
    assert parse(plots.columns([], label="nothing")).get("aria-label") == "nothing"


def test_text_from_data_cannot_become_markup() -> None:
    evil = '<script>alert("x")</script>'
    for drawing in (
        plots.bar([1], whole=1, label=evil),
        plots.columns([plots.Column((1,), evil, evil)], label=evil, marker=(0.9, evil)),
        plots.heatmap([evil], [[1.0]], label=evil),
        plots.span(1, 2, 3, whole=3, label=evil),
    ):
        assert "<script" not in drawing
        parse(drawing)


def test_a_heatmap_is_darkest_where_the_share_is_largest_and_leaves_its_diagonal_out() -> None:
    drawing = plots.heatmap(["a", "b"], [[1.0, 0.5], [0.05, 1.0]], label="two")
    cells = rects(drawing, "heat")
    assert [cell["fill-opacity"] for cell in cells] == ["1", "0.154"]
    assert len(rects(drawing, "empty")) == 2
    printed = [text.text for text in parse(drawing).iter(f"{SVG}text")]
    assert "50" in printed
    assert "5" not in printed


@pytest.mark.parametrize(
    ("highest", "ticks"),
    [(0, [0]), (1, [0, 1]), (3, [0, 1, 2, 3]), (11, [0, 5, 10]), (2040, [0, 1000, 2000])],
)
def test_ticks_are_round_and_within_the_plot(highest: float, ticks: list[float]) -> None:
    assert plots.round_ticks(highest) == ticks


def test_every_length_falls_into_one_column_and_the_longest_into_the_last() -> None:
    lengths = np.array([5, 5, 6, 30, 31, 32, 4000] * 50)
    tips = [
        title.text or ""
        for title in parse(card_plots.lengths_plot(lengths, what="plots")).iter(f"{SVG}title")
    ]
    counts = [int(tip.split(": ")[1].split()[0].replace(",", "")) for tip in tips]
    assert sum(counts) == len(lengths)


def test_years_without_titles_keep_their_place() -> None:
    drawing = card_plots.years_plot({2000: Kinds(1, 0), 2003: Kinds(1, 2)})
    assert [title.text for title in parse(drawing).iter(f"{SVG}title")] == [
        "2000: 1 film, 0 series",
        "2001: 0 films, 0 series",
        "2002: 0 films, 0 series",
        "2003: 1 film, 2 series",
    ]


def test_nothing_to_draw_is_no_drawing() -> None:
    assert card_plots.years_plot({}) == ""
    assert card_plots.lengths_plot(np.zeros(0, dtype=np.int64), what="plots") == ""
    assert card_plots.ratings_plot([0] * 10) == ""


def lines(markup: str, kind: str) -> list[dict[str, str]]:
    return [line.attrib for line in parse(markup).iter(f"{SVG}line") if line.get("class") == kind]


def test_an_interval_lies_across_the_end_of_its_bar() -> None:
    drawing = plots.bar([0.5], whole=1, label="half", interval=(0.4, 0.7))
    assert (lines(drawing, "whisker")[0]["x1"], lines(drawing, "whisker")[0]["x2"]) == ("40%", "70%")
    assert lines(plots.bar([0.5], whole=1, label="half"), "whisker") == []


def test_a_span_is_held_against_its_reference() -> None:
    drawing = plots.span(1, 2, 3, whole=4, label="three", reference=2.5)
    assert [line["x1"] for line in lines(drawing, "mark")] == ["62.5%"]


def test_points_lie_in_the_unit_square_with_1_at_the_top() -> None:
    points = [plots.Point(x, x, x, x, weight=1, tip="<b>") for x in (0.0, 1.0)]
    for drawing in (
        plots.against_diagonal(points, label="two", side=100),
        plots.against_diagonal(points, label="two", side=100, axes=("across", "<up>")),
    ):
        low, high = [dot.attrib for dot in parse(drawing).iter(f"{SVG}circle")]
        assert float(high["cx"]) - float(low["cx"]) == 100
        assert float(low["cy"]) - float(high["cy"]) == 100
        ends = next(line.attrib["points"] for line in parse(drawing).iter(f"{SVG}polyline"))
        assert ends == f"{low['cx']},{low['cy']} {high['cx']},{high['cy']}"


def test_a_heatmap_says_what_it_is_told_to_say() -> None:
    drawing = plots.heatmap(["a", "b"], [[0, 0.5], [0, 0]], label="two", tip="{share}: {column} for {row}")
    assert "50%: b for a" in [title.text for title in parse(drawing).iter(f"{SVG}title")]
