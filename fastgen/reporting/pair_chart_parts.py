"""Parts that charts of two datasets share: what tells the two apart, shares, points, dots in rows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.reporting.chart_parts import HEIGHT
from fastgen.reporting.pairing import NAMES

if TYPE_CHECKING:
    import altair as alt

    from fastgen.reporting.chart_parts import Drawing

# Lines of the second are dashed, and its bars are hollow: colour is never alone.
DASHES, FILLS = ([1, 0], [6, 3]), (1.0, 0.2)
ROW_PX = 22


def tell_apart() -> dict[str, Any]:
    """Give colour and dashes of lines, which share one legend."""
    import altair as alt  # noqa: PLC0415  # of the extra

    legend = alt.Legend(symbolType="stroke", symbolSize=300)
    return {
        "color": alt.Color("dataset:N", scale=alt.Scale(domain=NAMES), legend=legend),
        "strokeDash": alt.StrokeDash(
            "dataset:N", scale=alt.Scale(domain=NAMES, range=list(DASHES)), legend=legend
        ),
    }


def tell_bars_apart() -> dict[str, Any]:
    """Give colour, filling and place of bars."""
    import altair as alt  # noqa: PLC0415  # of the extra

    scale = alt.Scale(domain=NAMES)
    legend = alt.Legend(symbolType="square", symbolStrokeWidth=1.5)
    return {
        "color": alt.Color("dataset:N", scale=scale, legend=legend),
        "stroke": alt.Stroke("dataset:N", scale=scale, legend=legend),
        "fillOpacity": alt.FillOpacity(
            "dataset:O", scale=alt.Scale(domain=NAMES, range=list(FILLS)), legend=legend
        ),
        "xOffset": alt.XOffset("dataset:N", scale=scale),
    }


def add_up(chart: alt.Chart, count: str, by: str) -> alt.Chart:
    """Add the locations that are shown, and take the share of each dataset's sum."""
    import altair as alt  # noqa: PLC0415  # of the extra

    return (
        chart.transform_aggregate(
            [alt.AggregatedFieldDef(op="sum", field=count, **{"as": count})], groupby=["dataset", by]
        )
        .transform_joinaggregate(total=f"sum({count})", groupby=["dataset"])
        .transform_calculate(share=f"datum.total > 0 ? datum['{count}'] / datum.total : 0")
    )


def hover(base: alt.Chart, across: Any, y: str, tips: list[Any]) -> alt.Chart:
    """Show the point that is nearest to the pointer, and its numbers."""
    import altair as alt  # noqa: PLC0415  # of the extra

    near = alt.selection_point(name="near", nearest=True, on="pointermove", clear="pointerout", empty=False)
    shown = alt.OpacityValue(0.0, condition={"param": "near", "value": 1.0, "empty": False})
    colour = alt.Color("dataset:N", scale=alt.Scale(domain=NAMES))
    points = base.mark_point(filled=True, size=70, aria=False)
    drawn: alt.Chart = points.encode(x=across, y=alt.Y(y), color=colour, opacity=shown, tooltip=tips)
    return drawn.add_params(near)


def draw_shares(base: alt.Chart, across: Any, tip: Any, count: str) -> Drawing:
    """Draw the shares of both datasets as steps."""
    import altair as alt  # noqa: PLC0415  # of the extra

    tips = [
        alt.Tooltip("dataset:N"),
        tip,
        alt.Tooltip(f"{count}:Q", format=","),
        alt.Tooltip("share:Q", format=".2%"),
    ]
    up = alt.Y("share:Q", title=None, axis=alt.Axis(format="~%"))
    steps = base.mark_line(interpolate="step-after", strokeWidth=1.8).encode(x=across, y=up, **tell_apart())
    return alt.layer(steps, hover(base, across, "share:Q", tips)).properties(
        width="container", height=HEIGHT, title=f"share of the {count} of each dataset"
    )


def draw_dots(
    base: alt.Chart, value: str, title: str, rows: list[str] | int, form: str, what: str
) -> Drawing:
    """Draw a dot of each dataset in every row, and a line between them.

    Parameters
    ----------
    base
        Chart whose data have a column `row`.
    value, title, form
        Column of the values, its heading, and how numbers are shown.
    rows
        The rows in their order, or how many there are at most.
    what
        Column that names a row for the pointer.
    """
    import altair as alt  # noqa: PLC0415  # of the extra

    up = alt.Y(
        "row:N",
        title=None,
        sort=None if isinstance(rows, int) else rows,
        axis=alt.Axis(grid=True, labelOverlap=False),
    )
    across = alt.X(
        f"{value}:Q", title=title, axis=alt.Axis(format="~%" if "%" in form else ",~f", tickCount=8)
    )
    scale = alt.Scale(domain=NAMES)
    legend = alt.Legend(symbolSize=110)
    tips = [
        alt.Tooltip("dataset:N"),
        alt.Tooltip("location:N"),
        alt.Tooltip(f"{what}:N"),
        alt.Tooltip(f"{value}:Q", format=form),
    ]
    line = base.transform_aggregate(
        [
            alt.AggregatedFieldDef(op="min", field=value, **{"as": "low"}),
            alt.AggregatedFieldDef(op="max", field=value, **{"as": "high"}),
        ],
        groupby=["row"],
    )
    return alt.layer(
        line.mark_rule(style="percentile", strokeWidth=2, strokeDash=[1, 0]).encode(
            x=alt.X("low:Q", title=title), x2=alt.X2("high:Q"), y=up
        ),
        base.mark_point(filled=True, size=110, opacity=1).encode(
            x=across,
            y=up,
            color=alt.Color("dataset:N", scale=scale, legend=legend),
            shape=alt.Shape(
                "dataset:N", scale=alt.Scale(domain=NAMES, range=["circle", "diamond"]), legend=legend
            ),
            tooltip=tips,
        ),
    ).properties(width="container", height=ROW_PX * (rows if isinstance(rows, int) else len(rows)))
