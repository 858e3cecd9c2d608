"""The documents as a site: whole, alone, and readable on a phone and in the dark."""

from __future__ import annotations

import functools
import http.server
import importlib.util
import re
import shutil
import threading
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

import fastgen
import fastgen.spark
from tests.documents import DOCUMENTS, ROOT

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

PUBLIC = (
    *(f"fastgen.{name}" for name in fastgen.__all__ if name != "__version__"),
    *(f"fastgen.universe.{name}" for name in fastgen.universe.__all__),
    *(f"fastgen.spark.{name}" for name in fastgen.spark.__all__),
)
SHOWN = ("index", "gallery", "tutorial", "recipes/polars", "api/fastgen", "cli", "model", "correctness")
# A loaded machine may take this long for what is usually done at once.
LOADED_MS = 180_000


def test_dead_links_fail(
    build: Callable[[Path], subprocess.CompletedProcess[str]],
    copy_sources: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    """Each broken thing is named: a page, an anchor, a picture, a test, and a page that no menu has."""
    checkout = copy_sources(tmp_path)
    broken = ("nowhere", "model.md#nowhere", "pictures/none.png", "../tests/test_none.py", "/none")
    links = " ".join(f"[broken]({target})" for target in broken)
    page = checkout / "docs" / "damage.md"
    page.write_text(f"{page.read_text(encoding='utf-8')}\n{links}\n", encoding="utf-8")
    shutil.copy(page, checkout / "docs" / f"unlisted{page.suffix}")
    built = build(checkout)
    assert built.returncode == 1
    assert [target for target in broken if f"'{target}'" not in built.stderr] == []
    assert "unlisted" in built.stderr


def test_a_name_that_the_library_does_not_have_fails(
    build: Callable[[Path], subprocess.CompletedProcess[str]],
    copy_sources: Callable[[Path], Path],
    tmp_path: Path,
) -> None:
    checkout = copy_sources(tmp_path)
    page = checkout / "docs" / "api" / "universe.md"
    page.write_text("# fastgen.universe\n\n::: fastgen.universe.rum\n", encoding="utf-8")
    built = build(checkout)
    assert built.returncode != 0
    assert "fastgen.universe.rum" in built.stderr


class Loaded(HTMLParser):
    """Addresses of what a page loads by itself."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value and (name in {"src", "srcset", "data", "poster"} or (name == "href" and tag == "link")):
                self.addresses.append(value)


def test_nothing_is_loaded_from_elsewhere(site: Path) -> None:
    pages = sorted(site.rglob("*.html"))
    assert len(pages) >= 40
    for page in pages:
        parser = Loaded()
        parser.feed(page.read_text(encoding="utf-8"))
        assert parser.addresses
        assert [address for address in parser.addresses if re.match(r"(https?:)?//", address)] == [], page
    for style in site.rglob("*.css"):
        assert re.findall(r"url\(\s*[\"']?(?:https?:)?//", style.read_text(encoding="utf-8")) == [], style


@pytest.mark.parametrize("name", PUBLIC)
def test_every_public_name_is_in_the_reference(name: str, site: Path) -> None:
    room = name.split(".")[1]
    page = room if name.count(".") == 2 else "fastgen"
    text = (site / "api" / f"{page}.html").read_text(encoding="utf-8")
    assert f'id="{name}"' in text


def test_names_of_files_lead_to_their_pages(site: Path) -> None:
    """As documents name them: a document with its section, a file of the repository."""
    assert 'href="model.html#65-where-damage-is-found"' in (site / "damage.html").read_text(encoding="utf-8")
    proved = (site / "correctness.html").read_text(encoding="utf-8")
    shown = set(re.findall(r'href="(source/tests/[^"#]+)"', proved))
    assert len(shown) >= 25
    assert all((site / name).exists() for name in shown)


def test_pictures_are_those_of_the_script_and_small() -> None:
    spec = importlib.util.spec_from_file_location("draw_report", ROOT / ".ci" / "draw_report.py")
    assert spec is not None
    assert spec.loader is not None
    draw_report = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw_report)
    drawn = {f"{shot.name}-{theme}.webp" for shot in draw_report.SHOTS for theme in shot.themes}
    pictures = {path.name: path.stat().st_size for path in (ROOT / "docs" / "pictures").glob("*.webp")}
    assert pictures.keys() == drawn
    assert sum(pictures.values()) < 1_500_000
    assert [name for name in drawn if f"pictures/{name}" not in DOCUMENTS["docs/gallery.md"]] == []


@pytest.fixture(scope="module")
def address(site: Path) -> Iterator[str]:
    """Serve the site to this machine: browsers start no search on a page from a disk."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(site)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_fit_a_phone_and_ask_nobody_else(scheme: str, address: str, browser: Browser) -> None:
    """By the reader's scheme of colours; tables and code scroll within the page."""
    context = browser.new_context(viewport={"width": 360, "height": 780}, color_scheme=scheme)
    context.set_default_timeout(LOADED_MS)
    page = context.new_page()
    asked, said = list[str](), list[str]()
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    for name in SHOWN:
        page.goto(f"{address}/{name}.html")
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, name
        shown = page.evaluate("document.body.dataset.mdColorScheme")
        assert shown == {"light": "default", "dark": "slate"}[scheme]
    context.close()
    assert [url for url in asked if not url.startswith((address, "data:", "blob:"))] == []
    assert said == []


def test_search_finds_a_word_of_the_reference(address: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 1200, "height": 800})
    context.set_default_timeout(LOADED_MS)
    page = context.new_page()
    page.goto(f"{address}/index.html")
    page.click("input[name=query]")
    page.keyboard.type("momentum", delay=50)
    page.wait_for_selector(".md-search-result__link[href*='model.html']")
    context.close()
