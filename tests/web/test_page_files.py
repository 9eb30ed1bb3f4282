"""The page's files as they are served, and what may not stand in them."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import serve_app.web as web
from serve_app.web import ASSETS, CONTENT_SECURITY_POLICY, PageFileMissingError, d3_file, mount_web
from tests.web.colours import SIGHT, closest, contrast, custom_properties
from trending.catalog.taxonomy import load_taxonomy

FILES = sorted(path for path in ASSETS.rglob("*") if path.is_file())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
MARKUP_FROM_TEXT = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.html\(|setAttribute\(\"on"
)


@pytest.fixture(scope="module")
def client() -> TestClient:
    api = FastAPI()
    mount_web(api)
    return TestClient(api)


@pytest.mark.parametrize("path", ["/", "/title/abc", "/title/a%2Fb", "/try", "/system"])
def test_every_address_of_the_page_is_answered_with_it(client: TestClient, path: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "<main" in answer.text


def test_every_file_comes_with_the_policy_and_its_own_type(client: TestClient) -> None:
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
    for path in (*(f"/assets/{file.relative_to(ASSETS)}" for file in FILES), "/assets/d3.js"):
        answer = client.get(path)
        assert answer.status_code == 200, path
        assert answer.headers["content-type"].startswith(types[Path(path).suffix]), path
        assert answer.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
    assert client.get("/assets/../__init__.py").status_code == 404
    assert client.get("/assets/none.js").status_code == 404


def test_nothing_of_the_page_is_in_the_schema_of_the_api() -> None:
    api = FastAPI()
    mount_web(api)
    assert api.openapi()["paths"] == {}


def test_d3_comes_from_the_installed_package(client: TestClient) -> None:
    assert d3_file() == Path(find_spec("mpld3").submodule_search_locations[0]) / "js" / "d3.v5.min.js"  # pyright: ignore
    assert "d3js.org v5" in client.get("/assets/d3.js").text[:60]


def test_a_missing_d3_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(web, "find_spec", lambda _: None)
    with pytest.raises(PageFileMissingError, match="make setup"):
        mount_web(FastAPI())


def test_every_file_is_asked_for_by_the_page_and_is_there() -> None:
    asked = set(re.findall(r'(?:src|href)="/assets/([^"]+)"', (ASSETS / "index.html").read_text()))
    for script in SCRIPTS:
        text = script.read_text()
        asked |= {
            str((script.parent / name).resolve().relative_to(ASSETS.resolve()))
            for name in re.findall(r'from "(\.[^"]+)"', text)
        }
        asked |= set(re.findall(r'"/assets/([^"]+)"', text))
    there = {str(file.relative_to(ASSETS)) for file in FILES}
    assert asked - {"d3.js"} == there - {"index.html"}


def test_no_script_makes_markup_from_text_and_no_markup_holds_script_or_style() -> None:
    for script in SCRIPTS:
        assert not MARKUP_FROM_TEXT.search(script.read_text()), script
    page = (ASSETS / "index.html").read_text()
    assert not re.search(r"<style|\sstyle=|\son\w+=|javascript:", page)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", page))
    assert not re.search(r"https?://(?!www\.w3\.org)", "".join(file.read_text() for file in FILES))


def test_files_stay_small() -> None:
    assert {file.name: n for file in FILES if (n := len(file.read_text().splitlines())) > 300} == {}


def test_genres_are_those_of_the_taxonomy_in_its_order() -> None:
    text = (ASSETS / "js" / "genres.js").read_text()
    listed = re.findall(r'^  "([^"]+)",$', text, re.MULTILINE)
    assert tuple(listed) == tuple(load_taxonomy().genres)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_genre_colours_stay_apart(theme: str, sight: str) -> None:
    css = (ASSETS / "css" / "tokens.css").read_text()
    body = css.split(f':root[data-theme="{theme}"] {{')[1].split("}")[0]
    values = custom_properties(body)
    colours = {genre: values[f"g{number}"] for number, genre in enumerate(load_taxonomy().genres)}
    distance, one, other = closest(colours, sight)
    assert distance > 0.075, f"{one} and {other} look alike"
    assert contrast(values["ink"], values["paper"]) > 12
    assert min(contrast(values[soft], values["panel-strong"]) for soft in ("soft", "accent", "bad")) > 4.5
    if theme == "dark":  # on white a ring around each bubble gives the contrast
        assert min(contrast(colour, values["paper"]) for colour in colours.values()) > 3
