"""Measure the frames that the map of a report draws in a second, in a browser without a graphics card.

    python -m benchmarks.map_frames report.html

Each place is played with all days laid over each other, from before its busiest moment on. A busy neighbour
takes frames away, so what a frame costs is stated too: the processor time of all processes of the browser.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

BROWSER = "/usr/bin/chromium-headless-shell"
SECONDS = 6.0
# Seconds of a day before its busiest moment at which playing begins, at five minutes a second.
BEFORE_S = 900
# Milliseconds of a hundred million additions, the best of three: what the machine is worth at the moment.
LOOP = """Math.min(...[1, 2, 3].map(() => {
    const began = performance.now();
    let sum = 0;
    for (let i = 0; i < 1e8; i++) sum = (sum + i) | 0;
    return performance.now() - began + (sum === 1);
}))"""
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def processor_time(root: int) -> float:
    """Sum the processor time of a process and of all that it has started, seconds."""
    parents, seconds = {}, {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except OSError:  # it has ended
            continue
        parents[int(entry.name)] = int(fields[1])
        seconds[int(entry.name)] = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
    found = {root}
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sum(seconds.get(pid, 0.0) for pid in found if pid != os.getpid())


def measure(page: Page, place: int) -> str:
    """Play a place, and say what was drawn."""
    panel = "document.querySelector('.map').panel"
    page.evaluate(f"""(() => {{
        const {{place, days}} = {panel}.parts;
        place.value = {place};
        place.dispatchEvent(new Event("change"));
        days.value = "all";
        days.dispatchEvent(new Event("change"));
        {panel}.map.time -= {BEFORE_S};
    }})()""")
    name = page.evaluate(f"{panel}.parts.place.selectedOptions[0].text")
    most = page.evaluate(f"{panel}.map.movers.peak().drivers")
    page.evaluate(f"{panel}.map.play()")
    page.wait_for_timeout(500)
    frames = page.evaluate(f"{panel}.map.frames")
    used, began = processor_time(os.getpid()), time.monotonic()
    page.wait_for_timeout(SECONDS * 1000)
    frames = page.evaluate(f"{panel}.map.frames") - frames
    used, passed = processor_time(os.getpid()) - used, time.monotonic() - began
    page.evaluate(f"{panel}.map.pause()")
    rate, cost_ms = frames / passed, 1000 * used / max(frames, 1)
    return (
        f"{name}, {most} drivers at once: {rate:.1f} frames a second, {cost_ms:.1f} ms of processor time each"
    )


def main() -> None:
    """Measure all places of a page."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(Path(sys.argv[1]).resolve().as_uri())
        if page.locator("#page-data").count():
            page.wait_for_selector("html[data-ready=yes]", timeout=180_000)
        page.locator("[data-map=canvas]").scroll_into_view_if_needed()
        print(f"the loop that all else is relative to: {page.evaluate(LOOP):.0f} ms")
        for place in range(page.locator("[data-map=place] option").count()):
            print(measure(page, place), flush=True)


if __name__ == "__main__":
    main()
