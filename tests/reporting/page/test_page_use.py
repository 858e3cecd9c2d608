"""What readers can do on the page: theme, days, locations, legends, tables, CSV, all by keyboard too."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest

from tests.reporting.page.conftest import opened, wait_for_charts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

WEEKDAY_BARS = "[data-chart=weekdays] [aria-roledescription=bar]"


@pytest.fixture(scope="module")
def page(browser: Browser, weeks_file: Path) -> Iterator[Page]:
    """Open the page once; each test leaves it as it was."""
    with opened(browser, weeks_file, accept_downloads=True) as found:
        yield found


def wait(page: Page, condition: str) -> None:
    """Wait for a condition; Playwright's own wait uses eval, which the policy of the page forbids."""
    for _ in range(2400):
        if page.evaluate(condition):
            return
        page.wait_for_timeout(25)
    raise AssertionError(condition)


def count(selector: str) -> str:
    """Make the expression that counts elements."""
    return f"document.querySelectorAll('{selector}').length"


def test_theme_is_the_systems_until_the_reader_chooses(browser: Browser, weeks_file: Path) -> None:
    with opened(browser, weeks_file, color_scheme="dark") as page:
        ground = "getComputedStyle(document.body).backgroundColor"
        assert page.evaluate(ground) == "rgb(14, 17, 23)"
        button = page.locator("[data-do=theme]")
        button.click()
        assert button.inner_text() == "Theme: light"
        assert page.evaluate(ground) == "rgb(244, 245, 248)"
        wait(page, "document.documentElement.dataset.drawn === 'light'")
        wait_for_charts(page)
        assert page.locator("[data-chart=orders_by_day] svg path[stroke='#0072b2']").count() > 0
        page.reload()
        wait_for_charts(page)
        assert page.locator("[data-do=theme]").inner_text() == "Theme: light"
        # A chosen theme stays when the system's changes; the system's is followed again when that is chosen.
        page.emulate_media(color_scheme="light")
        page.locator("[data-do=theme]").click()
        assert page.locator("[data-do=theme]").inner_text() == "Theme: dark"
        wait(page, "document.documentElement.dataset.drawn === 'dark'")
        page.locator("[data-do=theme]").click()
        wait(page, "document.documentElement.dataset.drawn === 'light'")
        wait_for_charts(page)


def test_chosen_days_narrow_the_charts_with_days(page: Page) -> None:
    cells = count("[data-chart=brand_shares] [role=graphics-symbol]")
    all_cells = page.evaluate(cells)
    assert page.locator(WEEKDAY_BARS).count() == 14
    # 2024-02-05 is a Monday.
    page.fill("input[name=first]", "2024-02-05")
    page.fill("input[name=last]", "2024-02-06")
    wait(page, f"{count(WEEKDAY_BARS)} === 4")
    assert page.locator(".days output").inner_text().startswith("2 days: ")
    assert page.evaluate(cells) < all_cells / 3
    page.click("text=All days")
    wait(page, f"{count(WEEKDAY_BARS)} === 14")
    wait(page, f"{cells} === {all_cells}")
    assert page.locator(".days output").inner_text() == ""


def test_a_brush_over_the_chart_chooses_days(page: Page) -> None:
    chart = page.locator("[data-chart=orders_by_day] svg")
    chart.scroll_into_view_if_needed()
    box = chart.bounding_box()
    assert box is not None
    middle = box["y"] + box["height"] / 2
    page.mouse.move(box["x"] + box["width"] * 0.4, middle)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.6, middle, steps=4)
    page.mouse.up()
    wait(page, "document.querySelector('.days output').textContent.includes(' days: ')")
    assert 10 <= int(page.locator(".days output").inner_text().split()[0]) <= 18
    page.click("text=All days")
    wait(page, f"{count(WEEKDAY_BARS)} === 14")
    assert page.locator(".days output").inner_text() == ""


def test_the_legend_picks_a_location(page: Page) -> None:
    """The bars of the others fade."""
    faded = f"""[...document.querySelectorAll('{WEEKDAY_BARS}')].filter(
        bar => Number(bar.getAttribute('opacity') ?? 1) < 0.5).length"""
    assert page.evaluate(faded) == 0
    page.locator("[data-chart=weekdays] svg .role-legend-label text").first.click()
    wait(page, f"{faded} === 7")
    chart = page.locator("[data-chart=weekdays] svg")
    box = chart.bounding_box()
    assert box is not None
    chart.click(position={"x": box["width"] - 20, "y": 60})
    wait(page, f"{faded} === 0")


def test_a_list_chooses_the_location_and_keeps_it(page: Page) -> None:
    """Also when the chart is drawn anew for another theme."""
    chart = page.locator("[data-chart=prices]")
    bars = "[...document.querySelectorAll('[data-chart=prices] [aria-roledescription=bar]')]"
    heights = f"{bars}.map(bar => bar.getAttribute('aria-label')).join()"
    of_all = page.evaluate(heights)
    chart.locator("select").select_option("sf")
    wait(page, f"{heights} !== {of_all!r}")
    of_one = page.evaluate(heights)
    page.emulate_media(color_scheme="dark")
    wait(page, "document.documentElement.dataset.drawn === 'dark'")
    wait_for_charts(page)
    assert page.locator("[data-chart=prices] select").input_value() == "sf"
    assert page.evaluate(heights) == of_one
    page.emulate_media(color_scheme="light")
    wait(page, "document.documentElement.dataset.drawn === 'light'")
    wait_for_charts(page)
    chart.locator("select").select_option("all locations")
    wait(page, f"{heights} === {of_all!r}")


def test_the_pointer_shows_numbers(page: Page) -> None:
    page.locator(WEEKDAY_BARS).first.hover()
    tip = page.locator("#vg-tooltip-element.visible")
    tip.wait_for()
    assert tip.inner_text().split()[:2] == ["weekday", "Monday"]
    page.mouse.move(0, 0)


def test_csv_has_what_the_table_has(page: Page) -> None:
    page.locator("article:has(#orders_by_day) summary").click()
    with page.expect_download() as saved:
        page.click("[data-do=csv][data-key=orders_by_day]")
    text = saved.value.path().read_text(encoding="utf-8")
    rows = list(csv.reader(io.StringIO(text)))
    assert saved.value.suggested_filename == "orders_by_day.csv"
    assert rows[0][:5] == ["location", "date", "day", "orders", "revenue_usd"]
    assert len(rows) == 1 + 2 * 70
    page.click("[data-do=all][data-key=orders_by_day]")
    shown = page.locator("table[data-table=orders_by_day] tbody tr")
    assert shown.count() == 2 * 70
    for row in (0, 59, 60, 139):
        cells = shown.nth(row).locator("td").all_inner_texts()
        assert cells[:2] == rows[row + 1][:2]
        assert cells[3].replace(",", "") == rows[row + 1][3]
        assert float(cells[4].replace(",", "")) == pytest.approx(float(rows[row + 1][4]), abs=0.001)


def test_every_csv_has_as_many_rows_as_its_figure(page: Page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    figures = page.evaluate("JSON.parse(document.getElementById('page-data').textContent).figures")
    for key, figure in figures.items():
        with page.expect_download() as saved:
            page.click(f"[data-do=csv][data-key={key}]")
        rows = list(csv.reader(io.StringIO(saved.value.path().read_text(encoding="utf-8"))))
        assert rows[0] == [column["name"] for column in figure["columns"]], key
        assert len(rows) == 1 + figure["n"], key
        assert {len(row) for row in rows} == {len(figure["columns"])}, key


def test_what_copying_says(page: Page) -> None:
    """A page from disk may be kept from the clipboard: then the text is selected."""
    page.click("section:has(#origin) .tools [data-do=copy]")
    said = page.locator("#said")
    wait(page, "document.getElementById('said').textContent !== ''")
    if said.inner_text().startswith("Selected"):
        assert page.evaluate("getSelection().toString()").startswith("fastgen build ")


def test_keyboard(browser: Browser, weeks_file: Path) -> None:
    with opened(browser, weeks_file) as page:
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.className") == "skip"
        box = page.locator(".skip").bounding_box()
        assert box is not None
        assert box["x"] >= 0
        page.keyboard.press("Enter")
        assert page.evaluate("document.activeElement.id") == "top"
        page.locator("[data-do=theme]").focus()
        page.keyboard.press("Enter")
        assert page.locator("[data-do=theme]").inner_text() == "Theme: light"
        summary = page.locator("article:has(#orders_by_day) summary")
        summary.focus()
        page.keyboard.press("Enter")
        assert page.locator("table[data-table=orders_by_day]").is_visible()
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.dataset.do") == "all"
        page.keyboard.press("Space")
        assert page.locator("table[data-table=orders_by_day] tbody tr").count() == 140
        # All that has the focus shows it.
        page.keyboard.press("Tab")
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
