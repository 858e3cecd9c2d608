"""A page that has the map alone, and what tests do with it."""

from __future__ import annotations

import json
from importlib import resources
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, StrictUndefined

from fastgen.reporting.map_section import read_map_script, read_map_style

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

    from fastgen.reporting.map_section import MapSection

    Open = Callable[..., Page]

LIGHT = """--ground: #f4f5f8; --card: #ffffff; --text: #1a1f2b; --quiet: #545c6b; --line: #dfe3ea;
--series-1: #0072b2; --series-2: #d55e00; --series-3: #004d40; --series-4: #cc79a7; color-scheme: light;"""
DARK = """--ground: #0e1117; --card: #161a22; --text: #e8ebf1; --quiet: #a3abb8; --line: #2b313d;
--series-1: #6c9cfc; --series-2: #fca818; --series-3: #78fcb4; --series-4: #fc1860; color-scheme: dark;"""
FRAME = """<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Map</title><style>
:root {{ {light} }}
@media (prefers-color-scheme: dark) {{ :root:not([data-theme=light]) {{ {dark} }} }}
:root[data-theme=dark] {{ {dark} }}
* {{ box-sizing: border-box; }}
body {{ margin: 0 auto; max-width: 72rem; padding: 0 1rem; font: 1rem/1.5 system-ui, sans-serif;
background: var(--ground); color: var(--text); }}
.scroll {{ overflow: auto; }}
{style}</style></head>
<body><main><h1>Map</h1>{section}<p style="height: 60rem">Below the map.</p></main>
<script type="application/json" id="map-data">{data}</script>
<script>{script}</script></body></html>
"""


def make_map_page(section: MapSection) -> str:
    """Make the page."""
    text = resources.files("fastgen.reporting").joinpath("assets/map.html.jinja").read_text("utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    return FRAME.format(
        light=LIGHT,
        dark=DARK,
        style=read_map_style(),
        section=template.render(map=section),
        data=json.dumps(section.data, ensure_ascii=False).replace("<", "\\u003c"),
        script=read_map_script(),
    )


def ask(page: Page, javascript: str) -> Any:
    """Evaluate an expression with the names `panel` and `map`."""
    names = "const panel = document.querySelector('.map').panel, map = panel.map;"
    return page.evaluate(f"(() => {{ {names} return ({javascript}); }})()")


def wait(page: Page, condition: str) -> None:
    """Wait until a condition on the same names holds, for two minutes at most: machines may be loaded."""
    for _ in range(4800):
        if ask(page, condition):
            return
        page.wait_for_timeout(25)
    raise AssertionError(condition)


def settle(page: Page) -> None:
    """Wait until what was asked for is drawn."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def drawn(page: Page) -> str:
    """Return the picture on the canvas."""
    return str(ask(page, "map.canvas.toDataURL()"))


def choose(page: Page, place: int, days: str) -> None:
    """Choose a place, also where there is one alone, and days."""
    select = "panel.parts.place"
    ask(page, f"({select}.value = {place}, {select}.dispatchEvent(new Event('change')))")
    page.select_option("[data-map=days]", days)
