"""What the tests do with the bubble chart."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Page, expect


def settled(page: Page) -> Locator:
    """The chart, once its bubbles rest."""
    chart = page.locator("#chart")
    expect(chart).to_have_attribute("data-settled", "true", timeout=60_000)
    return chart


def counted(page: Page, titles: int) -> None:
    """The chart rests with this many bubbles."""
    expect(page.locator("#chart")).to_have_attribute("data-count", str(titles), timeout=60_000)
    settled(page)


def of_chart(page: Page, expression: str, argument: Any = None) -> Any:
    """Value of a JavaScript expression in which `chart` is the chart and `arg` the argument."""
    script = f"(arg) => {{ const chart = document.querySelector('#chart').chart; return {expression}; }}"
    return page.evaluate(script, argument)


def place_of(page: Page, title_id: str) -> tuple[float, float]:
    """Where a title's bubble is in the window."""
    page.locator("#chart").scroll_into_view_if_needed()
    box = page.locator("#chart").bounding_box()
    where = of_chart(page, "chart.whereIsTitle(arg)", title_id)
    assert box
    assert where
    return box["x"] + where["x"], box["y"] + where["y"]


def nodes(page: Page) -> list[dict[str, Any]]:
    """Every bubble: its title's id, place, radius and group."""
    return of_chart(
        page,
        "chart.motion.nodes.map(({ id, x, y, r, title }, i) => ({ id, title, x, y, r, group: chart.groups.of[i] }))",
    )


def cells(page: Page) -> list[dict[str, float]]:
    """The rectangle of each group."""
    return of_chart(page, "chart.labels.entries.map(({ cell }) => cell)")
