"""The model card in a real browser: for everybody, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.evaluation.card.synthetic import data_facts, manifest_of, run_facts, synthetic_record
from trending.evaluation.card.write import render_card

NOTHING: Mapping[str, Any] = {
    "reliability": {},
    "slices": [],
    "confusions": [],
    "robustness": [],
    "explanations": None,
    "cost": None,
}


@pytest.fixture(scope="module")
def cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`full.html`, and `bare.html` of an evaluation that measured scores alone."""
    folder = tmp_path_factory.mktemp("cards")
    full, bare = synthetic_record(), synthetic_record(**NOTHING)
    page = render_card(full, manifest_of(full), run_facts(), data_facts(folder))[1]
    (folder / "full.html").write_text(page, encoding="utf-8")
    (folder / "bare.html").write_text(render_card(bare, manifest_of(bare), None, None)[1], encoding="utf-8")
    return folder


def visit(page: Page, file: Path) -> None:
    """Open a card and unfold everything."""
    page.goto(file.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["full", "bare"])
def test_no_card_has_an_accessibility_fault(
    open_page: Callable[..., Page], cards: Path, scheme: str, name: str
) -> None:
    page = open_page(color_scheme=scheme, reduced_motion="reduce")
    visit(page, cards / f"{name}.html")
    found = {
        fault["id"]: [node["html"][:160] for node in fault["nodes"][:3]]
        for fault in Axe().run(page).response["violations"]
    }
    assert found == {}


def test_the_card_asks_the_network_for_nothing(page: Page, cards: Path) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    visit(page, cards / "full.html")
    assert asked == [(cards / "full.html").as_uri()]


def test_the_card_is_no_wider_than_a_phone(open_page: Callable[..., Page], cards: Path) -> None:
    page = open_page(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    visit(page, cards / "full.html")
    widths = page.evaluate("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert widths[0] <= widths[1], widths


def test_every_drawing_has_a_size_and_no_text_of_it_is_cut_off(
    open_page: Callable[..., Page], cards: Path
) -> None:
    for width in (360, 1200):
        page = open_page(viewport={"width": width, "height": 860})
        visit(page, cards / "full.html")
        wrong = page.evaluate(
            """() => [...document.querySelectorAll("svg.plot")].flatMap((drawing) => {
              const box = drawing.getBoundingClientRect();
              const name = drawing.getAttribute("aria-label");
              if (box.width < 20 || box.height < 8) return [`${name}: ${box.width} x ${box.height}`];
              const scrolls = drawing.closest(".scroll");
              return [...drawing.querySelectorAll("text")]
                .filter((text) => {
                  const at = text.getBoundingClientRect();
                  return at.left < -1 || (!scrolls && at.right > innerWidth + 1);
                })
                .map((text) => `${name}: ${text.textContent}`);
            })"""
        )
        assert wrong == []


def test_the_contents_lead_to_every_part(page: Page, cards: Path) -> None:
    visit(page, cards / "full.html")
    for link in page.get_by_role("navigation", name="Contents").get_by_role("link").all():
        target = link.get_attribute("href") or ""
        link.click()
        expect(page.locator(target)).to_be_in_viewport()
