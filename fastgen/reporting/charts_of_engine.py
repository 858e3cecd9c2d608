"""Draw what the engine of a universe has measured, with disturbances as bands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.reporting.chart_parts import HEIGHT, choose_days, describe, list_locations, pick_location

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure

# Types of stations as people name them, and times with the date at midnight.
NAME = "lower(replace(datum.label, 'KITCHEN_STATION_', ''))"
CLOCK = "utcFormat(datum.value, utchours(datum.value) || utcminutes(datum.value) ? '%H:%M' : '%b %d')"
TIME = "Time, UTC"
WHEN = "utcFormat(datum.begins, '%Y-%m-%d %H:%M') + ' UTC'"
# Height of a row of the disturbances.
ROW_PX = 26
# Most labels of disturbances over the lines of a site, and the height of one.
LABELS_MAX, LABEL_PX = 6, 14
PARTS = {
    "station_wait_s": "waiting for stations",
    "cooking_s": "cooking and packing",
    "courier_wait_s": "waiting for the courier",
    "ride_s": "ride",
}


def draw_queues(figure: Figure, data: alt.Data, bands: Figure, bands_data: alt.Data) -> Drawing:
    """Draw how many lines wait for each type of stations."""
    return _draw_lines(figure, data, "queue_length", "station_type", bands, bands_data)


def draw_utilisation(figure: Figure, data: alt.Data, bands: Figure, bands_data: alt.Data) -> Drawing:
    """Draw the share of stations and couriers at work."""
    return _draw_lines(figure, data, "utilisation", "resource", bands, bands_data)


def draw_time_in_system(figure: Figure, data: alt.Data, bands: Figure, bands_data: alt.Data) -> Drawing:
    """Draw on what the time of orders goes, and the time that one of ten exceeds."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    base = _pick(alt.Chart(data), codes, bands)
    parts = base.transform_fold(list(PARTS), as_=["part", "seconds"]).transform_calculate(
        part=f"{PARTS!r}[datum.part]",
        minutes="datum.seconds / 60",
        place=f"indexof({list(PARTS.values())!r}, {PARTS!r}[datum.part])",
    )
    across = _across()
    colour = alt.Color("part:N", scale=alt.Scale(domain=list(PARTS.values())), legend=alt.Legend(columns=4))
    tips = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("location:N"),
        alt.Tooltip("part:N"),
        alt.Tooltip("minutes:Q", format=".1f"),
    ]
    stacked = parts.mark_area(opacity=0.85, interpolate="step-after").encode(
        x=across,
        y=alt.Y("minutes:Q", title=None, stack="zero"),
        color=colour,
        order=alt.Order("place:Q"),
        tooltip=tips,
    )
    slow = base.transform_calculate(minutes="datum.time_in_system_p90_s / 60").transform_filter(
        "isValid(datum.time_in_system_p90_s)"
    )
    # Points, since a line would lead over times without orders.
    points = slow.mark_point(style="percentile", filled=True, size=16, opacity=1).encode(
        x=across, y=alt.Y("minutes:Q")
    )
    return alt.layer(*_bands(figure, bands, bands_data, codes), stacked, points).properties(
        width="container",
        height=280,
        title=["minutes of an order, means", "point: one order of ten takes longer"],
    )


def draw_disturbances(figure: Figure, data: alt.Data, queues: Figure) -> Drawing:
    """Draw when what disturbs which site: one that never ends goes on to the end of the run."""
    import altair as alt  # noqa: PLC0415  # of the extra

    n_rows = len(figure.table.select("name", "location").unique())
    last = int(queues.table["begins"].dt.epoch("ms").max() or 0)
    return (
        alt.Chart(data)
        .transform_calculate(
            until=f"isValid(datum.ends) ? datum.ends : {last}",
            row="datum.name + ' · ' + datum.location",
            from_="utcFormat(datum.begins, '%Y-%m-%d %H:%M') + ' UTC'",
            to="isValid(datum.ends) ? utcFormat(datum.ends, '%Y-%m-%d %H:%M') + ' UTC' : 'the end'",
        )
        .mark_bar(height=14, cornerRadius=3)
        .encode(
            x=_across(),
            x2=alt.X2("until:T"),
            y=alt.Y("row:N", title=None, sort=alt.EncodingSortField("begins")),
            color=alt.Color(
                "kind:N",
                legend=alt.Legend(columns=4, labelExpr="replace(datum.label, regexp('_', 'g'), ' ')"),
            ),
            tooltip=[
                alt.Tooltip("name:N", title="label"),
                alt.Tooltip("kind:N"),
                alt.Tooltip("target:N"),
                alt.Tooltip("size:Q"),
                alt.Tooltip("from_:N", title="from"),
                alt.Tooltip("to:N"),
            ],
        )
        .properties(width="container", height=ROW_PX * n_rows)
    )


def _draw_lines(
    figure: Figure, data: alt.Data, y: str, by: str, bands: Figure, bands_data: alt.Data
) -> Drawing:
    """Draw a line for each type of stations over the time of a site."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    kinds = figure.table[by].unique().sort().to_list()
    form = "%" if y == "utilisation" else ",~r"
    base = _pick(alt.Chart(data), codes, bands)
    tips = [
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("location:N"),
        alt.Tooltip(f"{by}:N", title="resource"),
        alt.Tooltip(f"{y}:Q", title=y.replace("_", " "), format=".0%" if y == "utilisation" else ".2f"),
    ]
    lines = base.mark_line(strokeWidth=1.5, interpolate="step-after").encode(
        x=_across(),
        y=alt.Y(f"{y}:Q", title=None, axis=alt.Axis(format=form)),
        color=alt.Color(
            f"{by}:N",
            scale=alt.Scale(domain=kinds),
            legend=alt.Legend(columns=4, symbolType="stroke", labelExpr=NAME),
        ),
        tooltip=tips,
    )
    return alt.layer(*_bands(figure, bands, bands_data, codes), lines).properties(
        width="container", height=HEIGHT, title=describe(figure, y)
    )


def _pick(chart: alt.Chart, codes: list[str], bands: Figure) -> alt.Chart:
    """Show one site, at first one that is disturbed, and the chosen days."""
    disturbed = [code for code in codes if code in set(bands.table["location"])]
    return choose_days(
        pick_location(chart, codes, with_all=False, first=disturbed[0] if disturbed else None), "begins"
    ).transform_calculate(when=WHEN)


def _across() -> alt.X:
    import altair as alt  # noqa: PLC0415  # of the extra

    axis = alt.Axis(tickCount=8, labelExpr=CLOCK)
    return alt.X("begins:T", title=TIME, scale=alt.Scale(type="utc"), axis=axis)


def _bands(figure: Figure, bands: Figure, data: alt.Data, codes: list[str]) -> list[alt.Chart]:
    """Draw disturbances behind the lines, cut where the measured time begins and ends."""
    import altair as alt  # noqa: PLC0415  # of the extra

    if bands.table.is_empty():
        return []
    times = figure.table["begins"].dt.epoch("ms")
    first, last = int(times.min() or 0), int(times.max() or 0)
    chart = choose_days(alt.Chart(data), "begins")
    if len(codes) > 1:
        chart = chart.transform_filter("datum.location == shown_location")
    chart = chart.transform_filter(f"datum.begins < {last}").transform_calculate(
        since=f"max(datum.begins, {first})", until=f"isValid(datum.ends) ? min(datum.ends, {last}) : {last}"
    )
    across = alt.X("since:T", title=TIME, scale=alt.Scale(type="utc"))
    tips = [alt.Tooltip("name:N", title="disturbance"), alt.Tooltip("kind:N"), alt.Tooltip("target:N")]
    band = chart.mark_rect(style="band").encode(x=across, x2=alt.X2("until:T"), tooltip=tips)
    if len(bands.table.unique(["name", "location"])) > LABELS_MAX * len(codes):
        return [band]
    # One below the other, since disturbances may begin together.
    words = chart.transform_window(
        [alt.WindowFieldDef(op="row_number", **{"as": "number"})], sort=[alt.SortField("begins")]
    ).transform_calculate(down=f"2 + {LABEL_PX} * ((datum.number - 1) % {LABELS_MAX})")
    named = words.mark_text(style="note", align="left", baseline="top", dx=3, fontSize=11)
    up = alt.Y("down:Q", scale=None, axis=None)
    return [band, named.encode(x=across, y=up, text=alt.Text("name:N"))]
