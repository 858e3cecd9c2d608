"""A browser for all tests of pages: Debian's Chromium, steered by the package playwright."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

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
    """Start the browser, once for all tests: a thread can't have two."""
    from playwright.sync_api import sync_playwright  # noqa: PLC0415  # few tests need it

    found = next((path for path in BROWSERS if Path(path).exists()), None)
    if found is None:
        assert not os.environ.get(DEMANDED), f"expected a browser, {' or '.join(BROWSERS)}"
        pytest.skip(f"needs a browser: {' or '.join(BROWSERS)}")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=found, args=list(FLAGS))
        yield chromium
        chromium.close()
