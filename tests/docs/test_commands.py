"""Every command on a page exists: jobs with these options, targets of make, modules; every link leads somewhere."""

from __future__ import annotations

import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pages import FENCE, INLINE, ROOT, Command, commands, pages
from typer.main import get_command

from jobs.cli import build_app

PLACEHOLDER = re.compile(r"^\[?[A-Z][A-Z_-]*(\.\.\.)?\]?$|^\.\.\.$")


@pytest.fixture(scope="module")
def parser() -> Any:
    """The command line, which parses and does nothing."""
    root = get_command(build_app())
    _disarm(root)
    return root


def _disarm(command: Any) -> None:
    command.callback = lambda **_: None
    for below in getattr(command, "commands", {}).values():
        _disarm(below)


def fault(parser: Any, words: tuple[str, ...], *, named: bool = False) -> str | None:
    """What the command line says against these words, or None. `JOB` and the like stand for any command; a job that is
    named in a sentence may lack arguments."""
    if not words or any(PLACEHOLDER.match(word) for word in words[:1]) or "..." in words:
        return None
    try:
        parser.main(args=list(words), prog_name="trending", standalone_mode=False)
    except Exception as error:  # noqa: BLE001 (whatever it is, the page is wrong, and all pages are told at once)
        said = getattr(error, "message", None) or repr(error)
        lacks = said.startswith(("NoArgsIsHelpError", "MissingParameter")) or "requires an argument" in said
        return None if named and lacks else said
    return None


def jobs_on_pages() -> list[tuple[Command, tuple[str, ...]]]:
    """Commands with the words after `trending`, or after `python -m jobs`."""
    found = []
    for command in commands("trending", "python"):
        if command.words[0] == "trending":
            found.append((command, command.words[1:]))
        elif command.words[1:3] == ("-m", "jobs"):
            found.append((command, command.words[3:]))
    return found


def test_every_job_on_a_page_is_one_that_the_command_line_takes(parser: Any) -> None:
    found = jobs_on_pages()
    assert len(found) > 100
    faults = [f"{c}: {said}" for c, words in found if (said := fault(parser, words, named=c.named))]
    assert faults == []


@pytest.mark.parametrize(
    "words", ["ingset", "train bert --epochs 3", "data show a b c", "serve --port none", "train"]
)
def test_a_command_that_is_not_there_would_be_found(parser: Any, words: str) -> None:
    assert fault(parser, tuple(words.split()))


def test_every_job_is_told_on_a_how_to_page() -> None:
    told = {
        command.words[1]
        for command in commands("trending")
        if command.page.parent == ROOT / "docs" and len(command.words) > 1
    }
    root: Any = get_command(build_app())
    assert sorted(set(root.commands) - told) == []


def test_every_target_of_make_on_a_page_is_in_the_makefile() -> None:
    targets = set(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    found = {
        (str(command), word)
        for command in commands("make")
        for word in command.words[1:]
        if "=" not in word and not word.startswith("-") and not PLACEHOLDER.match(word)
    }
    assert len(found) > 10
    assert sorted(told for told, word in found if word not in targets) == []


def test_every_module_that_a_page_runs_exists() -> None:
    modules = [(c, c.words[2]) for c in commands("python") if c.words[1:2] == ("-m",) and len(c.words) > 2]
    assert len(modules) > 5
    assert [str(command) for command, module in modules if find_spec(module) is None] == []


def links() -> list[tuple[Path, str]]:
    found = []
    for page in pages():
        text = INLINE.sub("", FENCE.sub("", page.read_text(encoding="utf-8")))
        found += [(page, target) for target in re.findall(r"\]\(([^)\s]+)\)", text)]
    return [(page, target) for page, target in found if not re.match(r"^[a-z]+:", target)]


def anchors(page: Path) -> set[str]:
    """Anchors of a page's headings, as GitHub and the site make them."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    heads = re.findall(r"^#+ +(.*?)\s*$", text, re.M)
    return {re.sub(r"[\s]+", "-", re.sub(r"[^\w\s-]", "", head).strip().lower()) for head in heads}


GENERATED = ("reference/cli.md", "reference/settings.md", "reference/http-api.md")


def test_every_link_leads_to_a_file_and_to_a_heading_in_it() -> None:
    dead = []
    for page, target in links():
        name, _, anchor = target.partition("#")
        file = (page.parent / name).resolve() if name else page
        if str(file).endswith(GENERATED):
            continue  # made when the site is built, which fails on a dead link to it
        if not file.exists() or (anchor and file.suffix == ".md" and anchor not in anchors(file)):
            dead.append(f"{page.relative_to(ROOT)}: {target}")
    assert len(links()) > 50
    assert dead == []
