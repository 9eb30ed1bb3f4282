"""Home: search, filters and the address."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Page, Route, expect

from serve_app.contracts import TitleQuery
from tests.web.chart import counted, settled
from tests.web.conftest import Complaints, Site


def expected(site: Site, **query: object) -> int:
    """How many titles the service finds."""
    import asyncio
    from concurrent.futures import ThreadPoolExecutor

    # In a thread: Playwright keeps an event loop in this one.
    with ThreadPoolExecutor() as pool:
        search = site.services.titles.search
        return pool.submit(lambda: asyncio.run(search(TitleQuery(**query)))).result().total  # pyright: ignore[reportArgumentType]


def params(page: Page) -> dict[str, list[str]]:
    return parse_qs(urlsplit(page.url).query)


def test_search_finds_and_stays_in_the_address(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    page.get_by_label("Search").fill("harbour")
    found = expected(site, text="harbour")
    assert 0 < found < 121
    counted(page, found)
    assert params(page) == {"q": ["harbour"]}
    expect(page.locator("#count")).to_contain_text(f"{found} titles for “harbour”")
    page.reload()
    counted(page, found)
    expect(page.get_by_label("Search")).to_have_value("harbour")
    page.get_by_role("button", name="Clear all").click()
    counted(page, 121)
    assert params(page) == {}


def test_filters_narrow_each_other_and_can_be_taken_away(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?group=platform")
    settled(page)
    page.locator("summary", has_text="Genre").click()
    page.get_by_role("checkbox", name="Comedy").check()
    counted(page, expected(site, genres=("Comedy",)))
    page.get_by_role("checkbox", name="Horror").check()
    counted(page, expected(site, genres=("Comedy", "Horror")))
    page.keyboard.press("Escape")
    expect(page.locator("summary", has_text="Genre")).to_be_focused()
    expect(page.locator("summary", has_text="Genre")).to_contain_text("2")
    page.locator("summary", has_text="Kind").click()
    page.get_by_role("checkbox", name="Series").check()
    counted(page, expected(site, genres=("Comedy", "Horror"), kinds=("show",)))
    assert params(page) == {"genre": ["Comedy", "Horror"], "kind": ["show"], "group": ["platform"]}
    page.get_by_role("button", name="Remove filter: Comedy").click()
    counted(page, expected(site, genres=("Horror",), kinds=("show",)))
    expect(page.get_by_role("checkbox", name="Comedy", include_hidden=True)).not_to_be_checked()


def test_score_and_years_are_ranges(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    page.locator("summary", has_text="Score").click()
    page.locator("#f-min_score").fill("7.5")
    page.locator("#f-min_score").press("Enter")
    counted(page, expected(site, min_score=7.5))
    page.locator("summary", has_text="Year").click()
    page.locator("#f-year_to").fill("1990")
    page.locator("#f-year_to").press("Tab")
    counted(page, expected(site, min_score=7.5, year_to=1990))
    assert params(page) == {"min_score": ["7.5"], "year_to": ["1990"]}


def test_an_address_with_filters_opens_with_them(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?platform=netflix&tag=cosy&min_score=2&group=score&sort=title")
    counted(page, expected(site, platforms=("netflix",), tags=("cosy",), min_score=2.0))
    expect(page.get_by_role("button", name="Score", exact=True)).to_have_attribute("aria-pressed", "true")
    expect(page.get_by_label("Order")).to_have_value("title")
    expect(page.locator(".active-filters button")).to_have_count(4)


def test_order_of_the_list_is_that_of_the_service(page: Page, site: Site) -> None:
    page.goto(site.address)
    settled(page)
    page.get_by_label("Order").select_option("score")
    settled(page)
    shown = [float(text) for text in page.locator("tbody .vibe").all_inner_texts()]
    assert shown == sorted(shown, reverse=True)
    page.get_by_role("button", name="Show 50 more of 121").click()
    expect(page.locator("tbody tr")).to_have_count(80)


def test_nothing_found_offers_a_way_back(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?q=zzzzzz")
    expect(page.get_by_role("heading", name="No title is like that")).to_be_visible()
    page.get_by_role("button", name="Show all titles").click()
    counted(page, 121)


def test_waiting_is_shown_until_titles_come(page: Page, site: Site) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/v1/titles?*", hold)
    page.goto(site.address)
    expect(page.get_by_text("Fetching titles")).to_be_visible()
    expect(page.locator(".chart")).to_have_attribute("aria-busy", "true")
    for route in held:
        route.continue_()
    counted(page, 121)
    expect(page.get_by_text("Fetching titles")).to_be_hidden()
    assert len(held) == 1


def test_an_error_says_what_and_when_to_try_again(page: Page, site: Site, complaints: Complaints) -> None:
    complaints.expected = ("503",)
    body = {"title": "Unavailable", "detail": "All places are taken; ask again later.", "request_id": "r-17"}
    page.route(
        "**/v1/titles?*",
        lambda route: route.fulfill(
            status=503,
            headers={"Retry-After": "7", "Content-Type": "application/problem+json"},
            body=json.dumps(body),
        ),
    )
    page.goto(site.address)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("Try again in 7 s. All places are taken")
    expect(alert).to_contain_text("r-17")
    page.unroute("**/v1/titles?*")
    alert.get_by_role("button", name="Try again").click()
    counted(page, 121)


def test_a_service_that_is_gone_is_said_to_be(
    page: Page, serve: Callable[..., Site], complaints: Complaints
) -> None:
    complaints.expected = ("ERR_FAILED", "Failed to load")
    site = serve()
    page.route("**/v1/**", lambda route: route.abort())
    page.goto(site.address)
    expect(page.get_by_role("alert")).to_contain_text("The service does not answer")
