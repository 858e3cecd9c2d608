"""Draw the figures of two datasets: both as series of one chart, apart by colour and by form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.reporting.chart_parts import (
    HEIGHT,
    date_axis,
    describe,
    list_locations,
    make_data,
    name_axis,
    pick_location,
    sentence_case,
)
from fastgen.reporting.charts_of_orders import CLOCK, CLOCK_AXIS, DAY, HOUR
from fastgen.reporting.figures_of_orders import WEEKDAYS
from fastgen.reporting.figures_of_times import STEPS, WORDS
from fastgen.reporting.pair_chart_parts import (
    add_up,
    draw_dots,
    draw_shares,
    hover,
    tell_apart,
    tell_bars_apart,
)
from fastgen.reporting.pair_charts_of_engine import ENGINE, draw_engine
from fastgen.reporting.pairing import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable

    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure

# Most brands of a chart: those that differ most.
BRANDS_MAX = 24


def make_pair_charts(figures: dict[str, Figure]) -> dict[str, Drawing]:
    """Draw the figures of two datasets, by key; they name the figures whose rows they draw."""
    drawn: dict[str, Drawing] = {}
    for key, figure in figures.items():
        if figure.table.is_empty() or key == "disturbances":
            continue
        data = make_data(figure, inline=False)
        if key in ENGINE:
            bands = figures["disturbances"]
            drawn[key] = draw_engine(figure, data, bands, make_data(bands, inline=False))
        else:
            drawn[key] = DRAW.get(key, _draw_curve)(figure, data)
    return drawn


def _draw_days(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the orders of each day, and their mean of seven days."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    sums = [alt.AggregatedFieldDef(op="sum", field=name, **{"as": name}) for name in ("orders", "trend")]
    known = alt.AggregatedFieldDef(op="valid", field="trend", **{"as": "known"})
    places = alt.AggregatedFieldDef(op="count", **{"as": "places"})
    base = pick_location(alt.Chart(data), codes).transform_aggregate(
        [*sums, known, places], groupby=["dataset", "date", "own_date"]
    )
    base = base.transform_calculate(when=DAY.replace("datum.date", "datum.own_date"))
    across = alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=date_axis(figure))
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("when:N", title="day"),
        alt.Tooltip("orders:Q", format=","),
        alt.Tooltip("trend:Q", title="mean of seven days", format=",.1f"),
    ]
    apart = tell_apart()
    # Without a mean of seven days, the days themselves are all that there is.
    is_short = figure.table["trend"].null_count() == len(figure.table)
    daily = base.mark_line(strokeWidth=2 if is_short else 1, opacity=1 if is_short else 0.45).encode(
        x=across, y=alt.Y("orders:Q", title=None), **apart
    )
    # Near the ends there is no mean of seven days.
    trend = (
        base.transform_filter("datum.known == datum.places")
        .mark_line(strokeWidth=2.5)
        .encode(x=across, y=alt.Y("trend:Q"), **apart)
    )
    return alt.layer(daily, trend, hover(base, across, "orders:Q", tips)).properties(
        width="container", height=300, title=describe(figure, "orders")
    )


def _draw_weekdays(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the orders of a mean Monday, a mean Tuesday, and so on."""
    import altair as alt  # noqa: PLC0415  # of the extra

    base = pick_location(alt.Chart(data), list_locations(figure)).transform_aggregate(
        orders="sum(orders)", groupby=["dataset", "weekday"]
    )
    across = alt.X(
        "weekday:N",
        title=None,
        sort=list(WEEKDAYS),
        axis=alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 0, 3)"),
    )
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("weekday:N"),
        alt.Tooltip("orders:Q", title="orders a day", format=",.1f"),
    ]
    bars: alt.Chart = base.mark_bar(strokeWidth=1.5).encode(
        x=across, y=alt.Y("orders:Q", title=None), tooltip=tips, **tell_bars_apart()
    )
    return bars.properties(width="container", height=HEIGHT, title=describe(figure, "orders"))


def _draw_intraday(figure: Figure, data: alt.Data) -> Drawing:
    """Draw when in the day orders come."""
    import altair as alt  # noqa: PLC0415  # of the extra

    across = alt.X(
        "minute:Q",
        title=name_axis(figure, "minute"),
        scale=alt.Scale(domain=[0, 1440], nice=False),
        axis=alt.Axis(values=list(range(0, 1441, 180)), labelExpr=CLOCK_AXIS),
    )
    base = add_up(pick_location(alt.Chart(data), list_locations(figure)), "orders", "minute")
    base = base.transform_calculate(when=CLOCK)
    tip = alt.Tooltip("when:N", title="from")
    return draw_shares(base, across, tip, "orders").properties(height=280)


def _draw_curve(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the distribution of a measure, whose bins begin at its values."""
    import altair as alt  # noqa: PLC0415  # of the extra

    x, count = figure.table.columns[2:4]
    across = alt.X(
        f"{x}:Q",
        title=name_axis(figure, x),
        scale=alt.Scale(nice=False, zero=False),
        axis=alt.Axis(tickCount=8),
    )
    base = add_up(pick_location(alt.Chart(data), list_locations(figure)), count, x)
    return draw_shares(base, across, alt.Tooltip(f"{x}:Q", title="from", format=",.4~f"), count)


def _draw_sizes(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the shares of small whole numbers."""
    import altair as alt  # noqa: PLC0415  # of the extra

    size, count = figure.table.columns[2:4]
    base = add_up(pick_location(alt.Chart(data), list_locations(figure)), count, size)
    base = base.transform_filter("datum.total > 0")
    across = alt.X(f"{size}:O", title=sentence_case(figure.columns[size].words), axis=alt.Axis(labelAngle=0))
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip(f"{size}:O"),
        alt.Tooltip(f"{count}:Q", format=","),
        alt.Tooltip("share:Q", format=".2%"),
    ]
    up = alt.Y("share:Q", title=None, axis=alt.Axis(format="~%"))
    bars: alt.Chart = base.mark_bar(strokeWidth=1.5).encode(x=across, y=up, tooltip=tips, **tell_bars_apart())
    return bars.properties(width="container", height=HEIGHT, title=f"share of the {count} of each dataset")


def _draw_hours(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the orders of each hour of the week, side by side, in one scale of colours."""
    import altair as alt  # noqa: PLC0415  # of the extra

    across = alt.X(
        "hour:O",
        title=None,
        axis=alt.Axis(
            values=list(range(0, 24, 6)), labelAngle=0, labelExpr="format(datum.value, '02') + ':00'"
        ),
    )
    up = alt.Y(
        "weekday:N", title=None, sort=list(WEEKDAYS), axis=alt.Axis(labelExpr="slice(datum.label, 0, 3)")
    )
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("when:N", title="hour"),
        alt.Tooltip("orders:Q", title="orders", format=",.2f"),
    ]
    colour = alt.Color("orders:Q", legend=alt.Legend(title="orders", gradientLength=140, format="~s"))
    cells = (
        pick_location(alt.Chart(), list_locations(figure))
        .transform_aggregate(orders="sum(orders)", groupby=["dataset", "weekday", "hour"])
        .transform_calculate(when=HOUR)
        .mark_rect()
        .encode(x=across, y=up, color=colour, tooltip=tips)
        .properties(width=380, height=190)
    )
    drawn: alt.FacetChart = cells.facet(facet=alt.Facet("dataset:N", title=None), columns=2, data=data)
    return drawn


def _draw_steps(_figure: Figure, data: alt.Data) -> Drawing:
    """Draw the distribution of each step in the kitchen."""
    import altair as alt  # noqa: PLC0415  # of the extra

    steps = [WORDS[name] for name in STEPS]
    across = alt.X("minutes:Q", title="Minutes", scale=alt.Scale(nice=False), axis=alt.Axis(tickCount=6))
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("minutes:Q", title="from", format=".2f"),
        alt.Tooltip("orders:Q", format=","),
        alt.Tooltip("share:Q", format=".2%"),
    ]
    lines = (
        alt.Chart()
        .mark_line(interpolate="step-after", strokeWidth=1.8)
        .encode(
            x=across,
            y=alt.Y("share:Q", title=None, axis=alt.Axis(format="~%")),
            tooltip=tips,
            **tell_apart(),
        )
    )
    facet: alt.FacetChart = lines.properties(width=380, height=170).facet(
        facet=alt.Facet("step:N", title=None, sort=steps), columns=2, data=data
    )
    drawn: alt.FacetChart = facet.resolve_scale(x="independent", y="independent")
    return drawn.properties(title="share of the orders of each dataset")


def _draw_percentiles(figure: Figure, data: alt.Data) -> Drawing:
    """Draw P50, P75 and P99 of a time by location, of both datasets."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    names = [name for name in figure.table.columns if name.endswith("_min")]
    times = list(WORDS.values())
    bound = alt.binding_select(options=times, name="Time ")
    picked = alt.param(name="shown_time", value=WORDS["created_to_delivered"], bind=bound)
    base = (
        alt.Chart(data)
        .add_params(picked)
        .transform_filter("datum.time == shown_time")
        .transform_fold([*names], as_=["name", "minutes"])
        .transform_calculate(
            percentile="upper(split(datum.name, '_')[0])",
            row="datum.location + ' · ' + upper(split(datum.name, '_')[0])",
        )
    )
    rows = [f"{code} · {name.split('_')[0].upper()}" for code in codes for name in names]
    return draw_dots(base, "minutes", "Minutes", rows, ".1f", "percentile")


def _draw_brands(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the shares of the brands that differ most."""
    import altair as alt  # noqa: PLC0415  # of the extra

    base = pick_location(alt.Chart(data), list_locations(figure))
    base = add_up(base, "orders", "brand").transform_calculate(
        row="datum.brand", signed=f"datum.dataset == '{NAMES[1]}' ? datum.share : -datum.share"
    )
    base = base.transform_joinaggregate(change="sum(signed)", groupby=["brand"])
    rank: dict[str, Any] = {"as": "rank"}
    n_rows = figure.table["brand"].n_unique()
    base = base.transform_calculate(size="abs(datum.change)").transform_window(
        [alt.WindowFieldDef(op="dense_rank", **rank)],
        sort=[alt.SortField("size", order="descending"), alt.SortField("brand")],
        frame=[None, None],
    )
    base = base.transform_filter(f"datum.rank <= {BRANDS_MAX}")
    return draw_dots(base, "share", "Share of the orders", min(BRANDS_MAX, n_rows), ".2%", "brand")


DRAW: dict[str, Callable[[Figure, alt.Data], Drawing]] = {
    "orders_by_day": _draw_days,
    "weekdays": _draw_weekdays,
    "intraday": _draw_intraday,
    "hours": _draw_hours,
    "service_times": _draw_steps,
    "percentiles": _draw_percentiles,
    "brand_shares": _draw_brands,
    "basket_brands": _draw_sizes,
    "basket_lines": _draw_sizes,
    "quantities": _draw_sizes,
}
