"""The page in a real browser: alone, whole, readable at any width, in both themes, without scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reporting.page.accessibility import find_faults
from tests.reporting.page.conftest import opened, wait_for_charts
from tests.reporting.page.seen import find_bare_axes, find_collisions, find_drawn, find_overflow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WIDTHS = (1440, 768, 360)


@pytest.fixture(scope="module")
def page(browser: Browser, weeks_file: Path) -> Iterator[Page]:
    """Open the page once for tests that only look at it; in the end it must have been silent and alone."""
    with opened(browser, weeks_file) as found:
        yield found


def resize(page: Page, width: int) -> None:
    """Give the window another width, and wait until the charts follow."""
    if page.evaluate("innerWidth") != width:
        page.evaluate("delete document.documentElement.dataset.ready")
        page.set_viewport_size({"width": width, "height": 740})
    wait_for_charts(page)


def test_every_chart_is_drawn(page: Page) -> None:
    drawn = find_drawn(page)
    assert len(drawn) == 17
    assert {key: n for key, n in drawn.items() if n < 1} == {}


def test_every_figure_has_words_and_a_table_and_a_csv(page: Page) -> None:
    articles = page.locator("article")
    assert articles.count() == 18
    for article in articles.all():
        key = article.get_attribute("aria-labelledby")
        assert article.locator(f"h3#{key}").inner_text().strip("# ")
        assert len(article.locator("p").first.inner_text()) > 20, key
        assert article.locator(f"table[data-table={key}] thead th").count() >= 2, key
        assert article.locator(f"table[data-table={key}] tbody tr").count() >= 1, key
        assert article.locator(f"button[data-do=csv][data-key={key}]").count() == 1, key


def test_links_lead_to_places_of_the_page(page: Page) -> None:
    ids = page.evaluate("[...document.querySelectorAll('[id]')].map(one => one.id)")
    links = page.evaluate("[...document.querySelectorAll('a')].map(one => one.getAttribute('href'))")
    assert len(links) > 30
    assert {link for link in links if not link.startswith("#") or link[1:] not in ids} == set()
    ours = [name for name in ids if not name.startswith("vg-")]
    assert len(ours) == len(set(ours))


@pytest.mark.parametrize("kind", ["engine_file", "empty_file", "cancelled_file"])
def test_other_datasets_are_drawn(browser: Browser, kind: str, request: pytest.FixtureRequest) -> None:
    with opened(browser, request.getfixturevalue(kind)) as page:
        drawn = find_drawn(page)
        assert len(drawn) == {"engine_file": 21, "empty_file": 0, "cancelled_file": 17}[kind]
        assert {key: n for key, n in drawn.items() if n < 1} == {}
        assert find_bare_axes(page) == []
        for width in (1100, 360):
            resize(page, width)
            assert find_overflow(page) == [], width
            assert find_collisions(page) == [], width
        if kind == "engine_file":
            words = page.locator("[data-chart=queue_length] svg").text_content()
            assert words is not None
            assert "the match" in words


def test_fits_any_width(browser: Browser, weeks_file: Path) -> None:
    """Nothing is wider than the window or than its card, and no two labels lie on each other."""
    with opened(browser, weeks_file, viewport={"width": WIDTHS[0], "height": 740}) as page:
        for width in WIDTHS:
            resize(page, width)
            assert find_bare_axes(page) == [], width
            assert page.evaluate("document.documentElement.scrollWidth") <= width
            assert find_overflow(page) == [], width
            assert find_collisions(page) == [], width
            assert {key: n for key, n in find_drawn(page).items() if n < 1} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(browser: Browser, weeks_file: Path, scheme: str) -> None:
    with opened(browser, weeks_file, color_scheme=scheme) as page:
        page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
        # Further rows and marks are as those before them, and axe looks at each for a while.
        page.evaluate("document.querySelectorAll('tbody tr:nth-child(n + 4)').forEach(row => row.remove())")
        page.evaluate("document.querySelectorAll('svg path:nth-child(n + 9)').forEach(mark => mark.remove())")
        assert find_faults(page) == []


def test_readable_without_javascript(browser: Browser, weeks_file: Path) -> None:
    with opened(browser, weeks_file, java_script_enabled=False) as page:
        assert page.locator("noscript").first.inner_text().startswith("Charts and the map need JavaScript.")
        assert page.locator("table tbody tr").count() > 500
        for control in ("button", "select", "input", ".chart", "canvas"):
            assert page.locator(f"{control}:visible").count() == 0, control
        page.locator("article details summary").first.click()
        assert page.locator("table[data-table=orders_by_day] td").first.is_visible()


def test_print_is_light_and_without_buttons(browser: Browser, weeks_file: Path) -> None:
    with opened(browser, weeks_file, color_scheme="dark") as page:
        page.emulate_media(media="print")
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
        for control in ("button", "select", "input", "summary"):
            assert page.locator(f"{control}:visible").count() == 0, control
        assert page.evaluate("getComputedStyle(document.querySelector('.chart svg')).filter") != "none"
        assert page.locator(".chart svg:visible").count() == 17


def test_nothing_moves_where_motion_is_unwanted(browser: Browser, weeks_file: Path) -> None:
    with opened(browser, weeks_file, reduced_motion="reduce") as page:
        assert page.evaluate("getComputedStyle(document.documentElement).scrollBehavior") == "auto"
        assert page.evaluate("document.getAnimations().length") == 0
        panel = "document.querySelector('.map').panel.map"
        # A map that nobody sees stands still anyway.
        page.locator("[data-map=canvas]").scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        assert page.evaluate(f"{panel}.seen")
        frames = page.evaluate(f"{panel}.frames")
        page.wait_for_timeout(200)
        assert page.evaluate(f"{panel}.frames") == frames
