"""Draw how long things take."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.chart_parts import (
    DASHED,
    HEIGHT,
    LAST_IS_OPEN,
    MODEL,
    SEEN,
    SHORT_LINE,
    draw_distribution,
    has_model,
    head,
    list_locations,
    step_of,
)
from fastgen.reporting.figures_of_times import STEPS, WORDS

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure


def draw_service_times(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the distribution of each step in the kitchen, side by side."""
    import altair as alt  # noqa: PLC0415  # of the extra

    table = figure.table
    steps = [WORDS[key] for key in STEPS]
    widths = {step: step_of(table.filter(table["step"] == step)["seconds"]) for step in steps}
    base = alt.Chart().transform_calculate(
        start="datum.seconds / 60",
        end=f"(datum.seconds + {widths!r}[datum.step]) / 60",
        middle=f"(datum.seconds + {widths!r}[datum.step] / 2) / 60",
    )
    # Each step has bins of its own width; that they are bins is all that Vega-Lite must know.
    across = alt.X(
        "start:Q",
        bin=alt.BinParams(binned=True),
        title="Minutes",
        scale=alt.Scale(nice=False),
        axis=alt.Axis(tickCount=6),
    )
    tips = [
        alt.Tooltip("start:Q", title="from", format=".2f"),
        alt.Tooltip("end:Q", title="to", format=".2f"),
        alt.Tooltip("orders:Q", title=SEEN, format=",.1f"),
    ]
    layers = [
        base.mark_bar(binSpacing=0.5).encode(
            x=across, x2=alt.X2("end:Q"), y=alt.Y("orders:Q", title=None), tooltip=tips
        )
    ]
    if has_model(table):
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
        layers.append(
            base.mark_line(style="model", interpolate="monotone").encode(
                x=alt.X("middle:Q"), y=alt.Y("expected:Q")
            )
        )
    return (
        alt.layer(*layers, data=data)
        .properties(width=380, height=170)
        .facet(facet=alt.Facet("step:N", title=None, sort=steps), columns=2)
        .resolve_scale(x="independent", y="independent")
        .properties(title=head(figure, "orders", DASHED if has_model(table) else "", LAST_IS_OPEN))
    )


def draw_times_by_location(figure: Figure, data: alt.Data) -> Drawing:
    """Draw the distribution of a time, with P50, P75 and P99."""
    return draw_distribution(figure, data, "minutes", percentiles=True, ends=LAST_IS_OPEN)


def draw_driver_waiting(figure: Figure, data: alt.Data) -> Drawing:
    """Draw how long before or after the food drivers come."""
    import altair as alt  # noqa: PLC0415  # of the extra

    ready = (
        alt.Chart(data)
        # Over the bars, wherever these are.
        .transform_aggregate(most="max(orders)")
        .transform_calculate(at="0", roof="datum.most * 1.15", label="'food is ready'")
    )
    at, up = alt.X("at:Q"), alt.Y("roof:Q")
    line = ready.mark_rule(style="percentile", strokeDash=[3, 3]).encode(x=at, y=up, y2=alt.Y2Datum(0))
    words = ready.mark_text(style="note", align="center", dy=-7).encode(x=at, y=up, text=alt.Text("label:N"))
    bars = draw_distribution(figure, data, "minutes", ends="outer bars: all beyond")
    return alt.layer(bars, line, words).properties(width="container", height=HEIGHT)


def draw_percentiles(figure: Figure, data: alt.Data) -> Drawing:
    """Draw P50, P75 and P99 of a time by location, beside those of the model."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    times = [WORDS[key] for key in INTERVALS]
    bound = alt.binding_select(options=times, name="Time ")
    picked = alt.param(name="shown_time", value=WORDS["created_to_delivered"], bind=bound)
    base = alt.Chart(data).add_params(picked).transform_filter("datum.time == shown_time")
    ranks = ("P50", "P75", "P99")
    seen = base.transform_fold(
        [f"p{rank[1:]}_s" for rank in ranks], as_=["name", "seconds"]
    ).transform_calculate(minutes="datum.seconds / 60", percentile="upper(slice(datum.name, 0, 3))")
    up = alt.Y("location:N", title=None, sort=codes, axis=alt.Axis(grid=True))
    across = alt.X("minutes:Q", title="Minutes", axis=alt.Axis(tickCount=8))
    colour = alt.Color(
        "percentile:N", scale=alt.Scale(domain=list(ranks)), legend=alt.Legend(symbolType="circle")
    )
    tips = [
        alt.Tooltip("location:N"),
        alt.Tooltip("percentile:N"),
        alt.Tooltip("minutes:Q", title=f"minutes {SEEN}", format=".1f"),
    ]
    line = base.transform_calculate(low="datum.p50_s / 60", high="datum.p99_s / 60")
    layers: list[alt.Chart] = [
        line.mark_rule(style="percentile", strokeWidth=2).encode(
            x=alt.X("low:Q", title="Minutes"), x2=alt.X2("high:Q"), y=up
        ),
        seen.mark_point(filled=True, size=130, opacity=1).encode(x=across, y=up, color=colour, tooltip=tips),
    ]
    if figure.table["expected_p50_s"].null_count() < len(figure.table):
        wanted = base.transform_fold(
            [f"expected_p{rank[1:]}_s" for rank in ranks], as_=["name", "seconds"]
        ).transform_calculate(minutes="datum.seconds / 60", percentile="upper(slice(datum.name, 9, 12))")
        tips = [*tips[:2], alt.Tooltip("minutes:Q", title=f"minutes {MODEL}", format=".1f")]
        layers.append(
            wanted.mark_tick(style="tick-model", thickness=2, size=20).encode(x=across, y=up, tooltip=tips)
        )
    title = SHORT_LINE if len(layers) > 2 else ""  # noqa: PLR2004  # the third is the model's
    return alt.layer(*layers).properties(width="container", height=30 * len(codes), title=title)


def draw_pings(figure: Figure, data: alt.Data) -> Drawing:
    """Draw how many pings deliveries have."""
    return draw_distribution(figure, data, "pings", count="deliveries", is_whole=True)
