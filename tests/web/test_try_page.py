"""Try it: the classifier at once, the language model as it streams."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.web.conftest import Complaints, Site
from tests.web.service import HOSTILE, StepwiseEnricher, services_of

DRAFT = "Viewers praise its patience and its pictures, and find it half an hour too long."


@pytest.fixture
def own(serve: Callable[..., Site]) -> Site:
    return serve(services_of(5))


def enricher_of(site: Site) -> StepwiseEnricher:
    enricher = site.services.enricher
    assert isinstance(enricher, StepwiseEnricher)
    return enricher


def ask(page: Page, site: Site, *, title: str = "Night Ferry") -> None:
    page.goto(f"{site.address}/try")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Plot").fill("A ferry crosses at night, and one passenger too many gets off.")
    page.get_by_label("Reviews").fill("Loved it.\n\n  Far too long.  \n")
    page.get_by_role("button", name="Enrich").click()


def test_genres_come_at_once_words_as_they_stream_and_then_the_whole(page: Page, own: Site) -> None:
    ask(page, own)
    expect(page.locator("#answer-genres .bar").first).to_be_visible()
    expect(page.locator("#draft")).to_have_text("Viewers")
    expect(page.locator("#answer-state")).to_contain_text("The language model reads the reviews")
    expect(page.get_by_role("button", name="Enrich")).to_be_disabled()
    enricher_of(own).gate.set()
    expect(page.locator(".summary-text")).to_have_text(DRAFT)
    expect(page.locator("#answer-state")).to_contain_text(
        "Summary by: language model. Genres by: BERT classifier"
    )
    expect(page.locator("#notes li")).to_have_text(["a sentence that no review supports was left out"])
    expect(page.locator("#draft")).to_be_empty()
    expect(page.locator(".dial-value")).to_have_text("7.3 of 10")
    expect(page.get_by_role("button", name="Enrich")).to_be_enabled()
    asked, _ = enricher_of(own).asked[0]
    assert asked.reviews == ("Loved it.", "Far too long.")


def test_cancelling_keeps_what_arrived_and_ends_the_work(page: Page, own: Site) -> None:
    ask(page, own)
    expect(page.locator("#draft")).to_have_text("Viewers")
    expect(page.get_by_role("button", name="Cancel")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#answer-state")).to_contain_text("Cancelled")
    expect(page.locator("#draft")).to_have_text("Viewers")
    assert enricher_of(own).closed.wait(timeout=20)
    enricher_of(own).gate.set()
    page.get_by_role("button", name="Enrich").click()
    expect(page.locator(".summary-text")).to_have_text(DRAFT)


def test_leaving_the_page_ends_the_work(page: Page, own: Site) -> None:
    ask(page, own)
    expect(page.locator("#draft")).to_have_text("Viewers")
    page.get_by_role("link", name="System").click()
    assert enricher_of(own).closed.wait(timeout=20)


def test_an_example_fills_the_form(page: Page, own: Site) -> None:
    enricher_of(own).gate.set()
    page.goto(f"{own.address}/try")
    page.get_by_role("button", name="Fill in an example").click()
    expect(page.get_by_label("Title")).to_have_value("The Lighthouse Keeper's Daughter")
    page.keyboard.press("Enter")
    expect(page.locator(".summary-text")).to_have_text(DRAFT)


def test_hostile_words_in_the_stream_stay_text(page: Page, own: Site) -> None:
    events = [
        (
            "genres",
            {
                "genres": [{"genre": HOSTILE, "probability": 0.9}],
                "probabilities": {},
                "model": {"name": HOSTILE},
            },
        ),
        ("note", {"detail": HOSTILE}),
        ("draft", {"text": HOSTILE}),
    ]
    stream = "".join(f"event: {name}\r\ndata: {json.dumps(data)}\r\n\r\n" for name, data in events)
    page.route("**/v1/enrich", lambda route: route.fulfill(content_type="text/event-stream", body=stream))
    ask(page, own, title=HOSTILE)
    expect(page.locator("#draft")).to_have_text(HOSTILE)
    expect(page.locator("#notes")).to_have_text(HOSTILE)
    expect(page.get_by_role("alert")).to_contain_text("The service stopped before the answer was whole.")
    assert page.locator("img").count() == 0


def test_a_refusal_names_the_fields(page: Page, own: Site, complaints: Complaints) -> None:
    complaints.expected = ("422",)
    problem = {
        "title": "Invalid",
        "detail": "Not valid.",
        "errors": [{"loc": ["body", "plot"], "msg": "too long"}],
    }
    page.route("**/v1/enrich", lambda route: route.fulfill(status=422, json=problem))
    ask(page, own)
    expect(page.get_by_role("alert")).to_contain_text("body.plot: too long")
