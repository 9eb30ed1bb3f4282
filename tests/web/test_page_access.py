"""For everybody: accessibility checks, themes, phone width, keyboard, API keys."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from serve_app.api.keys import KeyFile
from tests.web.chart import settled
from tests.web.conftest import Complaints, Site
from tests.web.service import StepwiseEnricher, services_of
from trending.settings import Settings

PAGES = ("home", "title", "try", "system")


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory):
    """Forty titles; the language model does not wait."""
    from tests.web.service import served

    services = services_of(40)
    assert isinstance(services.enricher, StepwiseEnricher)
    services.enricher.gate.set()
    with served(Settings(home=tmp_path_factory.mktemp("access")), services) as address:
        yield Site(address, services)


def visit(page: Page, site: Site, name: str) -> None:
    """Open a page, and what can be unfolded on it."""
    if name == "home":
        page.goto(f"{site.address}/?group=genre&kind=movie")
        settled(page)
        page.locator(".menu summary").first.click()
        page.locator("#chart").focus()
    elif name == "title":
        titles = site.services.titles.titles  # pyright: ignore[reportAttributeAccessIssue]
        page.goto(f"{site.address}/title/{titles[-1].summary.title_id}")
        page.locator("button.bar-row").first.wait_for()
        page.locator(".near-list").wait_for()
        page.locator(".feedback > summary").click()
        page.locator(".provenance summary").click()
    elif name == "try":
        page.goto(f"{site.address}/try")
        page.get_by_role("button", name="Fill in an example").click()
        page.get_by_role("button", name="Enrich").click()
        page.locator(".rung").wait_for()
    else:
        page.goto(f"{site.address}/system")
        page.locator(".model").first.wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_has_an_accessibility_fault(open_page: Callable[..., Page], small: Site, scheme: str) -> None:
    page = open_page(reduced_motion="reduce", color_scheme=scheme)
    found = {}
    for name in PAGES:
        visit(page, small, name)
        for fault in Axe().run(page).response["violations"]:
            found[f"{name}: {fault['id']} ({fault['impact']})"] = [
                node["html"][:160] for node in fault["nodes"][:3]
            ]
    assert found == {}


def test_nothing_is_wider_than_a_phone(open_page: Callable[..., Page], small: Site) -> None:
    page = open_page(
        viewport={"width": 360, "height": 740}, reduced_motion="reduce", has_touch=True, is_mobile=True
    )
    for name in PAGES:
        visit(page, small, name)
        widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
        assert widths[0] <= widths[1], f"{name}: {widths}"


def test_a_finger_shows_the_card_first_and_then_opens(open_page: Callable[..., Page], small: Site) -> None:
    from tests.web.chart import nodes, place_of

    page = open_page(
        viewport={"width": 390, "height": 844}, reduced_motion="reduce", has_touch=True, is_mobile=True
    )
    page.goto(small.address)
    settled(page)
    node = max(nodes(page), key=lambda each: each["r"])
    page.touchscreen.tap(*place_of(page, node["id"]))
    expect(page.locator(".card-title")).to_have_text(node["title"])
    page.touchscreen.tap(*place_of(page, node["id"]))
    expect(page.get_by_role("heading", level=1)).to_have_text(node["title"])


def test_the_theme_follows_the_system_until_one_is_chosen(
    open_page: Callable[..., Page], small: Site
) -> None:
    page = open_page(color_scheme="dark", reduced_motion="reduce")
    page.goto(f"{small.address}/try")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(16, 19, 24)"
    button = page.locator("#theme")
    expect(button).to_have_accessible_name("Theme: as the system")
    button.click()
    expect(button).to_have_accessible_name("Theme: light")
    assert page.evaluate(paper) == "rgb(252, 252, 253)"
    page.reload()
    assert page.evaluate(paper) == "rgb(252, 252, 253)"
    button.click()
    button.click()
    expect(button).to_have_accessible_name("Theme: as the system")
    page.emulate_media(color_scheme="light")
    assert page.evaluate(paper) == "rgb(252, 252, 253)"


def test_both_ways_into_the_dark_have_the_same_colours(open_page: Callable[..., Page], small: Site) -> None:
    page = open_page(color_scheme="light", reduced_motion="reduce")
    page.goto(f"{small.address}/try")
    read = """() => { const style = getComputedStyle(document.documentElement);
      return ["paper", "ink", "soft", "accent", "g0", "g7", "g15"].map((n) => style.getPropertyValue(`--${n}`)); }"""
    page.evaluate("document.documentElement.dataset.theme = 'dark'")
    chosen = page.evaluate(read)
    page.evaluate("delete document.documentElement.dataset.theme")
    assert page.evaluate(read) != chosen
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(read) == chosen


def test_everything_is_reached_by_keyboard_and_shows_that_it_is(page: Page, small: Site) -> None:
    page.goto(small.address)
    settled(page)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()
    settled(page)
    page.locator(".brand").focus()
    reached = []
    for _ in range(50):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                """() => {
                  const at = document.activeElement;
                  const { outlineStyle, outlineWidth } = getComputedStyle(at);
                  return [at.id || at.textContent.trim(), outlineStyle !== "none" && outlineWidth !== "0px"];
                }"""
            )
        )
    names = [name for name, _ in reached]
    for wanted in ("theme", "search", "Genre", "sort", "Platform", "chart", "+", "Comedy"):
        assert wanted in names, names
    assert all(outlined for _, outlined in reached)


def test_a_key_is_asked_for_only_when_it_is_wanted(
    page: Page, serve: Callable[..., Site], tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expected = ("401",)
    settings = Settings(home=tmp_path)
    secret, _ = KeyFile(settings.keys_file).add("browser", ("write",))
    site = serve(services_of(10), settings)
    page.goto(site.address)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    dialog.get_by_label("API key").fill("wrong")
    dialog.get_by_role("button", name="Use this key").click()
    expect(dialog.get_by_label("API key")).to_have_value("")
    dialog.get_by_label("API key").fill(secret)
    page.keyboard.press("Enter")
    settled(page)
    expect(dialog).to_have_count(0)
    assert page.evaluate("[sessionStorage.getItem('api-key'), localStorage.length]") == [secret, 0]
    page.reload()
    settled(page)
    expect(dialog).to_have_count(0)


def test_without_a_key_the_page_says_what_is_missing(
    page: Page, serve: Callable[..., Site], tmp_path: Path, complaints: Complaints
) -> None:
    complaints.expected = ("401",)
    settings = Settings(home=tmp_path)
    KeyFile(settings.keys_file).add("browser", ("read",))
    page.goto(serve(services_of(10), settings).address)
    page.get_by_role("button", name="Not now").click()
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("dialog")).to_be_visible()
