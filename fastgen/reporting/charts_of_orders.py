"""Draw how many orders there are, when they come, and what they bring in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.reporting.chart_parts import (
    DASHED,
    HEIGHT,
    LINES_MAX,
    MODEL,
    SEEN,
    SHORT_LINE,
    choose_days,
    colour_locations,
    date_axis,
    describe,
    fade_others,
    has_model,
    head,
    list_locations,
    name_axis,
    pick_by_legend,
    pick_location,
    step_of,
)
from fastgen.reporting.figures_of_orders import WEEKDAYS

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure

CLOCK = "format(floor(datum.minute / 60), '02') + ':' + format(datum.minute % 60, '02')"
CLOCK_AXIS = "format(floor(datum.value / 60), '02') + ':00'"
DAY = "utcFormat(datum.date, '%A, %Y-%m-%d')"
HOUR = "datum.weekday + ', from ' + format(datum.hour, '02') + ':00 on'"


def draw_orders_by_day(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the orders of each day, their mean of seven days, and what the model expects."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes, table = list_locations(figure), figure.table
    with_model = has_model(table)
    # Where a row has several days, or there are few, the orders themselves are the trend.
    with_trend = step_of(table["day"]) == 1.0 and table["trend"].null_count() < len(table)
    sums = ["orders", "trend", "revenue_usd", *(["expected"] if with_model else [])]
    base, colour = colour_locations(alt.Chart(data), codes, sums, "date")
    base = base.transform_calculate(when=DAY)
    known = base.transform_filter("isValid(datum.trend)") if with_trend else base
    days = alt.selection_interval(name="days", encodings=["x"])
    across = alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=date_axis(figure))
    up = alt.Y("orders:Q", title=None)
    daily = base.mark_line(strokeWidth=1).encode(
        x=across, y=up, color=colour, opacity=fade_others(codes, 0.45, 0.06)
    )
    layers = [daily.add_params(*pick_by_legend(codes))]
    thick = alt.Y("trend:Q" if with_trend else "orders:Q")
    layers.append(
        known.mark_line(strokeWidth=2.5).encode(
            x=across, y=thick, color=colour, opacity=fade_others(codes, 1.0, 0.1)
        )
    )
    if with_model:
        layers.append(_draw_expected_days(base, across, codes, with_trend=with_trend))
    tips = [
        alt.Tooltip("when:N", title="day"),
        alt.Tooltip("location:N"),
        alt.Tooltip("orders:Q", format=","),
        alt.Tooltip("trend:Q", title="mean of seven days", format=",.1f"),
        alt.Tooltip("revenue_usd:Q", title="revenue, $", format=",.2f"),
    ]
    notes = ["thin: each day; thick: mean of seven days"] if with_trend else []
    if with_model:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
        notes.append(f"dashed: {MODEL}, mean of seven days" if with_trend else DASHED)
    layers.append(_hover(base, across, "orders:Q", colour, tips).add_params(days))
    title = [describe(figure, "orders"), *notes]
    return alt.layer(*layers).properties(width="container", height=300, title=title)


def _draw_expected_days(base: alt.Chart, across: Any, codes: list[str], *, with_trend: bool) -> alt.Chart:
    """Draw the orders that the model expects, as means of seven days where those of the dataset are."""
    import altair as alt  # noqa: PLC0415  # of the extra

    if with_trend:
        mean = alt.WindowFieldDef(op="mean", field="expected", **{"as": "expected"})
        base = base.transform_window(
            [mean], frame=[-3, 3], groupby=["location"], sort=[alt.SortField("date")]
        ).transform_filter("isValid(datum.trend)")
    return base.mark_line(style="model", strokeWidth=1.2).encode(
        x=across,
        y=alt.Y("expected:Q"),
        detail=alt.Detail("location:N"),
        opacity=fade_others(codes, 0.9, 0.05),
    )


def draw_weekdays(figure: Figure, data: alt.Data, days: Figure | None) -> Drawing:
    """Draw the orders of a mean Monday, a mean Tuesday, and so on.

    Parameters
    ----------
    figure
        The means.
    data
        Rows of the figure, or of `days`.
    days
        The orders of every day: the means are then computed from the days that the reader has chosen. None:
        they are as the figure has them.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    chart = alt.Chart(data)
    with_model = has_model(figure.table)
    if days is not None:
        # 2024-01-01 was a Monday.
        chart = choose_days(chart, "date").transform_calculate(
            weekday=f"{list(WEEKDAYS)!r}[(utcday(datum.date) + 6) % 7]"
        )
        chart = chart.transform_aggregate(
            groupby=["location", "weekday"], orders="mean(orders)", expected="mean(expected)"
        )
    base, colour = colour_locations(chart, codes, ["orders", "expected"], "weekday", "square")
    beside: dict[str, Any] = {}
    if 1 < len(codes) <= LINES_MAX:
        beside = {"xOffset": alt.XOffset("location:N", scale=alt.Scale(domain=codes))}
    across = alt.X(
        "weekday:N",
        title=None,
        sort=list(WEEKDAYS),
        axis=alt.Axis(labelAngle=0, labelExpr="slice(datum.label, 0, 3)"),
    )
    tips = [
        alt.Tooltip("weekday:N"),
        alt.Tooltip("location:N"),
        alt.Tooltip("orders:Q", title=SEEN, format=",.1f"),
    ]
    if with_model:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
    up = alt.Y("orders:Q", title=None)
    bars = base.mark_bar().encode(
        x=across, y=up, color=colour, opacity=fade_others(codes, 1.0, 0.15), tooltip=tips, **beside
    )
    layers = [bars.add_params(*pick_by_legend(codes))]
    if with_model:
        layers.append(
            base.mark_tick(style="tick-model", thickness=2, size=11).encode(
                x=across, y=alt.Y("expected:Q"), **beside
            )
        )
    title = head(figure, "orders", SHORT_LINE if with_model else "")
    return alt.layer(*layers).properties(width="container", height=HEIGHT, title=title)


def draw_intraday(figure: Figure, data: alt.Data) -> Drawing:
    """Draw when in the day orders come, and when the model expects them: a chart for each location."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    is_faceted = 1 < len(codes) <= LINES_MAX
    with_model = has_model(figure.table)
    sums = ["orders", "expected"] if with_model else ["orders"]
    base, colour = alt.Chart(), alt.Undefined
    if not is_faceted:
        base, colour = colour_locations(base, codes, sums, "minute")
    base = base.transform_calculate(when=CLOCK)
    across = alt.X(
        "minute:Q",
        title=None if is_faceted else name_axis(figure, "minute"),
        scale=alt.Scale(domain=[0, 1440], nice=False),
        axis=alt.Axis(values=list(range(0, 1441, 240 if is_faceted else 180)), labelExpr=CLOCK_AXIS),
    )
    tips = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("location:N"),
        alt.Tooltip("orders:Q", title=SEEN, format=","),
    ]
    seen = base.mark_line(interpolate="step-after", strokeWidth=1.5)
    layers = [seen.encode(x=across, y=alt.Y("orders:Q", title=None), color=colour)]
    if with_model:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
        layers.append(base.mark_line(style="model", strokeWidth=1.2).encode(x=across, y=alt.Y("expected:Q")))
    layers.append(_hover(base, across, "orders:Q", colour, tips))
    title = head(figure, "orders", DASHED if with_model else "")
    chart = alt.layer(*layers, data=data)
    if not is_faceted:
        return chart.properties(width="container", height=280, title=title)
    places = alt.Facet("location:N", title=None, sort=codes)
    return chart.properties(width=380, height=150).facet(facet=places, columns=2).properties(title=title)


def draw_revenue_by_hour(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the revenue of each hour of the week."""
    import altair as alt  # noqa: PLC0415  # of the extra

    base = pick_location(alt.Chart(data), list_locations(figure)).transform_aggregate(
        orders="sum(orders)", revenue_usd="sum(revenue_usd)", groupby=["weekday", "hour"]
    )
    return (
        base.transform_calculate(when=HOUR)
        .mark_rect()
        .encode(
            x=alt.X(
                "hour:O",
                title="Hour of the day",
                axis=alt.Axis(
                    values=list(range(0, 24, 3)), labelAngle=0, labelExpr="format(datum.value, '02') + ':00'"
                ),
            ),
            y=alt.Y(
                "weekday:N",
                title=None,
                sort=list(WEEKDAYS),
                axis=alt.Axis(labelExpr="slice(datum.label, 0, 3)"),
            ),
            color=alt.Color(
                "revenue_usd:Q", legend=alt.Legend(title="revenue, $", gradientLength=140, format="~s")
            ),
            tooltip=[
                alt.Tooltip("when:N", title="hour"),
                alt.Tooltip("orders:Q", format=","),
                alt.Tooltip("revenue_usd:Q", title="revenue, $", format=",.2f"),
            ],
        )
        .properties(width="container", height=HEIGHT)
    )


def _hover(base: alt.Chart, across: Any, y: str, colour: Any, tips: list[Any]) -> alt.Chart:
    """Show the point that is nearest to the pointer, and its numbers."""
    import altair as alt  # noqa: PLC0415  # of the extra

    near = alt.selection_point(name="near", nearest=True, on="pointermove", clear="pointerout", empty=False)
    shown = alt.OpacityValue(0.0, condition={"param": "near", "value": 1.0, "empty": False})
    # Thousands of invisible points are no help to who listens to the chart.
    return (
        base.mark_point(filled=True, size=70, aria=False)
        .encode(x=across, y=y, color=colour, opacity=shown, tooltip=tips)
        .add_params(near)
    )
