"""A real headless Chromium on the real API. Whatever the browser complains of fails the test."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, sync_playwright

from serve_app.contracts import Services
from tests.web.service import served, services_of
from trending.settings import Settings

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
SWITCHES = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")
PATIENCE_MS = 30_000


@dataclass
class Site:
    """A running service and what stands behind it."""

    address: str
    services: Services


@dataclass
class Complaints:
    """What the browser complained of. A test may expect some: failed requests are told of on the console."""

    heard: list[str] = field(default_factory=list)
    expected: tuple[str, ...] = ()

    def unexpected(self) -> list[str]:
        return [text for text in self.heard if not any(part in text for part in self.expected)]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of the module and not of the session: Playwright keeps an event loop, beside which no test could run its own."""
    executable = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if executable is None:
        why = "no Chromium is installed: make browser"
        if os.environ.get("TRENDING_REQUIRE_BROWSER"):
            pytest.fail(why)
        pytest.skip(why)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=list(SWITCHES))
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """121 titles, which the tests of a module share."""
    services = services_of(120)
    with served(Settings(home=tmp_path_factory.mktemp("web")), services) as address:
        yield Site(address, services)


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes a service of a test's own."""
    with ExitStack() as stack:

        def start(services: Services | None = None, settings: Settings | None = None) -> Site:
            services = services or services_of(40)
            address = stack.enter_context(served(settings or Settings(home=tmp_path), services))
            return Site(address, services)

        yield start


@pytest.fixture
def complaints() -> Complaints:
    """What the browser complained of so far."""
    return Complaints()


@pytest.fixture
def open_page(browser: Browser, complaints: Complaints) -> Iterator[Callable[..., Page]]:
    """Makes a page; options are those of a browser context. Ends with no complaint."""
    contexts: list[BrowserContext] = []

    def open_(**options: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 860}, **options})  # pyright: ignore[reportArgumentType]
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PATIENCE_MS)
        page.on("console", lambda message: _hear(complaints, message))
        page.on("pageerror", lambda error: complaints.heard.append(f"uncaught: {error}"))
        page.on("dialog", lambda dialog: complaints.heard.append(f"a dialog opened: {dialog.message}"))
        return page

    yield open_
    for context in contexts:
        context.close()
    assert complaints.unexpected() == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """A page of desktop size whose bubbles do not take their time to move."""
    return open_page(reduced_motion="reduce")


def _hear(complaints: Complaints, message: ConsoleMessage) -> None:
    if message.type in ("error", "warning"):
        complaints.heard.append(f"{message.type}: {message.text} {message.location.get('url', '')}")
