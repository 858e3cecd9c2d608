"""Draw the pictures of a report: `python .ci/draw_report.py canonical_dataset docs/pictures`.

A browser without a network opens the page that `fastgen report` makes, in both themes and on a phone. Text
looks a little different where other fonts are installed; all else is the same for the same dataset.
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from PIL import Image
from playwright.sync_api import sync_playwright

import fastgen

if TYPE_CHECKING:
    from playwright.sync_api import Browser, FloatRect, Page

BROWSER = "/usr/bin/chromium-headless-shell"
DESK, PHONE = (1180, 1000), (390, 844)
MARGIN = 12
# A loaded machine may take this long for what is usually done at once.
LOADED_MS = 180_000
# Below 75, WebP blurs the small text of axes.
QUALITY = 75


Theme = Literal["light", "dark"]


class Shot(NamedTuple):
    """A picture of a part of the page."""

    name: str
    """File, without its theme and suffix."""
    first: str
    """Id of the heading of its first section or figure."""
    last: str
    """The same of its last one."""
    themes: tuple[Theme, ...] = ("light",)
    viewport: tuple[int, int] = DESK


BOTH: tuple[Theme, ...] = ("light", "dark")
SHOTS = (
    Shot("report", "title", "glance", BOTH),
    Shot("report-map", "map", "map", BOTH),
    Shot("report-demand", "orders_by_day", "intraday", BOTH),
    Shot("report-times", "percentiles", "driver_waiting"),
    Shot("report-brands", "brand_shares", "brand_changes", BOTH),
    Shot("report-customers", "customers", "distances"),
    Shot("report-certificate", "certificate", "certificate", BOTH),
    Shot("report-phone", "title", "title", BOTH, PHONE),
    Shot("report-phone-map", "map", "map", BOTH, PHONE),
)


def main(dataset: str, target: str) -> None:
    """Draw all pictures of a dataset's report."""
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        page_file = Path(scratch) / "report.html"
        page_file.write_text(fastgen.report(dataset), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        for viewport in (DESK, PHONE):
            for theme in BOTH:
                page = open_page(browser, page_file, theme, viewport)
                for shot in SHOTS:
                    if shot.viewport == viewport and theme in shot.themes:
                        draw(page, shot, Path(target) / f"{shot.name}-{theme}.webp")
                page.close()
        browser.close()


def open_page(browser: Browser, page_file: Path, theme: Theme, viewport: tuple[int, int]) -> Page:
    """Open the page and wait until its charts are drawn; its map then shows the busiest moment, and rests."""
    width, height = viewport
    page = browser.new_page(
        viewport={"width": width, "height": height}, color_scheme=theme, reduced_motion="reduce", offline=True
    )
    page.set_default_timeout(LOADED_MS)
    page.goto(page_file.as_uri())
    page.wait_for_selector("html[data-ready=yes]")
    return page


def draw(page: Page, shot: Shot, target: Path) -> None:
    """Write the picture of one part of the page."""
    first, last = (page.locator(f"[aria-labelledby={key}]").bounding_box() for key in (shot.first, shot.last))
    if first is None or last is None:
        raise SystemExit(f"{target}: expected {shot.first} and {shot.last} on the page, one is not there")
    top, bottom = first["y"] - MARGIN, last["y"] + last["height"] + MARGIN
    left = min(first["x"], last["x"]) - MARGIN
    right = max(box["x"] + box["width"] for box in (first, last)) + MARGIN
    clip: FloatRect = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    pixels = page.screenshot(full_page=True, clip=clip, timeout=LOADED_MS)
    Image.open(io.BytesIO(pixels)).convert("RGB").save(target, quality=QUALITY, method=6)
    print(f"{target}: {target.stat().st_size:,} bytes")


if __name__ == "__main__":
    main(*sys.argv[1:])
