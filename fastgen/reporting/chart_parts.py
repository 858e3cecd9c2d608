"""Parts that charts share: their data, the choice of a location, lines by location, distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from fastgen.reporting.theme import LIGHT

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.figures import Figure

    Drawing = alt.Chart | alt.LayerChart | alt.FacetChart

ALL = "all locations"
SEEN, MODEL = "in the dataset", "by the model"
# What the marks of a chart mean, over it.
DASHED, SHORT_LINE = f"dashed line: {MODEL}", f"short line: {MODEL}"
LAST_IS_OPEN = "last bar: all above"
# More locations than colours that all readers can tell apart: then one at a time is shown, or their sum.
LINES_MAX = len(LIGHT.series)
HEIGHT = 240
FEW_DAYS = 12
UNITS = {"min": "minutes", "s": "seconds", "$": "dollars", "minutes since midnight": ""}
PICKED = "picked"
IS_SHOWN = f"shown_location == '{ALL}' || datum.location == shown_location"
# Signals that the page sets to the days that a reader chose, in milliseconds since 1970.
CHOSEN_FIRST, CHOSEN_LAST = "first_ms", "last_ms"


def make_data(figure: Figure, *, inline: bool) -> alt.Data:
    """Give a chart the rows of a figure, or only their name: the page then adds them once for all uses.

    Dates and times become milliseconds since 1970, which no browser shifts to its own time zone.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    if not inline:
        return alt.NamedData(name=figure.key)
    table = figure.table.with_columns(
        pl.selectors.temporal().cast(pl.Datetime("ms")).dt.epoch("ms"),
    )
    return alt.InlineData(name=figure.key, values=table.to_dicts())


def list_locations(figure: Figure) -> list[str]:
    """List the codes of a figure's locations, in their order."""
    return figure.table["location"].unique(maintain_order=True).to_list()


def pick_location(
    chart: alt.Chart, codes: list[str], *, with_all: bool = True, first: str | None = None
) -> alt.Chart:
    """Let the reader choose from a list which location is shown; one alone needs no list.

    Parameters
    ----------
    chart
        Chart with its data.
    codes
        The locations.
    with_all
        Whether all of them can be shown together; then they are at first.
    first
        Location that is shown at first; None: the first of them.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    if len(codes) <= 1:
        return chart
    options = [ALL, *codes] if with_all else codes
    bound = alt.binding_select(options=options, name="Show ")
    picked = alt.param(name="shown_location", value=first or options[0], bind=bound)
    return chart.add_params(picked).transform_filter(IS_SHOWN)


def choose_days(chart: alt.Chart, field: str) -> alt.Chart:
    """Show only the days that the reader has chosen; at first all."""
    import altair as alt  # noqa: PLC0415  # of the extra

    first, last = (alt.param(name=name, value=None) for name in (CHOSEN_FIRST, CHOSEN_LAST))
    inside = (
        f"(!isValid({CHOSEN_FIRST}) || datum.{field} >= {CHOSEN_FIRST}) && "
        f"(!isValid({CHOSEN_LAST}) || datum.{field} <= {CHOSEN_LAST})"
    )
    return chart.add_params(first, last).transform_filter(inside)


def colour_locations(
    chart: alt.Chart, codes: list[str], sums: list[str], by: str, symbol: str = "stroke"
) -> tuple[alt.Chart, Any]:
    """Tell locations apart by colour, or sum up those that are picked where they are too many.

    Parameters
    ----------
    chart
        Chart with its data.
    codes
        The locations.
    sums
        Fields to sum up.
    by
        Field to sum them up by.
    symbol
        Shape of the legend's symbols.

    Returns
    -------
    tuple
        The chart, and its colour.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    if len(codes) > LINES_MAX:
        chart = pick_location(chart, codes).transform_aggregate(
            [alt.AggregatedFieldDef(op="sum", field=name, **{"as": name}) for name in sums], groupby=[by]
        )
        return chart.transform_calculate(location="shown_location"), alt.Color("location:N", legend=None)
    legend = alt.Legend(symbolType=symbol) if len(codes) > 1 else None
    return chart, alt.Color("location:N", scale=alt.Scale(domain=codes), legend=legend)


def pick_by_legend(codes: list[str]) -> list[alt.Parameter]:
    """Let clicks on the legend pick locations, with Shift several; no parameter without a legend."""
    import altair as alt  # noqa: PLC0415  # of the extra

    if not 1 < len(codes) <= LINES_MAX:
        return []
    return [alt.selection_point(name=PICKED, fields=["location"], bind="legend")]


def fade_others(codes: list[str], opacity: float, other: float) -> alt.OpacityValue:
    """Give the opacity of what is picked by the legend, and of all others."""
    import altair as alt  # noqa: PLC0415  # of the extra

    if not 1 < len(codes) <= LINES_MAX:
        return alt.OpacityValue(opacity)
    # Altair's own `condition` takes ten times as long to make the same.
    return alt.OpacityValue(other, condition={"param": PICKED, "value": opacity})


def draw_distribution(
    figure: Figure,
    data: alt.Data,
    x: str,
    *,
    count: str = "orders",
    percentiles: bool = False,
    is_whole: bool = False,
    ends: str = "",
) -> Drawing:
    """Draw bars of counts by a number, and a line of what the model expects.

    Parameters
    ----------
    figure
        Rows of equal steps in `x`, by location if there is such a column.
    data
        Its data, as `make_data` gives them.
    x, count
        Columns of the number and of the counts.
    percentiles
        Whether to mark P50, P75 and P99.
    is_whole
        Whether `x` counts things; else it is where bins of a measure begin.
    ends
        What the bars at the ends have, in words; empty: nothing else than the others.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    table = figure.table
    width = step_of(table[x])
    # Bars of whole numbers are around them, those of bins begin at them.
    shift = width / 2 if is_whole else 0.0
    chart = alt.Chart(data)
    if "location" in table.columns:
        chart = pick_location(chart, list_locations(figure))
    with_model = has_model(table)
    sums = [count, "expected"] if with_model else [count]
    base = chart.transform_aggregate(
        [alt.AggregatedFieldDef(op="sum", field=name, **{"as": name}) for name in sums], groupby=[x]
    ).transform_calculate(
        start=f"datum['{x}'] - {shift}",
        end=f"datum['{x}'] + {width - shift}",
        middle=f"datum['{x}'] + {width / 2}",
    )
    axis = alt.Axis(tickCount=8, tickMinStep=1) if is_whole else alt.Axis(tickCount=8)
    across = alt.X(
        "start:Q",
        bin=alt.BinParams(binned=True),
        title=name_axis(figure, x),
        scale=alt.Scale(nice=False),
        axis=axis,
    )
    bounds = [(x, figure.columns[x].words)] if is_whole else [(x, "from"), ("end", "to")]
    tips = [alt.Tooltip(f"{name}:Q", title=words, format=",.4~f") for name, words in bounds]
    tips.append(alt.Tooltip(f"{count}:Q", title=SEEN, format=","))
    if with_model:
        tips.append(alt.Tooltip("expected:Q", title=MODEL, format=",.1f"))
    up = alt.Y(f"{count}:Q", title=None)
    layers = [base.mark_bar(binSpacing=0.5).encode(x=across, x2=alt.X2("end:Q"), y=up, tooltip=tips)]
    if with_model:
        layers.append(
            base.mark_line(style="model", interpolate="monotone").encode(
                x=alt.X("middle:Q"), y=alt.Y("expected:Q")
            )
        )
    if percentiles:
        layers += _mark_percentiles(base, x, count, width)
    title = head(figure, count, DASHED if with_model else "", ends)
    return alt.layer(*layers).properties(width="container", height=HEIGHT, title=title)


def _mark_percentiles(base: alt.Chart, x: str, count: str, width: float) -> list[alt.Chart]:
    """Mark percentiles of counts by lines: each lies within its bin as if the bin were filled evenly."""
    import altair as alt  # noqa: PLC0415  # of the extra

    found = (
        base.transform_window(
            [alt.WindowFieldDef(op="sum", field=count, **{"as": "so_far"})], sort=[alt.SortField(x)]
        )
        .transform_joinaggregate(total=f"sum({count})")
        .transform_calculate(rank="[50, 75, 99]")
        .transform_flatten(["rank"])
        .transform_calculate(
            wanted="datum.rank / 100 * datum.total", before=f"datum.so_far - datum['{count}']"
        )
        .transform_filter("datum.before < datum.wanted && datum.wanted <= datum.so_far")
        .transform_calculate(
            at=f"datum['{x}'] + {width} * (datum.wanted - datum.before) / datum['{count}']",
            label="'P' + datum.rank",
        )
        .transform_joinaggregate(most=f"max({count})")
        # Over the bars, and each lower than the one before: the first two percentiles are close.
        .transform_calculate(roof="datum.most * {'50': 1.32, '75': 1.2, '99': 1.08}[datum.rank]")
    )
    at, up = alt.X("at:Q"), alt.Y("roof:Q")
    return [
        found.mark_rule(style="percentile").encode(x=at, y=up, y2=alt.Y2Datum(0)),
        found.mark_text(style="note", align="left", dx=4, dy=4).encode(x=at, y=up, text=alt.Text("label:N")),
    ]


def date_axis(figure: Figure, *, is_tight: bool = False) -> alt.Axis:
    """Make the axis of a figure's dates, with ticks at dates where hours would have some otherwise.

    Where the axis ends at the last date, `is_tight`, a label that would reach over its end is left out.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    if figure.table["date"].n_unique() > FEW_DAYS:
        return alt.Axis(tickCount=8, labelBound=is_tight)
    by_day = alt.TimeIntervalStep(interval="day", step=1)
    return alt.Axis(tickCount=by_day, format="%b %d", labelBound=is_tight)


def step_of(values: pl.Series) -> float:
    """Return the distance of neighbouring values; 1 where there are fewer than two."""
    distinct = values.unique().sort()
    return float(distinct[1] - distinct[0]) if len(distinct) > 1 else 1.0


def has_model(table: pl.DataFrame) -> bool:
    """Say whether a figure's table has numbers of the model in its column `expected`."""
    return "expected" in table.columns and table["expected"].null_count() < len(table)


def describe(figure: Figure, name: str) -> str:
    """Give the heading of a column, with its unit."""
    words, unit = figure.columns[name]
    return f"{words} {unit}" if unit.startswith("per ") else ", ".join(part for part in (words, unit) if part)


def head(figure: Figure, name: str, *notes: str) -> list[str]:
    """Give the lines over a chart: what it counts, and what its marks mean; short, for phones."""
    return [describe(figure, name), *(note for note in notes if note)]


def name_axis(figure: Figure, name: str) -> str:
    """Give the heading of a column that says where bins begin, without saying so."""
    words, unit = figure.columns[name]
    words = words.removesuffix("from this time on").removesuffix("from this on").removesuffix(", ")
    named = UNITS.get(unit, unit)
    return sentence_case(", ".join(part for part in (words, named) if part))


def sentence_case(text: str) -> str:
    """Begin with a capital letter, and leave the others as they are."""
    return text[:1].upper() + text[1:]
