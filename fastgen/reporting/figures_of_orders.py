"""Make the figures of how many orders there are, when they come, and what they bring in."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np

from fastgen.reporting.figures import Column, make_figure
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.tally import Tally

# Those of `calendar` depend on the locale.
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
WEEK = len(WEEKDAYS)
# Minutes of a step of the curve over the day.
STEP_MIN = 10
CENTS = 100.0
# Most rows of a table by location and day: days are summed where there would be more.
ROWS_MAX = 20_000
NO_ORDERS = "There are no orders."
LOCATION = Column("location")
EXPECTED = Column("orders that the model expects")


def make_orders_by_day(tally: Tally, expected: Expected | None) -> Figure:
    """Show the orders of each day by location, with their trend and what the model expects."""
    axes = tally.axes
    span = -(-axes.n_locations * axes.n_days // ROWS_MAX)
    first = np.arange(0, axes.n_days, span)
    orders, _, cents, delivered, cancelled = np.add.reduceat(tally.by_day, first, axis=1).transpose(2, 0, 1)
    mean = np.full(tally.orders.shape, np.nan) if expected is None else expected.orders_mean
    days = "day" if span == 1 else f"{span} days"
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, len(first))),
        "date": (
            Column("date" if span == 1 else "first date"),
            np.tile(np.datetime64(axes.start, "D") + first, axes.n_locations),
        ),
        "day": (Column("day"), np.tile(first, axes.n_locations)),
        "orders": (Column("orders", f"per {days}"), orders.ravel()),
        "revenue_usd": (Column("revenue", "$"), cents.ravel() / CENTS),
        "delivered": (Column("delivered"), delivered.ravel()),
        "cancelled": (Column("cancelled"), cancelled.ravel()),
        "open": (Column("open at the end"), (orders - delivered - cancelled).ravel()),
        "trend": (Column("orders, mean of seven days", "per day"), _trend(tally.orders)[:, first].ravel()),
        "expected": (EXPECTED, np.add.reduceat(mean, first, axis=1).ravel()),
    }
    return make_figure("orders_by_day", "Orders per day", _tell_growth(tally), columns)


def make_weekdays(tally: Tally, expected: Expected | None) -> Figure:
    """Show how many orders a Monday has, a Tuesday, and so on."""
    axes = tally.axes
    mean = np.full(tally.orders.shape, np.nan) if expected is None else expected.orders_mean
    days = np.bincount(axes.weekday, minlength=WEEK)
    seen, wanted = (
        np.stack([np.bincount(axes.weekday, row, WEEK) for row in values]) / np.where(days, days, np.nan)
        for values in (tally.orders, mean)
    )
    by_weekday = np.bincount(axes.weekday, tally.orders.sum(axis=0), WEEK) / np.maximum(days, 1)
    busiest = WEEKDAYS[int(by_weekday.argmax())]
    usual = tally.orders.sum() / axes.n_days
    more = f"{by_weekday.max() / max(usual, 1e-9) - 1:.0%}"
    sentence = f"{busiest} is the busiest day: {more} more orders than the average day."
    if more == "0%":
        sentence = "No day of the week is busier than the others."
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, WEEK)),
        "weekday": (Column("weekday"), WEEKDAYS * axes.n_locations),
        "days": (Column("days", "in the dataset"), np.tile(days, axes.n_locations)),
        "orders": (Column("orders", "per day"), seen.ravel()),
        "expected": (Column(EXPECTED.words, "per day"), wanted.ravel()),
    }
    return make_figure("weekdays", "Orders by weekday", sentence if usual else NO_ORDERS, columns)


def make_intraday(tally: Tally, expected: Expected | None) -> Figure:
    """Show when in the day orders come, and when the model expects them."""
    axes, steps = tally.axes, MIN_PER_DAY // STEP_MIN
    shape = axes.n_locations, steps, STEP_MIN
    mean = np.full(tally.by_minute.shape, np.nan) if expected is None else expected.by_minute
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, steps)),
        "minute": (
            Column("time of day, by the clock of the place", "minutes since midnight"),
            np.tile(np.arange(0, MIN_PER_DAY, STEP_MIN), axes.n_locations),
        ),
        "orders": (
            Column("orders", f"per {STEP_MIN} minutes, all days together"),
            tally.by_minute.reshape(shape).sum(axis=2).ravel(),
        ),
        "expected": (EXPECTED, mean.reshape(shape).sum(axis=2).ravel()),
    }
    return make_figure("intraday", "Orders over the day", _tell_rush(tally), columns)


def make_revenue_by_hour(tally: Tally) -> Figure:
    """Show orders and revenue by weekday and hour."""
    axes = tally.axes
    orders, cents = tally.by_hour.transpose(3, 0, 1, 2)
    columns = {
        "location": (LOCATION, np.repeat(axes.codes, WEEK * 24)),
        "weekday": (Column("weekday"), np.tile(np.repeat(WEEKDAYS, 24), axes.n_locations)),
        "hour": (
            Column("hour of the day, by the clock of the place", "h"),
            np.tile(np.arange(24), WEEK * axes.n_locations),
        ),
        "orders": (Column("orders"), orders.ravel()),
        "revenue_usd": (Column("revenue", "$"), cents.ravel() / CENTS),
    }
    together = cents.sum(axis=0)
    sentence = NO_ORDERS
    if together.any():
        weekday, hour = divmod(int(together.argmax()), 24)
        sentence = (
            f"The best hour of the week is {WEEKDAYS[weekday]}, {hour:02}:00 to {(hour + 1) % 24:02}:00: "
            f"{together.max() / together.sum():.1%} of the revenue of ${cents.sum() / CENTS:,.0f}."
        )
    return make_figure("revenue_by_hour", "Revenue by hour and weekday", sentence, columns)


def _trend(orders: NDArray[np.int64]) -> NDArray[np.float64]:
    """Average each day with its neighbours, float64 (L, D); NaN near both ends."""
    mean = np.full(orders.shape, np.nan)
    n_days = orders.shape[1]
    if n_days >= WEEK:
        sums = np.cumsum(np.pad(orders, ((0, 0), (1, 0))), axis=1)
        mean[:, WEEK // 2 : n_days - WEEK // 2] = (sums[:, WEEK:] - sums[:, :-WEEK]) / WEEK
    return mean


def _tell_growth(tally: Tally) -> str:
    """Tell which location has grown most, and which least, from the first week to the last."""
    axes, total = tally.axes, int(tally.orders.sum())
    if total == 0:
        return NO_ORDERS
    said = f"{total:,} orders in {axes.n_days} days"
    first, last = tally.orders[:, :WEEK].sum(axis=1), tally.orders[:, -WEEK:].sum(axis=1)
    change = {code: b / a - 1 for code, a, b in zip(axes.codes, first, last, strict=True) if a > 0}
    if axes.n_days < 2 * WEEK or not change:
        return f"{said}."
    most, least = max(change, key=lambda code: change[code]), min(change, key=lambda code: change[code])
    said += f"; from the first week to the last, {change[most]:+.0%} in {most}"
    return f"{said}." if most == least else f"{said} and {change[least]:+.0%} in {least}."


def _tell_rush(tally: Tally) -> str:
    """Tell the hour with most orders."""
    by_hour = tally.by_minute.sum(axis=0).reshape(24, 60).sum(axis=1)
    if not by_hour.any():
        return NO_ORDERS
    hour = int(by_hour.argmax())
    share = by_hour[hour] / by_hour.sum()
    begins, ends = dt.time(hour), dt.time((hour + 1) % 24)
    return f"The busiest hour is {begins:%H:%M} to {ends:%H:%M}, with {share:.1%} of all orders."
