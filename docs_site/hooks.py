"""MkDocs' hooks: pages made from the code, pages for the code that is linked to, and Mermaid from an installed package.

Named in `mkdocs.yml`. Nothing of what they make is written into the repository.
"""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # MkDocs loads this file by its path, and it needs its neighbours

from docs_site.cli_reference import cli_page  # noqa: E402
from docs_site.code_links import CodeLinks  # noqa: E402
from docs_site.http_reference import http_page  # noqa: E402
from docs_site.settings_reference import settings_page  # noqa: E402

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

GENERATED = {
    "reference/cli.md": cli_page,
    "reference/settings.md": settings_page,
    "reference/http-api.md": http_page,
}
COPIED = {"contributing.md": "CONTRIBUTING.md", "changelog.md": "CHANGELOG.md"}
ICON = "serve_app/web/assets/icon.svg"
MERMAID = "assets/mermaid.js"
links = CodeLinks(ROOT)


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """`FOLDER/*` in the navigation stands for all pages of that folder, by name."""
    config.nav = [_with_folders(entry, Path(config.docs_dir)) for entry in config.nav or []]
    return config


def on_files(files: Files, *, config: MkDocsConfig) -> Files:
    """Add what is generated, what is linked to outside of `docs/`, and Mermaid."""
    from mkdocs.structure.files import File

    for uri, page in GENERATED.items():
        files.append(File.generated(config, uri, content=page()))
    for uri, source in COPIED.items():
        files.append(File.generated(config, uri, content=(ROOT / source).read_text(encoding="utf-8")))
    for uri, content in links.pages(Path(config.docs_dir)).items():
        files.append(File.generated(config, uri, content=content))
    for uri, shipped in (("assets/icon.svg", ROOT / ICON), (MERMAID, mermaid_file())):
        files.append(File.generated(config, uri, abs_src_path=str(shipped)))
    return files


def on_page_markdown(markdown: str, *, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Links to code lead to the page that shows it."""
    del config, files
    return links.rewritten(markdown, page.file.src_uri)


def mermaid_file() -> Path:
    """Mermaid's script, where the package `mermaidx` ships it: the site loads nothing from elsewhere.

    Raises `FileNotFoundError` where the package is not installed or no longer holds it.
    """
    spec = find_spec("mermaidx")
    folder = Path(spec.origin).parent if spec and spec.origin else Path("mermaidx")
    file = folder / "assets" / "mermaid.js"
    if not file.is_file():
        raise FileNotFoundError(f"{file}: Mermaid's script is not there. `make setup` installs mermaidx.")
    return file


def _with_folders(entry: object, docs: Path) -> object:
    if isinstance(entry, dict):
        return {title: _with_folders(below, docs) for title, below in entry.items()}
    if not isinstance(entry, list):
        return entry
    found: list[object] = []
    for one in entry:
        if isinstance(one, str) and one.endswith("/*"):
            pages = sorted((docs / one[:-2]).glob("*.md"))
            found += [page.relative_to(docs).as_posix() for page in pages if page.name != "index.md"]
        else:
            found.append(_with_folders(one, docs))
    return found
