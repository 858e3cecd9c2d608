"""A browser for all tests of pages: Debian's Chromium, steered by the package playwright."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import sync_playwright

from fastgen.reporting.certificate import certify
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.model import expect
from fastgen.reporting.page import make_page
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
# Set where a missing browser is a fault and no reason to skip.
DEMANDED = "FASTGEN_TEST_BROWSER"


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    found = next((path for path in BROWSERS if Path(path).exists()), None)
    if found is None:
        assert not os.environ.get(DEMANDED), f"expected a browser, {' or '.join(BROWSERS)}"
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


def page_of(survey: Survey, roads: Path | None) -> str:
    expected = expect(survey, roads)
    shown = make_map_section(survey, roads)
    return make_page(survey, make_figures(survey, expected), certify(survey, expected), shown)


@pytest.fixture(scope="session")
def weeks(survey: Survey, dataset: Path) -> str:
    """Page of two locations and ten weeks."""
    return page_of(survey, dataset.parent / "roads")


@pytest.fixture(scope="session")
def weeks_file(weeks: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(weeks, tmp_path_factory)


@pytest.fixture(scope="session")
def engine_file(run_universe: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a universe that is disturbed."""
    return write(page_of(survey_dataset(run_universe), None), tmp_path_factory)


@pytest.fixture(scope="session")
def empty_file(no_orders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a dataset without an order."""
    return write(page_of(survey_dataset(no_orders), no_orders.parent / "roads"), tmp_path_factory)


def write(page: str, folders: pytest.TempPathFactory) -> Path:
    path = folders.mktemp("page") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path


class Opened:
    """A page in a browser without a network, and what it has said and asked for.

    Parameters
    ----------
    browser
        The browser.
    path
        File of the page.
    **options
        Of the browser's context, such as viewport and color_scheme.
    """

    def __init__(self, browser: Browser, path: Path, **options: Any) -> None:
        settings = {"viewport": {"width": 1200, "height": 900}, "offline": True, **options}
        self.page: Page = browser.new_context(**settings).new_page()
        self.page.set_default_timeout(LOADED_MS)
        self.troubles: list[str] = []
        self.requests: list[str] = []
        self.page.on("console", lambda message: self.troubles.append(message.text))
        self.page.on("pageerror", lambda error: self.troubles.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(path.as_uri())
        if options.get("java_script_enabled", True):
            self.wait()

    def wait(self) -> None:
        """Wait until all charts are drawn."""
        self.page.wait_for_selector("html[data-ready=yes]")

    def __enter__(self) -> Page:
        return self.page

    def __exit__(self, *_: object) -> None:
        self.page.context.close()
