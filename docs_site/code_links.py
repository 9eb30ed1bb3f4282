"""Links from a page to code: GitHub follows them in the repository, the site shows each such file on a page."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path

LINK = re.compile(r"(?<!!)\[(?P<text>[^\]\n]*)\]\((?P<target>\.{1,2}/[^)\s#]+)(?P<anchor>#[^)\s]*)?\)")
LANGUAGES = {
    ".py": "python",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".html": "html",
    ".toml": "toml",
}
FOLDER = "source"


class CodeLinks:
    """Files outside of `docs/` that its pages link to."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def pages(self, docs: Path) -> dict[str, str]:
        """A page for every file that is linked to: its address in the site, and its Markdown."""
        found: dict[str, str] = {}
        for page in sorted(docs.rglob("*.md")):
            uri = page.relative_to(docs).as_posix()
            for link in LINK.finditer(page.read_text(encoding="utf-8")):
                file = self._outside(link["target"], uri)
                if file is not None:
                    found[_address(file)] = self._shown(file)
        return found

    def rewritten(self, markdown: str, uri: str) -> str:
        """The page's Markdown, with links that lead out of `docs/` led to those pages.

        A link to a file that is not there is left as it is, for MkDocs to complain of.
        """

        def changed(link: re.Match[str]) -> str:
            file = self._outside(link["target"], uri)
            if file is None:
                return link[0]
            here = posixpath.relpath(_address(file), posixpath.dirname(uri) or ".")
            return f"[{link['text']}]({here})"

        return LINK.sub(changed, markdown)

    def _outside(self, target: str, uri: str) -> str | None:
        """The file that a link names, relative to the repository; None where it is a page of the site or no file."""
        file = posixpath.normpath(posixpath.join("docs", posixpath.dirname(uri), target))
        inside = file.startswith(("docs/", "../"))
        return None if inside or not (self._root / file).is_file() else file

    def _shown(self, file: str) -> str:
        text = (self._root / file).read_text(encoding="utf-8")
        language = LANGUAGES.get(Path(file).suffix, "text")
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        head = "---\nhide: [toc]\nsearch:\n  exclude: true\n---\n"
        return f'{head}# `{file}`\n\n{fence}{{.{language} linenums="1"}}\n{text.rstrip()}\n{fence}\n'


def _address(file: str) -> str:
    return f"{FOLDER}/{file.lstrip('.')}.md"
