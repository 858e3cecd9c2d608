"""Draw how many orders there are, when they come, and what they bring in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.reporting.chart_parts import (
    HEIGHT,
    LINES_MAX,
    MODEL,
    SEEN,
    choose_days,
    colour_locations,
    date_axis,
    describe,
    fade_others,
    has_model,
    list_locations,
    name_axis,
    pick_by_legend,
    pick_location,
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

    codes = list_locations(figure)
    sums = ["orders", "trend", "revenue_usd", *(["expected"] if has_model(figure.table) else [])]
    base, colour = colour_locations(alt.Chart(data), codes, sums, "date")
    base = base.transform_calculate(when=DAY)
    days = alt.selection_interval(name="days", encodings=["x"])
    across = alt.X("date:T", title=None, scale=alt.Scale(type="utc"), axis=date_axis(figure))
    up = alt.Y("orders:Q", title=None)
    daily = base.mark_line(strokeWidth=1).encode(
        x=across, y=up, color=colour, opacity=fade_others(codes, 0.45, 0.06)
    )
    layers = [daily.add_params(*pick_by_legend(codes))]
    if "expected" in sums:
        layers.append(
            base.mark_line(strokeWidth=1, strokeDash=[2, 2]).encode(
                x=across, y=alt.Y("expected:Q"), color=colour, opacity=fade_others(codes, 0.9, 0.06)
            )
        )
    layers.append(
        base.transform_filter("isValid(datum.trend)")
        .mark_line(strokeWidth=2.5)
        .encode(x=across, y=alt.Y("trend:Q"), color=colour, opacity=fade_others(codes, 1.0, 0.1))
    )
    tips = [
        alt.Tooltip("when:N", title="day"),
        alt.Tooltip("location:N"),
        alt.Tooltip("orders:Q", format=","),
        alt.Tooltip("trend:Q", title="mean of seven days", format=",.1f"),
        alt.Tooltip("revenue_usd:Q", title="revenue, $", format=",.2f"),
    ]
    if "expected" in sums:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
    layers.append(_hover(base, across, "orders:Q", colour, tips).add_params(days))
    return alt.layer(*layers).properties(width="container", height=300, title=describe(figure, "orders"))


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
    title = describe(figure, "orders")
    return alt.layer(*layers).properties(width="container", height=HEIGHT, title=title)


def draw_intraday(figure: Figure, data: alt.Data) -> Drawing:
    """Draw when in the day orders come, and when the model expects them."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    with_model = has_model(figure.table)
    sums = ["orders", "expected"] if with_model else ["orders"]
    base, colour = colour_locations(alt.Chart(data), codes, sums, "minute")
    base = base.transform_calculate(when=CLOCK)
    across = alt.X(
        "minute:Q",
        title=name_axis(figure, "minute"),
        scale=alt.Scale(domain=[0, 1440], nice=False),
        axis=alt.Axis(values=list(range(0, 1441, 180)), labelExpr=CLOCK_AXIS),
    )
    up = alt.Y("orders:Q", title=None)
    seen = base.mark_line(interpolate="step-after", strokeWidth=1.5)
    layers = [
        seen.encode(x=across, y=up, color=colour, opacity=fade_others(codes, 0.8, 0.08)).add_params(
            *pick_by_legend(codes)
        )
    ]
    tips = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("location:N"),
        alt.Tooltip("orders:Q", title=SEEN, format=","),
    ]
    if with_model:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
        layers.append(
            base.mark_line(style="model", strokeWidth=1.2).encode(
                x=across,
                y=alt.Y("expected:Q"),
                detail=alt.Detail("location:N"),
                opacity=fade_others(codes, 0.9, 0.05),
            )
        )
    layers.append(_hover(base, across, "orders:Q", colour, tips))
    return alt.layer(*layers).properties(width="container", height=280, title=describe(figure, "orders"))


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
