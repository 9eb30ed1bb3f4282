"""Home: the bubbles, by mouse and by keyboard."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import hypot

from playwright.sync_api import Page, expect

from tests.web.chart import cells, counted, nodes, of_chart, place_of, settled
from tests.web.conftest import Site
from tests.web.service import HOSTILE, HOSTILE_ID, services_of

GROUPS = {
    "Platform": 5,
    "Genre": 16,
    "Vibe tag": 8,
    "Score": 5,
}
WORDS = "items => items.map((item) => [...item.childNodes].map((part) => part.textContent).join(' '))"


def test_every_title_is_a_bubble_whose_size_is_its_score(page: Page, site: Site) -> None:
    page.goto(site.address)
    counted(page, 121)
    expect(page.locator("#count")).to_contain_text("121 titles")
    shown = {node["id"]: node["r"] for node in nodes(page)}
    scored = sorted(
        (t.summary.vibe_score, shown[t.summary.title_id])
        for t in site.services.titles.titles  # pyright: ignore[reportAttributeAccessIssue]
        if t.summary.vibe_score is not None
    )
    assert all(low <= high + 1e-3 for (_, low), (_, high) in pairwise(scored))
    assert scored[-1][1] > 2 * scored[0][1]


def test_bubbles_rest_apart_and_inside_the_chart(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    width, height = of_chart(page, "[chart.width, chart.height]")
    resting = nodes(page)
    for node in resting:
        assert node["r"] <= node["x"] <= width - node["r"]
        assert node["r"] <= node["y"] <= height - node["r"]
    overlaps = [
        max(0.0, a["r"] + b["r"] - hypot(a["x"] - b["x"], a["y"] - b["y"])) / min(a["r"], b["r"])
        for i, a in enumerate(resting)
        for b in resting[:i]
    ]
    assert max(overlaps) < 0.5
    assert sum(overlap > 0.1 for overlap in overlaps) < len(resting) / 10


def test_regrouping_brings_each_bubble_to_its_named_group(page: Page, site: Site) -> None:
    page.goto(site.address)
    for by, groups in GROUPS.items():
        settled(page)
        button = page.get_by_role("button", name=by, exact=True)
        button.click()
        expect(button).to_have_attribute("aria-pressed", "true")
        settled(page)
        labels = page.locator(".group-labels li")
        expect(labels).to_have_count(groups)
        rectangles = cells(page)
        for node in nodes(page):
            cell = rectangles[node["group"]]
            assert cell["x"] <= node["x"] <= cell["x"] + cell["w"]
            assert cell["y"] <= node["y"] <= cell["y"] + cell["h"]
        assert labels.evaluate_all(WORDS) == page.locator("table.titles caption").evaluate_all(WORDS)


def test_bubbles_travel_to_their_groups_where_motion_is_welcome(
    open_page: Callable[..., Page], site: Site
) -> None:
    page = open_page(reduced_motion="no-preference")
    page.goto(site.address)
    settled(page)
    page.evaluate(
        """() => {
          const { chart } = document.querySelector("#chart");
          const node = chart.motion.nodes[0];
          window.path = [];
          const look = () => { window.path.push([node.x, node.y]); requestAnimationFrame(look); };
          look();
        }"""
    )
    page.get_by_role("button", name="Genre", exact=True).click()
    settled(page)
    path = page.evaluate("window.path")
    (x0, y0), (x1, y1) = path[0], path[-1]
    way = hypot(x1 - x0, y1 - y0)
    between = [p for p in path if 0.03 * way < hypot(p[0] - x0, p[1] - y0) < 0.97 * way]
    assert way > 20
    assert len({tuple(p) for p in between}) >= 3


def test_pointing_at_a_bubble_shows_its_card_and_marks_its_row(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    first = page.locator("tbody tr").nth(3)
    title, title_id = first.locator("a").inner_text(), first.get_attribute("data-id")
    assert title_id
    page.mouse.move(*place_of(page, title_id))
    card = page.locator("#card")
    expect(card.locator(".card-title")).to_have_text(title)
    expect(card.locator(".card-score")).to_contain_text("vibe score")
    expect(page.locator("tr.marked a")).to_have_text(title)
    page.mouse.move(5, 5)
    expect(card).to_be_hidden()


def test_choosing_a_bubble_opens_its_title(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    row = page.locator("tbody tr").nth(2)
    title, title_id = row.locator("a").inner_text(), row.get_attribute("data-id")
    assert title_id
    page.mouse.click(*place_of(page, title_id))
    expect(page.get_by_role("heading", level=1)).to_have_text(title)
    assert page.url == f"{site.address}/title/{title_id}"


def test_keyboard_walks_from_bubble_to_bubble_and_opens_one(page: Page, site: Site) -> None:
    page.goto(site.address)
    chart = settled(page)
    page.get_by_role("button", name="Score", exact=True).focus()
    page.keyboard.press("Tab")
    expect(chart).to_be_focused()
    expect(page.locator("#card")).to_be_visible()
    first = of_chart(page, "chart.marked.id")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowDown")
    second = of_chart(page, "({ id: chart.marked.id, title: chart.marked.title })")
    assert second["id"] != first
    expect(page.locator("#announcer")).to_contain_text(second["title"])
    page.keyboard.press("Escape")
    expect(page.locator("#card")).to_be_hidden()
    page.keyboard.press("Home")
    assert of_chart(page, "chart.marked.id") == first
    page.keyboard.press("End")
    last = of_chart(page, "chart.marked.title")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text(last)


def test_pointing_at_a_row_marks_its_bubble(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    row = page.locator("tbody tr").nth(1)
    row.hover()
    assert of_chart(page, "chart.marked.id") == row.get_attribute("data-id")


def test_a_genre_of_the_legend_stands_out_while_it_is_pressed(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    comedy = page.locator(".legend").get_by_role("button", name="Comedy")
    comedy.click()
    expect(comedy).to_have_attribute("aria-pressed", "true")
    assert of_chart(page, "chart.spotlight") == 3
    comedy.click()
    page.mouse.move(5, 5)
    assert of_chart(page, "chart.spotlight") is None


def test_zooming_keeps_pointing_right(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    page.get_by_role("button", name="Zoom in").click()
    assert of_chart(page, "chart.transform.k") > 1.5
    inside = of_chart(
        page,
        "chart.motion.nodes.map((n) => ({ ...chart.whereIs(n), id: n.id, title: n.title }))"
        ".find((n) => Math.hypot(n.x - chart.width / 2, n.y - chart.height / 2) < 120)",
    )
    page.mouse.move(*place_of(page, inside["id"]))
    expect(page.locator(".card-title")).to_have_text(inside["title"])
    page.get_by_role("button", name="Whole chart").click()
    assert of_chart(page, "chart.transform.k") == 1


def test_a_title_that_looks_like_markup_stays_text(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    page.mouse.move(*place_of(page, HOSTILE_ID))
    expect(page.locator(".card-title")).to_have_text(HOSTILE)
    page.get_by_role("button", name="Platform", exact=True).click()
    settled(page)
    expect(page.locator(".group-labels")).to_contain_text(HOSTILE)
    assert page.locator("img").count() == 0


def test_five_thousand_titles_settle_and_can_be_pointed_at(
    open_page: Callable[..., Page], serve: Callable[..., Site]
) -> None:
    site = serve(services_of(5000, hostile=False))
    page = open_page(reduced_motion="reduce")
    page.goto(site.address)
    counted(page, 5000)
    page.get_by_role("button", name="Genre", exact=True).click()
    settled(page)
    some = nodes(page)[1234]
    page.mouse.move(*place_of(page, some["id"]))
    expect(page.locator(".card-title")).to_have_text(some["title"])
