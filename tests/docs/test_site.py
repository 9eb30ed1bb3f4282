"""The documentation site is built without a warning, is whole, and loads nothing from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from pages import ROOT


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    built = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return folder


def text(page: Path) -> str:
    return re.sub(r"<[^>]+>", "", page.read_text(encoding="utf-8"))


def test_no_page_loads_anything_from_another_machine(site: Path) -> None:
    loaded = [
        f"{page.relative_to(site)}: {tag}"
        for page in site.rglob("*.html")
        for tag in re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*(?:src|href)=[^>]*>", page.read_text(encoding="utf-8")
        )
        if re.search(r"(?:src|href)=[\"']?(?:https?:)?//", tag)
    ]
    assert loaded == []
    assert "mermaid" in (site / "assets" / "mermaid.js").read_text(encoding="utf-8")[-200:]


def test_the_reference_has_every_job_every_setting_and_every_address(site: Path) -> None:
    from typer.main import get_command

    from docs_site.cli_reference import commands
    from docs_site.settings_reference import sections
    from jobs.cli import build_app
    from trending.settings import Settings

    cli, settings, http = (
        text(site / "reference" / f"{name}.html") for name in ("cli", "settings", "http-api")
    )
    for words, command in commands(get_command(build_app())):
        assert " ".join(words) in cli
        assert [
            option for p in command.params for option in p.opts if option[0] == "-" and option not in cli
        ] == []
    for path, model in sections(Settings, ""):
        assert path in settings
        assert [name for name in model.model_fields if name not in settings] == []
    assert "Requests that may wait for the classifier" in settings
    assert "POST /v1/genres" in http
    assert "ProblemDetails" in http


def test_a_link_to_code_leads_to_a_page_that_shows_it(site: Path) -> None:
    page = (site / "ml-test-score.html").read_text(encoding="utf-8")
    [target] = set(re.findall(r'href="(source/jobs/ingest[^"]*)"', page))
    assert "def ingest(" in text(site / target)


def test_every_decision_and_every_runbook_is_in_the_navigation(site: Path) -> None:
    for folder in ("decisions", "runbooks"):
        index = (site / folder / "index.html").read_text(encoding="utf-8")
        pages = sorted((ROOT / "docs" / folder).glob("*.md"))
        assert len(pages) > 5
        assert [
            page.name for page in pages if f'href="{page.stem}.html"' not in index and page.stem != "index"
        ] == []
