"""Define the colours of charts and of the page, on light and on dark ground."""

from __future__ import annotations

from typing import Any, NamedTuple

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"


class Theme(NamedTuple):
    """Colours on one ground, as "#rrggbb".

    Attributes
    ----------
    ground, card
        Behind the page, and behind text and charts.
    text, quiet, line
        Of text, of small print and axes, of borders and grids.
    accent
        Of links, bars and single lines.
    good, bad
        Of checks that passed and failed.
    model
        Of what the model expects.
    series
        Of up to eight lines of one chart. Each differs from the others and from `model` by a distance of 17
        or more in CIELAB, also for readers with protanopia, deuteranopia or tritanopia.
    ramp
        Ends and middle of a scale from few to many.
    """

    ground: str
    card: str
    text: str
    quiet: str
    line: str
    accent: str
    good: str
    bad: str
    model: str
    series: tuple[str, ...]
    ramp: tuple[str, str, str]


LIGHT = Theme(
    ground="#f4f5f8",
    card="#ffffff",
    text="#1a1f2b",
    quiet="#545c6b",
    line="#dfe3ea",
    accent="#0072b2",
    good="#00664a",
    bad="#b3261e",
    model="#1a1f2b",
    series=("#0072b2", "#d55e00", "#004d40", "#cc79a7", "#5a00ff", "#a55aff", "#782d00", "#2d004b"),
    ramp=("#cfe1f2", "#5a9bd0", "#08306b"),
)
DARK = Theme(
    ground="#0e1117",
    card="#161a22",
    text="#e8ebf1",
    quiet="#a3abb8",
    line="#2b313d",
    accent="#6c9cfc",
    good="#5fd6a4",
    bad="#ff9a8f",
    model="#e8ebf1",
    series=("#6c9cfc", "#fca818", "#78fcb4", "#fc1860", "#d86c24", "#a8f078", "#c084a8", "#f000cc"),
    ramp=("#233654", "#4a7fd6", "#e4f0ff"),
)
THEMES = {"light": LIGHT, "dark": DARK}


def make_config(theme: Theme) -> dict[str, Any]:
    """Make the `config` of Vega-Lite that draws charts in a theme's colours.

    Charts name their colours by style ("model", "percentile", "note", "band"), so that the same chart can be
    drawn in both themes.
    """
    guide = {
        "labelColor": theme.quiet,
        "titleColor": theme.quiet,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    }
    return {
        "background": "transparent",
        "font": FONT,
        "padding": 4,
        "view": {"stroke": None},
        "axis": {
            **guide,
            "domainColor": theme.line,
            "tickColor": theme.line,
            "gridColor": theme.line,
            "labelOverlap": True,
            "labelSeparation": 8,
        },
        "axisX": {"grid": False},
        "axisY": {"domain": False, "ticks": False, "tickCount": 5, "labelLimit": 230},
        "legend": {
            **guide,
            "orient": "top",
            "direction": "horizontal",
            "title": None,
            "symbolSize": 90,
            "symbolStrokeWidth": 3,
            "symbolOpacity": 1,
            "labelLimit": 260,
        },
        "header": {**guide, "labelColor": theme.text, "labelFontWeight": "bold", "labelAnchor": "start"},
        "title": {
            "color": theme.quiet,
            "anchor": "start",
            "frame": "group",
            "fontSize": 12,
            "lineHeight": 15,
            "fontWeight": "normal",
        },
        "range": {"category": list(theme.series), "heatmap": list(theme.ramp), "ramp": list(theme.ramp)},
        "mark": {"color": theme.accent},
        "bar": {"color": theme.accent},
        "text": {"color": theme.text, "fontSize": 12},
        "style": _make_styles(theme),
    }


def _make_styles(theme: Theme) -> dict[str, Any]:
    return {
        "model": {"color": theme.model, "strokeWidth": 1.8, "strokeDash": [5, 3]},
        "tick-model": {"color": theme.model, "opacity": 1},
        "percentile": {"color": theme.quiet, "strokeWidth": 1},
        "note": {"color": theme.text, "fontSize": 12},
        "band": {"color": theme.series[1], "opacity": 0.18},
    }
