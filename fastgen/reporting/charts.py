"""Draw figures as Vega-Lite charts, by Altair."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting import charts_of_baskets as baskets
from fastgen.reporting import charts_of_engine as engine
from fastgen.reporting import charts_of_orders as orders
from fastgen.reporting import charts_of_times as times
from fastgen.reporting.chart_parts import make_data, step_of
from fastgen.reporting.theme import THEMES, make_config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure


# What needs no other figure. Not here: `brand_changes` is drawn on `brand_shares`.
DRAW: dict[str, Callable[[Figure, alt.Data], Drawing]] = {
    "orders_by_day": orders.draw_orders_by_day,
    "intraday": orders.draw_intraday,
    "revenue_by_hour": orders.draw_revenue_by_hour,
    "service_times": times.draw_service_times,
    "delivery_times": times.draw_times_by_location,
    "drives": times.draw_times_by_location,
    "driver_waiting": times.draw_driver_waiting,
    "percentiles": times.draw_percentiles,
    "pings": times.draw_pings,
    "basket_brands": baskets.draw_sizes,
    "basket_lines": baskets.draw_sizes,
    "quantities": baskets.draw_sizes,
    "prices": baskets.draw_prices,
    "customers": baskets.draw_customers,
    "distances": baskets.draw_distances,
}
# What shows disturbances as bands.
DRAW_WITH_BANDS = {
    "queue_length": engine.draw_queues,
    "utilisation": engine.draw_utilisation,
    "time_in_system": engine.draw_time_in_system,
}


def make_charts(
    figures: dict[str, Figure], theme: str | None = "light", *, inline: bool = True
) -> dict[str, Drawing]:
    """Draw the figures that have something to show, by key.

    Parameters
    ----------
    figures
        The figures of a dataset.
    theme
        "light" or "dark"; None: without colours of their own, for a page that adds the theme of its reader.
    inline
        Whether charts hold their data; if not, they name the figures whose rows they draw.
    """
    drawn = dict(_draw(figures, inline=inline))
    if theme is not None:
        for chart in drawn.values():
            chart.config = make_config(THEMES[theme])
    return drawn


def _draw(figures: dict[str, Figure], *, inline: bool) -> Iterator[tuple[str, Drawing]]:
    for key, figure in figures.items():
        if _is_empty(figure):
            continue
        data = make_data(figure, inline=inline)
        if key in DRAW:
            yield key, DRAW[key](figure, data)
        elif key in DRAW_WITH_BANDS:
            bands = figures["disturbances"]
            yield key, DRAW_WITH_BANDS[key](figure, data, bands, make_data(bands, inline=inline))
        elif key == "disturbances":
            yield key, engine.draw_disturbances(figure, data, figures["queue_length"])
        elif key == "brand_shares":
            changes = figures["brand_changes"]
            yield key, baskets.draw_brand_shares(figure, data, changes, make_data(changes, inline=inline))
        elif key == "weekdays":
            days = figures["orders_by_day"]
            # Where a row has several days, weekdays can't be computed from it.
            one_day = step_of(days.table["day"]) == 1.0
            shown = make_data(days, inline=inline) if one_day else data
            yield key, orders.draw_weekdays(figure, shown, days if one_day else None)


def _is_empty(figure: Figure) -> bool:
    """Say whether a figure has nothing to draw: no row, or no order in any."""
    counted = next((name for name in ("orders", "deliveries", "lines") if name in figure.table.columns), None)
    return figure.table.is_empty() or (counted is not None and not figure.table[counted].sum())
