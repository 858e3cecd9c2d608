"""The page in a real browser: alone, readable, usable by keyboard and eye, in both themes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.reporting.page.conftest import Opened

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from playwright.sync_api import Browser

# How many marks each chart has drawn that have a size.
MARKS = """() => Object.fromEntries([...document.querySelectorAll("[data-chart]")].map(chart => [
    chart.dataset.chart,
    [...chart.querySelectorAll("[role=graphics-symbol]")].filter(mark => {
        const box = mark.getBoundingClientRect();
        return box.width > 0.5 || box.height > 0.5;
    }).length,
]))"""


@pytest.fixture(scope="module")
def opened(browser: Browser, weeks_file: Path) -> Iterator[Opened]:
    """Open the page once for tests that only look at it."""
    found = Opened(browser, weeks_file)
    with found:
        yield found


def test_opens_silently_and_asks_for_nothing(opened: Opened, weeks_file: Path) -> None:
    assert opened.troubles == []
    assert opened.requests == [weeks_file.as_uri()]


def test_every_chart_is_drawn(opened: Opened) -> None:
    marks = opened.page.evaluate(MARKS)
    assert len(marks) == 17
    assert {key: n for key, n in marks.items() if n < 2} == {}
