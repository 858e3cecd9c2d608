"""Make the figures of how many orders there are, and when."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.reporting.figures import Column, Figure
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.tally import Tally

TREND_DAYS = 7
# Minutes of a step of the curve over the day.
STEP_MIN = 10
CENTS = 100.0


def make_orders_by_day(tally: Tally, expected: Expected | None) -> Figure:
    """Show the orders of each day by location, with their trend and what the model expects."""
    axes = tally.axes
    by_day = tally.by_day.reshape(-1, tally.by_day.shape[2])
    orders, _, cents, delivered, cancelled = by_day.T
    table = pl.DataFrame(
        {
            "location": np.repeat(axes.codes, axes.n_days),
            "day": np.tile(np.arange(axes.n_days, dtype=np.int32), axes.n_locations),
            "orders": orders,
            "revenue_usd": cents / CENTS,
            "delivered": delivered,
            "cancelled": cancelled,
            "trend": np.stack([_centred_mean(row) for row in tally.orders]).ravel(),
            "expected": np.full(len(orders), np.nan) if expected is None else expected.orders_mean.ravel(),
        }
    ).with_columns(pl.col("trend", "expected").fill_nan(None))
    first = np.datetime64(axes.start, "D")
    dates = pl.Series("date", np.tile(first + np.arange(axes.n_days), axes.n_locations))
    table = table.insert_column(1, dates)
    columns = {
        "location": Column("location"),
        "date": Column("date"),
        "day": Column("day"),
        "orders": Column("orders"),
        "revenue_usd": Column("revenue", "$"),
        "delivered": Column("delivered"),
        "cancelled": Column("cancelled"),
        "trend": Column("orders, mean of seven days", "a day"),
        "expected": Column("orders that the model expects", "a day"),
    }
    return Figure("orders_by_day", "Orders a day", _tell_growth(tally), table, columns)


def make_intraday(tally: Tally, expected: Expected | None) -> Figure:
    """Show when in the day orders come, and when the model expects them."""
    axes, steps = tally.axes, MIN_PER_DAY // STEP_MIN
    orders = tally.by_minute.reshape(axes.n_locations, steps, STEP_MIN).sum(axis=2)
    mean = np.full(orders.shape, np.nan)
    if expected is not None:
        mean = expected.by_minute.reshape(axes.n_locations, steps, STEP_MIN).sum(axis=2)
    table = pl.DataFrame(
        {
            "location": np.repeat(axes.codes, steps),
            "minute": np.tile(np.arange(0, MIN_PER_DAY, STEP_MIN, dtype=np.int32), axes.n_locations),
            "orders": orders.ravel(),
            "expected": mean.ravel(),
        }
    ).with_columns(pl.col("expected").fill_nan(None))
    columns = {
        "location": Column("location"),
        "minute": Column("time of day, by the clock of the place", "minutes since midnight"),
        "orders": Column(f"orders in {STEP_MIN} minutes, all days"),
        "expected": Column("orders that the model expects"),
    }
    return Figure("intraday", "Orders over the day", _tell_rush(tally), table, columns)


def _centred_mean(orders: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average each day with its neighbours, float64 (D,); NaN near both ends."""
    mean = np.full(len(orders), np.nan)
    if len(orders) >= TREND_DAYS:
        half = TREND_DAYS // 2
        mean[half : len(orders) - half] = np.convolve(orders, np.ones(TREND_DAYS) / TREND_DAYS, "valid")
    return mean


def _tell_growth(tally: Tally) -> str:
    """Tell which location has grown most, and which has shrunk most, from the first week to the last."""
    axes, total = tally.axes, int(tally.orders.sum())
    if total == 0:
        return "There are no orders."
    said = f"{total:,} orders in {axes.n_days} days"
    if axes.n_days < 2 * TREND_DAYS:
        return f"{said}."
    first, last = tally.orders[:, :TREND_DAYS].sum(axis=1), tally.orders[:, -TREND_DAYS:].sum(axis=1)
    change = {code: b / a - 1 for code, a, b in zip(axes.codes, first, last, strict=True) if a > 0}
    if not change:
        return f"{said}."
    most, least = max(change, key=lambda code: change[code]), min(change, key=lambda code: change[code])
    said += f"; from the first week to the last, {most} changed by {change[most]:+.0%}"
    return f"{said}." if most == least else f"{said}, {least} by {change[least]:+.0%}."


def _tell_rush(tally: Tally) -> str:
    """Tell the hour with most orders."""
    by_hour = tally.by_minute.sum(axis=0).reshape(24, 60).sum(axis=1)
    if not by_hour.any():
        return "There are no orders."
    hour = int(by_hour.argmax())
    share = by_hour[hour] / by_hour.sum()
    begins, ends = dt.time(hour), dt.time((hour + 1) % 24)
    return f"The busiest hour is {begins:%H:%M} to {ends:%H:%M}, with {share:.1%} of all orders."
