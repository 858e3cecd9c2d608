"""Make links of the names of files in the documents: docs/live.md, docs/model.md, 6.5, or tests/test_rng.py.

Documents are read in an editor too, so they name a file by its path. On the site such a name leads to the
page of that document, or to a page made here that shows the file.
"""

from __future__ import annotations

import os
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from markdown.extensions.toc import slugify
from mkdocs.structure.files import File, InclusionLevel

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
# Blocks of code and comments come first, so that names in them are left alone.
PARTS = re.compile(
    r"^ *```.*?^ *```$|<!--.*?-->"
    r"|(?P<link>\[[^\]\n]*\]\()(?P<target>[^)\s#]+)(?P<end>[^)]*\))"
    r"|`(?P<code>[^`\n]+)`"
    r"|(?<![\w./-])(?P<name>(?:docs|tests|fastgen|benchmarks|\.ci|\.github)/[\w./-]*\w)"
    r"(?:,\s(?P<section>\d+(?:\.\d+)?)\b)?",
    re.MULTILINE | re.DOTALL,
)
PICTURES = re.compile(r"!\[[^\]\n]*\]\(([^)\s]+)\)")
LANGUAGES = {".py": "python", ".toml": "toml", ".json": "json", ".sql": "sql", "": "bash"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add a page for each file outside of docs/ that a document names."""
    for document in files.documentation_pages():
        folder = (DOCS / document.src_uri).parent
        for match in PARTS.finditer(document.content_string):
            path = _find_file(match, folder)
            if path is not None and DOCS not in path.parents:
                _add_source(path, files, config)
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001
    """Make a link of each name of a file that has a page."""
    source = page.file.src_uri.removeprefix("source/")
    folder = (DOCS / source if source == page.file.src_uri else ROOT / source).parent

    def link(match: re.Match[str]) -> str:
        path = _find_file(match, folder)
        if path is None or files.get_file_from_path(_page_of(path)) is None:
            return match[0]
        if match["link"] and DOCS in path.parents:
            return match[0]  # MkDocs knows where that is
        if match["link"]:
            return f"{match['link']}/{_page_of(path)}{match['end']}"
        anchor = _anchors(path).get(match["section"], "") if match["section"] else ""
        return f"[{match[0]}](/{_page_of(path)}{anchor})"

    return PARTS.sub(link, markdown)


def _find_file(match: re.Match[str], folder: Path) -> Path | None:
    """Return the file of the repository that is named, if one is; a link starts at the folder of its page."""
    named = folder / match["target"] if match["link"] else ROOT / (match["name"] or match["code"] or "")
    path = Path(os.path.normpath(named))
    return path if path.is_file() and ROOT in path.parents else None


def _page_of(path: Path) -> str:
    """Return the address of the page that shows a file."""
    if DOCS in path.parents:
        return path.relative_to(DOCS).as_posix()
    name = path.relative_to(ROOT).as_posix()
    return f"source/{name}" if path.suffix == ".md" else f"source/{name}.md"


def _add_source(path: Path, files: Files, config: MkDocsConfig) -> None:
    """Add the page of a file: a document as it is, with its pictures, anything else as code."""
    uri = _page_of(path)
    if files.get_file_from_path(uri) is not None:
        return
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        for picture in PICTURES.findall(text):
            source = path.parent / picture
            shown = f"source/{source.relative_to(ROOT).as_posix()}"
            files.append(File.generated(config, shown, abs_src_path=str(source)))
    else:
        # The search is for prose: tests would bury it.
        head = f"---\nsearch: {{ exclude: true }}\n---\n\n# {path.relative_to(ROOT)}\n\n"
        text = f"{head}````{LANGUAGES.get(path.suffix, 'text')}\n{text}\n````\n"
    files.append(File.generated(config, uri, content=text, inclusion=InclusionLevel.NOT_IN_NAV))


@cache
def _anchors(path: Path) -> dict[str, str]:
    """Return the anchors of a document's numbered headings, by number."""
    headings = re.findall(r"^#+ ((\d+(?:\.\d+)?) .*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {number: "#" + slugify(heading, "-") for heading, number in headings}
