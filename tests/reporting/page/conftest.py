"""Pages of reports, and what opens them in a browser."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.reporting.certificate import certify
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.model import expect
from fastgen.reporting.page import make_page
from fastgen.reporting.survey import survey_dataset
from tests.browsers import LOADED_MS
from tests.building.toy import write_toy_roads
from tests.generating.closing_builds import build_closing
from tests.reporting.page.map_page import make_map_page

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    from fastgen.reporting.map_section import MapSection
    from fastgen.reporting.survey import Survey


@contextmanager
def opened(browser: Browser, path: Path, **options: Any) -> Iterator[Page]:
    """Open a file without a network, and wait until its charts are drawn.

    At the end, what its console has said is a fault, and so is a request for anything but the file.

    Parameters
    ----------
    browser
        The browser.
    path
        File of the page.
    **options
        Of the browser's context, such as viewport and color_scheme.
    """
    said: list[str] = []
    context = browser.new_context(**{"viewport": {"width": 1100, "height": 900}, "offline": True, **options})
    context.set_default_timeout(LOADED_MS)
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: said.extend([request.url] if request.url != path.as_uri() else []))
    try:
        page.goto(path.as_uri())
        if options.get("java_script_enabled", True) and page.locator("#page-data").count():
            wait_for_charts(page)
        yield page
    finally:
        context.close()
    assert said == []


def wait_for_charts(page: Page) -> None:
    """Wait until all charts are drawn."""
    page.wait_for_selector("html[data-ready=yes]")


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open files as `opened` does, until the test has ended."""
    with ExitStack() as stack:
        yield lambda path, **options: stack.enter_context(opened(browser, path, **options))


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


@pytest.fixture(scope="session")
def cancelled_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Page of a dataset whose orders were cancelled for every reason, or are open at the end; no model."""
    folder = tmp_path_factory.mktemp("cancelled")
    roads = write_toy_roads(folder / "roads")
    build_closing(folder / "dataset", roads)
    return write(page_of(survey_dataset(folder / "dataset"), roads), tmp_path_factory)


def write(page: str, folders: pytest.TempPathFactory) -> Path:
    path = folders.mktemp("page") / "report.html"
    path.write_text(page, encoding="utf-8")
    return path
