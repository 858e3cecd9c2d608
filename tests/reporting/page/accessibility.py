"""Find what a page keeps from readers who listen to it, use the keyboard, or see less: by axe."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

DEMANDS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# A page on which fewer rules hold has not been looked at.
RULES_MIN = 20


def find_faults(page: Page) -> list[tuple[str, list[list[str]]]]:
    """List the rules that are broken, each with the first places where."""
    page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
    found = page.evaluate("tags => axe.run({runOnly: tags})", DEMANDS)
    assert len(found["passes"]) >= RULES_MIN
    return [(fault["id"], [node["target"] for node in fault["nodes"]][:3]) for fault in found["violations"]]
