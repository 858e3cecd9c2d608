"""Say what is in a dataset at a glance: its totals, its locations, and what the figures tell."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import polars as pl

from fastgen.reporting.figures_of_times import WORDS
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.reporting.figures import Figure
    from fastgen.reporting.survey import Survey

# Figures whose sentences open the page.
HIGHLIGHTS = (
    "orders_by_day",
    "intraday",
    "revenue_by_hour",
    "percentiles",
    "brand_changes",
    "driver_waiting",
    "queue_length",
    "disturbances",
)
CENTS = 100.0
WEEK = 7
# Points of the line of a location, and the size that it is drawn in.
SPARK_POINTS, SPARK_WIDTH, SPARK_HEIGHT = 30, 120, 28


class LocationRow(NamedTuple):
    """What the page says on one location.

    Attributes
    ----------
    code, name
        Its names.
    orders, revenue_usd
        Totals.
    change
        Orders of the last week by those of the first, minus 1; None: fewer than two weeks.
    spark
        Points of a line of its orders, for SVG.
    p50_min, p99_min
        Time from the order to the customer; None: nothing was delivered.
    roads
        "real" or "synthetic".
    """

    code: str
    name: str
    orders: int
    revenue_usd: float
    change: float | None
    spark: str
    p50_min: float | None
    p99_min: float | None
    roads: str


def list_totals(survey: Survey) -> list[tuple[str, str]]:
    """List the headline figures: what, and how many."""
    orders, _, cents, delivered, cancelled = survey.tally.by_day.sum(axis=(0, 1)).tolist()
    axes = survey.tally.axes
    totals = {
        "orders": f"{orders:,}",
        "events": f"{survey.manifest.rows:,}",
        "revenue": f"${cents / CENTS:,.0f}",
        "locations": f"{axes.n_locations:,}",
        "days": f"{axes.n_days:,}",
    }
    # Only engines cancel orders, or leave some open.
    if delivered < orders:
        totals |= {
            "delivered": f"{delivered:,}",
            "cancelled": f"{cancelled:,}",
            "open at the end": f"{orders - delivered - cancelled:,}",
        }
    return list(totals.items())


def list_highlights(figures: dict[str, Figure]) -> list[tuple[str, str, str]]:
    """List what the main figures tell: key, title, sentence."""
    found = [figures[key] for key in HIGHLIGHTS if key in figures]
    return [(figure.key, figure.title, figure.sentence) for figure in found]


def describe_locations(survey: Survey, figures: dict[str, Figure]) -> list[LocationRow]:
    """Describe each location in a row."""
    tally, axes = survey.tally, survey.tally.axes
    waits = figures["percentiles"].table.filter(pl.col("time") == WORDS["created_to_delivered"])
    by_code = {row["location"]: row for row in waits.iter_rows(named=True)}
    rows = []
    for place, network in enumerate(survey.manifest.networks):
        code = axes.codes[place]
        orders = tally.orders[place]
        first, last = int(orders[:WEEK].sum()), int(orders[-WEEK:].sum())
        is_long = axes.n_days >= 2 * WEEK and first > 0
        rows.append(
            LocationRow(
                code=code,
                name=axes.names[place],
                orders=int(orders.sum()),
                revenue_usd=float(tally.by_day[place, :, 2].sum()) / CENTS,
                change=last / first - 1 if is_long else None,
                spark=_draw_line(orders),
                p50_min=_minutes(by_code[code]["p50_s"]),
                p99_min=_minutes(by_code[code]["p99_s"]),
                roads="synthetic" if network.synthetic else "real",
            )
        )
    return rows


def _draw_line(orders: NDArray[np.int64]) -> str:
    """Make the points of a line over all days: sums of whole weeks, where there are some."""
    span = max(WEEK if len(orders) >= 4 * WEEK else 1, -(-len(orders) // SPARK_POINTS))
    n = len(orders) // span
    if n < 2:  # noqa: PLR2004  # no line
        return ""
    heights = orders[: n * span].reshape(n, span).sum(axis=1)
    top = max(1, int(heights.max()))
    # Room of two pixels all around, for the line's own width.
    across, up = (SPARK_WIDTH - 4) / (n - 1), (SPARK_HEIGHT - 4) / top
    return " ".join(
        f"{2 + x * across:.1f},{SPARK_HEIGHT - 2 - height * up:.1f}"
        for x, height in enumerate(heights.tolist())
    )


def _minutes(seconds: int | None) -> float | None:
    return None if seconds is None else seconds / S_PER_MIN
