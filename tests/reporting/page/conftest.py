"""A browser for all tests of pages: Debian's Chromium, steered by the package playwright."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.survey import survey_dataset
from tests.reporting.page.map_page import make_map_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    from fastgen.reporting.map_section import MapSection
    from fastgen.reporting.survey import Survey

BROWSERS = ("/usr/bin/chromium-headless-shell", "/usr/bin/chromium")
# As on a machine without a graphics card; and nothing is asked from the network.
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
)

# A loaded machine may take this long for what is usually done at once.
LOADED_MS = 180_000


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for path in BROWSERS if Path(path).exists()), None)
    if found is None:
        pytest.skip(f"needs a browser: {' or '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a file without a network; at the end, whatever its console says is a fault."""
    contexts, said = [], list[str]()

    def open_file(path: Path, **options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1100, "height": 900}, "offline": True, **options}
        )
        context.set_default_timeout(LOADED_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: said.extend([request.url] if request.url != path.as_uri() else []))
        page.goto(path.as_uri())
        return page

    yield open_file
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture(scope="session")
def street_map(survey: Survey) -> MapSection:
    return make_map_section(survey, survey.folder.parent / "roads")


@pytest.fixture(scope="session")
def map_file(street_map: MapSection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    path.write_text(make_map_page(street_map), encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def universe_map(run_universe: Path) -> MapSection:
    return make_map_section(survey_dataset(run_universe))


@pytest.fixture(scope="session")
def universe_map_file(universe_map: MapSection, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("universe_map") / "map.html"
    path.write_text(make_map_page(universe_map), encoding="utf-8")
    return path
