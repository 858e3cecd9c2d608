"""Draw what customers order, and where they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.reporting.chart_parts import (
    HEIGHT,
    LAST_IS_OPEN,
    MODEL,
    SEEN,
    SHORT_LINE,
    choose_days,
    date_axis,
    draw_distribution,
    has_model,
    head,
    list_locations,
    pick_location,
    sentence_case,
    step_of,
)

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing
    from fastgen.reporting.figures import Figure

# Most rows of brands at once: more locations are shown one at a time.
BRANDS_MAX = 40
ROW_PX = 20
DAY_MS = 86_400_000
# Middles of cells that differ by less are the same but for rounding; size of a cell that is alone.
EQUAL_DEGREES, ALONE_DEGREES = 1e-9, 0.001
# Squares of fewer degrees need a third decimal at their axes.
SMALL_DEGREES = 0.06


def draw_brand_shares(figure: Figure, data: alt.Data, changes: Figure, changes_data: alt.Data) -> Drawing:
    """Draw the share of each brand over time, a row each, and when brands open and close."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes, table = list_locations(figure), figure.table
    pairs = table.select("location", "brand").unique(maintain_order=True).rows()
    is_picked = len(pairs) > BRANDS_MAX and len(codes) > 1
    label = "datum.brand" if is_picked else "datum.location + ' · ' + datum.brand"
    order = sorted({brand for _, brand in pairs}) if is_picked else [" · ".join(pair) for pair in pairs]
    span_ms = max(1, round(step_of(table["date"].to_physical()))) * DAY_MS
    rows = choose_days(alt.Chart(data), "date")
    notes = choose_days(alt.Chart(changes_data), "date").transform_calculate(row=label)
    if is_picked:
        rows = pick_location(rows, codes, with_all=False)
        notes = notes.transform_filter("datum.location == shown_location")
    up = alt.Y("row:N", title=None, sort=order, axis=alt.Axis(labelOverlap=False))
    tips = [
        alt.Tooltip("location:N"),
        alt.Tooltip("brand:N"),
        alt.Tooltip("when:N", title="from"),
        alt.Tooltip("orders:Q", title="orders with it", format=","),
        alt.Tooltip("share:Q", title=f"share {SEEN}", format=".1%"),
    ]
    if table["expected_share"].null_count() < len(table):
        tips.append(alt.Tooltip("expected_share:Q", title=f"share {MODEL}", format=".1%"))
    legend = alt.Legend(title="share", format="%", gradientLength=140)
    when = "utcFormat(datum.date, '%Y-%m-%d')"
    shares = rows.transform_calculate(row=label, end=f"datum.date + {span_ms}", when=when)
    whole = alt.Scale(type="utc", nice=False)
    cells = shares.transform_filter("datum.orders > 0").mark_rect()
    drawn = cells.encode(
        x=alt.X("date:T", title=None, scale=whole, axis=date_axis(figure, is_tight=True)),
        x2=alt.X2("end:T"),
        y=up,
        color=alt.Color("share:Q", legend=legend, scale=alt.Scale(zero=False)),
        tooltip=tips,
    )
    if len(changes.table):
        # In the middle of a cell a brand opens; the signs stand beside the cell.
        first_ms = int(table["date"].cast(pl.Datetime("ms")).dt.epoch("ms").min() or 0)
        spans = f"(datum.date - {first_ms}) / {span_ms}"
        notes = notes.transform_calculate(
            date=f"{first_ms} + {span_ms} * (datum.what == 'opens' ? floor({spans}) : ceil({spans}))"
        )
    title = "▸ opens, ◂ closes" if len(changes.table) else ""
    layers = [drawn, *(_note_changes(notes, up) if title else [])]
    # All brands of one location at most.
    n_rows = max(sum(code == here for here, _ in pairs) for code in codes) if is_picked else len(order)
    return alt.layer(*layers).properties(width="container", height=ROW_PX * n_rows, title=title)


def _note_changes(notes: alt.Chart, up: alt.Y) -> list[alt.Chart]:
    """Point into the empty part of a row: before a brand opens, after it has closed."""
    import altair as alt  # noqa: PLC0415  # of the extra

    opens = notes.transform_filter("datum.what == 'opens'")
    closes = notes.transform_filter("datum.what == 'closes'")
    texts = [
        (opens.mark_text(style="note", align="right", dx=-2, fontSize=16), "▸"),
        (closes.mark_text(style="note", align="left", dx=2, fontSize=16), "◂"),
    ]
    return [mark.encode(x=alt.X("date:T"), y=up, text=alt.TextValue(words)) for mark, words in texts]


def draw_sizes(figure: Figure, data: alt.Data) -> Drawing:
    """Draw orders or lines by a small whole number."""
    import altair as alt  # noqa: PLC0415  # of the extra

    size, count = figure.table.columns[:2]
    base = alt.Chart(data)
    across = alt.X(f"{size}:O", title=sentence_case(figure.columns[size].words), axis=alt.Axis(labelAngle=0))
    tips = [alt.Tooltip(f"{size}:O"), alt.Tooltip(f"{count}:Q", title=SEEN, format=",")]
    layers = []
    if has_model(figure.table):
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
        layers = [
            base.mark_tick(style="tick-model", thickness=2).encode(
                x=across, y=alt.Y("expected:Q"), tooltip=tips
            )
        ]
    up = alt.Y(f"{count}:Q", title=None)
    bars = base.mark_bar(width={"band": 0.62}).encode(x=across, y=up, tooltip=tips)
    title = head(figure, count, SHORT_LINE if layers else "")
    return alt.layer(bars, *layers).properties(width="container", height=HEIGHT, title=title)


def draw_prices(figure: Figure, data: alt.Data) -> Drawing:
    """Draw what orders cost."""
    return draw_distribution(figure, data, "price_usd", ends=LAST_IS_OPEN)


def draw_customers(figure: Figure, data: alt.Data) -> Drawing:
    """Draw where the customers of a location are, on a grid."""
    import altair as alt  # noqa: PLC0415  # of the extra

    codes = list_locations(figure)
    base = pick_location(alt.Chart(data), codes, with_all=False)
    lat_step, lon_step = _steps(figure.table, "lat"), _steps(figure.table, "lon")
    base = base.transform_calculate(
        south=f"datum.lat - {lat_step!r}[datum.location] / 2",
        north=f"datum.lat + {lat_step!r}[datum.location] / 2",
        west=f"datum.lon - {lon_step!r}[datum.location] / 2",
        east=f"datum.lon + {lon_step!r}[datum.location] / 2",
    )
    heights = [np.ptp(here["lat"].to_numpy()) for here in figure.table.partition_by("location")]
    form = ".3f" if min(heights) < SMALL_DEGREES else ".2f"
    degrees = alt.Axis(grid=False, format=form, tickCount=4)
    scale = alt.Scale(zero=False, nice=False, padding=4)
    return (
        base.mark_rect()
        .encode(
            x=alt.X("west:Q", title="Longitude, °", scale=scale, axis=degrees),
            x2=alt.X2("east:Q"),
            y=alt.Y("south:Q", title="Latitude, °", scale=scale, axis=degrees),
            y2=alt.Y2("north:Q"),
            color=alt.Color(
                "orders:Q",
                legend=alt.Legend(title="orders", gradientLength=140),
                scale=alt.Scale(type="sqrt"),
            ),
            tooltip=[
                alt.Tooltip("lat:Q", format=".4f"),
                alt.Tooltip("lon:Q", format=".4f"),
                alt.Tooltip("customers:Q", format=","),
                alt.Tooltip("orders:Q", format=","),
            ],
        )
        .properties(width="container", height=380)
    )


def draw_distances(figure: Figure, data: alt.Data) -> Drawing:
    """Draw how far customers are."""
    return draw_distribution(figure, data, "km").properties(height=380)


def _steps(table: pl.DataFrame, name: str) -> dict[str, float]:
    """Return the height or width of a location's cells, by code."""
    cells = table.select("location", name).unique().sort("location", name)
    distance = pl.col(name).diff()
    widths = cells.group_by("location").agg(distance.filter(distance > EQUAL_DEGREES).min())
    return {code: width or ALONE_DEGREES for code, width in widths.sort("location").rows()}
