"""Draw what engines of two datasets have measured, with what disturbs either as bands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from fastgen.reporting.chart_parts import describe, list_locations, pick_location, sentence_case
from fastgen.reporting.charts_of_engine import CLOCK, WHEN
from fastgen.reporting.pair_chart_parts import hover, tell_apart

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure

# Names of disturbances are put on so many lines, one after the other, since bands may be narrow.
LABEL_ROWS, LABEL_PX = 4, 14
# Column of the kinds of a figure of engines, column of its values, and what the kinds are called.
ENGINE = {
    "queue_length": ("station_type", "queue_length", "stations"),
    "utilisation": ("resource", "utilisation", "resource"),
    "time_in_system": ("part", "minutes", "time"),
}


def draw_engine(figure: Figure, data: alt.Data, bands: Figure, bands_data: alt.Data) -> Drawing:
    """Draw what the engines have measured: one site and one kind at a time, disturbances as bands."""
    import altair as alt  # noqa: PLC0415  # of the extra

    by, value, heading = ENGINE[figure.key]
    codes, kinds = list_locations(figure), figure.table[by].unique(maintain_order=True).to_list()
    disturbed = [code for code in codes if code in set(bands.table["location"])]
    first = disturbed[0] if disturbed else None
    bound = alt.binding_select(options=kinds, name=f"{sentence_case(heading)} ")
    kind = alt.param(name="shown_time", value=_find_largest(figure, by, value), bind=bound)
    base = (
        pick_location(alt.Chart(data), codes, with_all=False, first=first)
        .add_params(kind)
        .transform_filter(f"datum.{by} == shown_time && isValid(datum.{value})")
        .transform_calculate(when=WHEN)
    )
    form = "~%" if figure.key == "utilisation" else ",~f"
    axis = alt.Axis(tickCount=8, labelExpr=CLOCK)
    across = alt.X("begins:T", title="Time, UTC", scale=alt.Scale(type="utc"), axis=axis)
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("location:N"),
        alt.Tooltip(f"{by}:N", title=heading),
        alt.Tooltip(f"{value}:Q", title=value.replace("_", " "), format=".1%" if "%" in form else ",.2f"),
    ]
    lines = base.mark_line(strokeWidth=1.6, interpolate="step-after").encode(
        x=across, y=alt.Y(f"{value}:Q", title=None, axis=alt.Axis(format=form)), **tell_apart()
    )
    near = hover(base, across, f"{value}:Q", tips)
    return alt.layer(*_draw_bands(figure, bands, bands_data, codes), lines, near).properties(
        width="container", height=260, title=describe(figure, value)
    )


def _find_largest(figure: Figure, by: str, value: str) -> str:
    """Find the kind with the largest value: it is shown at first."""
    if by == "part":
        return str(figure.table[by][0])
    means = figure.table.group_by(by).agg(pl.col(value).mean().fill_null(0.0)).sort(value, by)
    return str(means[by][-1])


def _draw_bands(figure: Figure, bands: Figure, data: alt.Data, codes: list[str]) -> list[alt.Chart]:
    """Draw disturbances behind the lines, cut where the measured time begins and ends."""
    import altair as alt  # noqa: PLC0415  # of the extra

    if bands.table.is_empty():
        return []
    times = figure.table["begins"].dt.epoch("ms").sort()
    first, last = times[0], times[-1]
    chart = alt.Chart(data)
    if len(codes) > 1:
        chart = chart.transform_filter("datum.location == shown_location")
    chart = chart.transform_filter(f"datum.begins < {last}").transform_calculate(
        since=f"max(datum.begins, {first})",
        until=f"isValid(datum.ends) ? min(datum.ends, {last}) : {last}",
        label="datum.dataset + ': ' + datum.name",
    )
    across = alt.X("since:T", title="Time, UTC", scale=alt.Scale(type="utc"))
    tips = [alt.Tooltip("label:N", title="disturbance"), alt.Tooltip("kind:N"), alt.Tooltip("target:N")]
    band = chart.mark_rect(style="percentile", opacity=0.16, strokeWidth=0).encode(
        x=across, x2=alt.X2("until:T"), tooltip=tips
    )
    row: dict[str, Any] = {"as": "row"}
    numbered = chart.transform_window(
        [alt.WindowFieldDef(op="row_number", **row)], sort=[alt.SortField("begins"), alt.SortField("label")]
    )
    top: Any = alt.YValue
    words = [
        numbered.transform_filter(f"datum.row % {LABEL_ROWS} == {line}")
        .mark_text(style="note", align="left", baseline="top", dx=3, dy=2, fontSize=11)
        .encode(x=across, y=top(LABEL_PX * line), text=alt.Text("label:N"))
        for line in range(LABEL_ROWS)
    ]
    return [band, *words]
