"""Draw figures as Vega-Lite charts, by Altair."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.figures import Figure


def make_charts(figures: dict[str, Figure]) -> dict[str, alt.LayerChart | alt.Chart]:
    """Draw the figures that have a chart, by key."""
    import altair as alt  # noqa: PLC0415  # of the extra

    charts: dict[str, alt.LayerChart | alt.Chart] = {}
    for key, x in (("orders_by_day", "date:T"), ("intraday", "minute:Q")):
        if key in figures:
            lines = alt.Chart(figures[key].table).mark_line()
            charts[key] = lines.encode(x=x, y="orders:Q", color="location:N")
    return charts
