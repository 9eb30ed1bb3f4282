"""System: what serves now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from playwright.sync_api import Page, Route, expect

from serve_app.contracts import TrafficPolicy
from tests.web.conftest import Complaints, Site
from tests.web.service import services_of


def split_services() -> object:
    services = services_of(5)
    services.classifiers.policy_now = TrafficPolicy(  # pyright: ignore[reportAttributeAccessIssue]
        "3",
        "bert",
        challenger="4",
        challenger_kind="xgboost",
        weight=0.15,
        shadow=0.3,
        fallbacks=(("keyword", "1"),),
    )
    return services


def test_models_split_and_language_model_are_told(page: Page, serve: Callable[..., Site]) -> None:
    site = serve(split_services())
    page.goto(f"{site.address}/system")
    expect(page.locator(".model").first).to_contain_text("BERT classifier")
    expect(page.locator(".model .role.champion")).to_have_count(1)
    expect(page.locator(".split-champion")).to_have_text("85%")
    expect(page.locator(".split-challenger")).to_have_text("15%")
    body = page.locator(".system-body")
    expect(body).to_contain_text("15% of requests: XGBoost classifier 4")
    expect(body).to_contain_text("30% of the champion's requests, unseen")
    expect(body).to_contain_text("keyword rules")
    expect(body).to_contain_text("fake-llm-1")
    expect(body).to_contain_text("Nothing measures drift yet.")
    widths = [page.locator(f".split-{side}").bounding_box() for side in ("champion", "challenger")]
    assert widths[0]
    assert widths[1]
    assert widths[0]["width"] > 3 * widths[1]["width"]


def test_state_is_asked_for_again_until_it_is_paused(page: Page, serve: Callable[..., Site]) -> None:
    site = serve(split_services())
    with page.expect_response("**/v1/system"):
        page.goto(f"{site.address}/system")
    expect(page.locator(".sparks")).to_contain_text("nothing measured yet")
    assert page.request.get(f"{site.address}/v1/titles").ok
    with page.expect_response("**/v1/system"):
        pass
    expect(page.locator(".spark-value").nth(1)).to_contain_text("ms", timeout=20_000)
    assert page.locator(".spark-line").first.get_attribute("d")
    site.services.classifiers.policy_now = replace(  # pyright: ignore[reportAttributeAccessIssue]
        site.services.classifiers.policy_now,  # pyright: ignore[reportAttributeAccessIssue]
        weight=0.5,
    )
    expect(page.locator(".split-challenger")).to_have_text("50%", timeout=20_000)
    page.get_by_role("button", name="Pause").click()
    expect(page.get_by_role("button", name="Paused")).to_have_attribute("aria-pressed", "true")
    with page.expect_response("**/v1/system"):
        page.get_by_role("button", name="Paused").click()
    expect(page.get_by_role("button", name="Pause", exact=True)).to_be_visible()


def test_drift_and_no_language_model_are_said(page: Page, serve: Callable[..., Site]) -> None:
    site = serve(split_services())

    def changed(route: Route) -> None:
        state = route.fetch().json()
        route.fulfill(json={**state, "llm": None, "drift": {"plot_words": {"psi": 0.31}, "alarm": True}})

    page.route("**/v1/system", changed)
    page.goto(f"{site.address}/system")
    expect(page.locator(".system-body")).to_contain_text("Psi: 0.310")
    expect(page.locator(".system-body")).to_contain_text("No language model is set up")
    page.unroute_all(behavior="wait")


def test_an_error_is_shown_and_goes_when_the_service_is_back(
    page: Page, serve: Callable[..., Site], complaints: Complaints
) -> None:
    complaints.expected = ("503",)
    site = serve(split_services())
    page.route("**/v1/system", lambda route: route.fulfill(status=503, json={"detail": "Not up yet."}))
    page.goto(f"{site.address}/system")
    expect(page.get_by_role("alert")).to_contain_text("Not up yet.")
    page.unroute("**/v1/system")
    expect(page.locator(".model").first).to_be_visible()
    expect(page.get_by_role("alert")).to_have_count(0)
