"""Measure what a browser has drawn: marks of charts, and what is too wide or lies on something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page

# Marks of data that can be seen in each chart, no axes and legends: paths have a length, texts a size.
DRAWN = """Object.fromEntries([...document.querySelectorAll("[data-chart]")].map(chart => [
    chart.dataset.chart,
    [...chart.querySelectorAll(".role-mark [role=graphics-symbol]")].filter(mark => {
        const {width, height} = mark.getBoundingClientRect();
        const length = mark.getTotalLength ? mark.getTotalLength() : width + height;
        return length > 0.5 && (width > 0.5 || height > 0.5);
    }).length,
]))"""
# Axes without a label.
BARE = """[...document.querySelectorAll("[data-chart]")].flatMap(chart =>
    [...chart.querySelectorAll("[aria-roledescription=axis]")]
        .filter(axis => !axis.querySelector(".role-axis-label text")?.textContent)
        .map(axis => `${chart.dataset.chart}: ${axis.getAttribute("aria-label")}`))"""
# Parts of charts that stick out of their place, which would cut them off.
OVERFLOW = """[...document.querySelectorAll("[data-chart]")].flatMap(chart => {
    const box = chart.getBoundingClientRect();
    return [...chart.querySelectorAll("svg, svg text:not([opacity='0']), .vega-bind")].filter(part => {
        const {left, right, width} = part.getBoundingClientRect();
        return width && (left < box.left - 1 || right > box.right + 1 || right > innerWidth + 1);
    }).map(part => `${chart.dataset.chart}: ${part.textContent.slice(0, 40)}`);
})"""
# Texts of one chart that share more than a pixel in both directions.
COLLISIONS = """[...document.querySelectorAll("[data-chart]")].flatMap(chart => {
    const texts = [...chart.querySelectorAll("svg text")].filter(text => {
        for (let part = text; part !== chart; part = part.parentElement)
            if (part.getAttribute("opacity") === "0" || part.getAttribute("display") === "none") return false;
        return text.textContent.trim();
    }).map(text => ({words: text.textContent, box: text.getBoundingClientRect()}));
    return texts.flatMap((one, i) => texts.slice(i + 1).filter(({box}) =>
        Math.min(one.box.right, box.right) - Math.max(one.box.left, box.left) > 1 &&
        Math.min(one.box.bottom, box.bottom) - Math.max(one.box.top, box.top) > 3,
    ).map(({words}) => `${chart.dataset.chart}: ${one.words} | ${words}`));
})"""


def find_drawn(page: Page) -> dict[str, int]:
    """Count the marks of each chart that can be seen."""
    found: dict[str, int] = page.evaluate(DRAWN)
    return found


def find_bare_axes(page: Page) -> list[str]:
    """List the axes of charts that have no labels."""
    found: list[str] = page.evaluate(BARE)
    return found


def find_overflow(page: Page) -> list[str]:
    """List what charts have drawn outside of their place."""
    found: list[str] = page.evaluate(OVERFLOW)
    return found


def find_collisions(page: Page) -> list[str]:
    """List the pairs of texts that lie on each other in a chart."""
    found: list[str] = page.evaluate(COLLISIONS)
    return found
