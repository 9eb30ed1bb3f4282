"""The page of one title."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page, expect

from tests.web.chart import settled
from tests.web.conftest import Complaints, Site
from tests.web.service import HOSTILE, HOSTILE_ID


def a_title(site: Site) -> tuple[str, str]:
    """Id and name of a title that has everything."""
    titles = site.services.titles.titles  # pyright: ignore[reportAttributeAccessIssue]
    found = next(t for t in titles if t.enrichment and t.summary.title_id != HOSTILE_ID)
    return found.summary.title_id, found.summary.title


def test_a_title_tells_what_it_is_and_what_was_made_of_it(page: Page, site: Site) -> None:
    title_id, name = a_title(site)
    page.goto(f"{site.address}/title/{title_id}")
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    assert name in page.title()
    expect(page.locator(".plot")).to_contain_text("keeps")
    expect(page.locator(".summary-text")).to_contain_text("Viewers praise its patience")
    expect(page.locator(".dial-value")).to_have_text("7.3 of 10")
    expect(page.locator(".dial")).to_contain_text("read by the language model")
    expect(page.locator(".summary .tags li")).to_have_text(["slow burn", "gritty"])
    badge = page.locator(".provenance summary")
    expect(badge).to_contain_text("AI-generated")
    expect(badge).to_contain_text("fake-llm-1; summary: language model")
    badge.click()
    expect(page.locator(".provenance")).to_contain_text("genres: BERT classifier 3")
    expect(page.locator(".provenance")).to_contain_text("summary 0123456789ab")
    expect(page.locator(".reviews li")).to_have_count(3)


def test_each_genre_shows_its_share_and_the_words_that_decided(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/title/{a_title(site)[0]}")
    bars = page.locator("button.bar-row")
    expect(bars.first).to_have_attribute("aria-pressed", "true")
    shares = [int(text.rstrip("%")) for text in page.locator("button.bar-row .bar-value").all_inner_texts()]
    assert shares == sorted(shares, reverse=True)
    marks = page.locator(".plot mark")
    expect(marks.first).to_be_visible()
    expect(page.locator(".elsewhere")).to_contain_text(f"speak for {bars.first.get_attribute('data-genre')}")
    before = marks.first.evaluate("mark => getComputedStyle(mark).backgroundColor")
    bars.nth(1).click()
    expect(bars.nth(1)).to_have_attribute("aria-pressed", "true")
    expect(bars.first).to_have_attribute("aria-pressed", "false")
    expect(page.locator(".elsewhere")).to_contain_text(f"{bars.nth(1).get_attribute('data-genre')}")
    assert marks.first.evaluate("mark => getComputedStyle(mark).backgroundColor") != before


def test_similar_titles_lead_on(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/title/{a_title(site)[0]}")
    near = page.locator(".near-list a")
    expect(near).to_have_count(8)
    expect(near.last.locator(".near-share")).to_contain_text("%")
    name = near.last.locator(".near-name").inner_text()
    near.last.click()
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text(a_title(site)[1])


def test_feedback_on_a_genre_is_sent_and_confirmed(page: Page, site: Site) -> None:
    title_id, _ = a_title(site)
    page.goto(f"{site.address}/title/{title_id}")
    expect(page.locator("button.bar-row").first).to_be_visible()
    page.get_by_text("This genre is wrong").click()
    form = page.locator(".feedback form")
    form.get_by_role("button", name="Send").click()
    expect(form).to_contain_text("Choose at least one genre.")
    wrong = form.locator("fieldset").first.get_by_role("checkbox").first
    right = form.locator("fieldset").nth(1).get_by_role("checkbox").first
    wrong.check()
    right.check()
    form.get_by_label("Anything to add").fill("<b>no</b> cowboys in it")
    said = wrong.get_attribute("value"), right.get_attribute("value")
    form.get_by_role("button", name="Send").click()
    expect(page.locator(".thanks")).to_contain_text(f"not {said[0]}, but {said[1]}")
    expect(page.locator(".thanks")).to_be_focused()
    kept = site.services.titles.feedback[-1]  # pyright: ignore[reportAttributeAccessIssue]
    assert (kept.title_id, kept.wrong, kept.right) == (title_id, (said[0],), (said[1],))
    assert kept.comment == "<b>no</b> cowboys in it"


def test_a_title_nobody_enriched_can_be_enriched_now(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/title/unread")
    page.get_by_role("button", name="Enrich now").click()
    expect(page.locator(".summary-text")).to_contain_text("Viewers praise")
    expect(page.locator("#announcer")).to_have_text("The title is enriched.")


def test_enriching_that_fails_can_be_tried_again(page: Page, site: Site, complaints: Complaints) -> None:
    complaints.expected = ("503",)
    page.goto(f"{site.address}/title/unread")
    page.route("**/v1/enrich", lambda route: route.fulfill(status=503, json={"detail": "The queue is full."}))
    page.get_by_role("button", name="Enrich now").click()
    expect(page.get_by_role("alert")).to_contain_text("The queue is full.")
    page.unroute("**/v1/enrich")
    page.get_by_role("button", name="Try again").click()
    expect(page.locator(".summary-text")).to_be_visible()


def test_a_title_that_is_not_there_says_so(page: Page, site: Site, complaints: Complaints) -> None:
    complaints.expected = ("404", "422")
    for wrong in ("no-such-one", "no%20such%20one"):
        page.goto(f"{site.address}/title/{wrong}")
        expect(page.get_by_role("alert")).to_contain_text("There is no such title")
    page.get_by_role("link", name="All titles").click()
    settled(page)


def test_the_way_back_keeps_filters_and_grouping(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/?kind=movie&group=score")
    settled(page)
    page.locator("tbody a").first.click()
    page.get_by_role("link", name="All titles").click()
    settled(page)
    assert page.url == f"{site.address}/?kind=movie&group=score"


def test_hostile_words_are_shown_and_never_run(page: Page, site: Site) -> None:
    page.goto(f"{site.address}/title/{HOSTILE_ID}")
    expect(page.get_by_role("heading", level=1)).to_have_text(HOSTILE)
    expect(page.locator("button.bar-row").first).to_be_visible()
    expect(page.locator(".summary-text")).to_have_text(HOSTILE)
    expect(page.locator(".plot")).to_contain_text(HOSTILE)
    expect(page.locator(".near-list a")).to_have_count(8)
    assert page.locator("img").count() == 0


def test_pages_that_are_left_at_once_do_not_complain(page: Page, serve: Callable[..., Site]) -> None:
    site = serve()
    title_id, _ = a_title(site)
    page.goto(f"{site.address}/title/{title_id}")
    for name in ("Try it", "System", "Explore", "System", "Explore"):
        page.get_by_role("navigation").get_by_role("link", name=name).click()
    settled(page)
