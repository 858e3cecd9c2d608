"""Count the orders of a batch by location, day, minute, brand, size and duration.

Dimensions: n_rows events; n orders; L locations, D days, B brands, P periods. The rows may be damaged:
whatever their values are, no index leaves its array.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.schema import (
    ARRIVED,
    CANCELLED,
    CREATED,
    DELIVERED,
    FINISHED,
    PICKED_UP,
    PING,
    READY,
    STARTED,
)
from fastgen.jit import jit, step

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_KINDS = CANCELLED + 1
NOT_YET = -(2**62)
CENTS = 100
# Bins of a time are a second long over two hours, then a minute.
FINE_S, COARSE_S = 7_200, 60
# Added to the times from ready to the driver's arrival, who may be there up to an hour before the food.
ARRIVED_SHIFT_S = 3_600
# How an order ends.
OPEN, IS_DELIVERED, IS_CANCELLED = 0, 1, 2


@step
def _clip(value: int, n: int) -> int:
    """Return the index nearest to `value` in an axis of length n."""
    return 0 if value < 0 else value if value < n else n - 1


@step
def _count_time(before: int, after: int, shift_s: int, bins: NDArray[np.int64]) -> None:
    """Count the time between two events of an order, if both have happened."""
    if before == NOT_YET or after == NOT_YET:  # noqa: PLR1714  # a tuple takes longer to compile
        return
    seconds = after - before + shift_s
    at = seconds if seconds < FINE_S else FINE_S + (seconds - FINE_S) // COARSE_S
    bins[_clip(at, len(bins))] += 1


@jit
def count_events(
    kind: NDArray[np.int8],
    ts: NDArray[np.int64],
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    location: NDArray[np.int64],
    day: NDArray[np.int64],
    at: NDArray[np.int64],
    by_day: NDArray[np.int64],
    seconds: NDArray[np.int64],
    pings: NDArray[np.int64],
    picked_up_s: NDArray[np.int64],
    ended_s: NDArray[np.int64],
    ending: NDArray[np.int8],
) -> None:
    """Count events, endings, times between events, and pings.

    Parameters
    ----------
    kind, ts
        int8 and int64 (n_rows,), event type and Unix second of each event.
    first, last
        int64 (n,), rows of each order, the last one included.
    location, day
        int64 (n,), row of the location, and day.
    at
        Scratch, int64 (N_KINDS,).
    by_day
        int64 (L, D, 5), added to: orders, events, cents (not here), delivered, cancelled.
    seconds
        int64 (L, 7, n_bins), added to: orders by the times of `reporting.axes.INTERVALS`.
    pings
        int64 (L, n), added to: deliveries by their number of pings.
    picked_up_s, ended_s
        Output, int64 (n,): seconds from the creation to the pick-up and to the end; -1 if there is none.
    ending
        Output, int8 (n,): `OPEN`, `IS_DELIVERED` or `IS_CANCELLED`.
    """
    for i in range(len(first)):
        here = location[i]
        for k in range(N_KINDS):
            at[k] = NOT_YET
        n_pings = 0
        for row in range(first[i], last[i] + 1):
            event = np.int64(kind[row])
            if event == PING:
                n_pings += 1
            elif 0 <= event < N_KINDS:
                at[event] = ts[row]
        day_counts = by_day[here, day[i]]
        day_counts[0] += 1
        day_counts[1] += last[i] - first[i] + 1
        times = seconds[here]
        _count_time(at[CREATED], at[STARTED], 0, times[0])
        _count_time(at[STARTED], at[FINISHED], 0, times[1])
        _count_time(at[FINISHED], at[READY], 0, times[2])
        _count_time(at[READY], at[PICKED_UP], 0, times[3])
        _count_time(at[PICKED_UP], at[DELIVERED], 0, times[4])
        _count_time(at[CREATED], at[DELIVERED], 0, times[5])
        _count_time(at[READY], at[ARRIVED], ARRIVED_SHIFT_S, times[6])
        picked_up_s[i] = at[PICKED_UP] - at[CREATED] if at[PICKED_UP] != NOT_YET else -1
        ended_s[i], ending[i] = -1, OPEN
        if at[DELIVERED] != NOT_YET:
            ended_s[i], ending[i] = at[DELIVERED] - at[CREATED], IS_DELIVERED
            day_counts[3] += 1
            pings[here, _clip(n_pings, pings.shape[1])] += 1
        elif at[CANCELLED] != NOT_YET:
            ended_s[i], ending[i] = at[CANCELLED] - at[CREATED], IS_CANCELLED
            day_counts[4] += 1


@jit
def count_baskets(
    line_start: NDArray[np.int64],
    line_item: NDArray[np.int64],
    line_qty: NDArray[np.int64],
    item_brand: NDArray[np.int64],
    item_cents: NDArray[np.int64],
    location: NDArray[np.int64],
    day: NDArray[np.int64],
    second: NDArray[np.int64],
    first_weekday: int,
    period_days: int,
    lines_of: NDArray[np.int64],
    by_day: NDArray[np.int64],
    by_minute: NDArray[np.int64],
    by_hour: NDArray[np.int64],
    by_brand: NDArray[np.int64],
    brands_per_order: NDArray[np.int64],
    lines_per_brand: NDArray[np.int64],
    lines_per_order: NDArray[np.int64],
    quantities: NDArray[np.int64],
    price_usd: NDArray[np.int64],
) -> None:
    """Count orders by minute and hour, and what is in them.

    Parameters
    ----------
    line_start, line_item, line_qty
        Lines of the orders, as `dataset.reading.lines.Lines` has them.
    item_brand, item_cents
        int64 (n_items,), row of the brands table, and price.
    location, day, second
        int64 (n,), row of the location, day, and second of the day by the clock of the place.
    first_weekday
        Weekday of day 0.
    period_days
        Days of a period.
    lines_of
        Scratch, int64 (B,), all 0; left so.
    by_day
        int64 (L, D, 5), added to: cents.
    by_minute
        int64 (L, 1440), added to: orders.
    by_hour
        int64 (L, 7, 24, 2), added to: orders and cents by weekday and hour.
    by_brand
        int64 (L, B, P, 4), added to: orders with the brand, orders whose first line is the brand's, lines,
        cents.
    brands_per_order, lines_per_order, price_usd
        int64 (L, n), added to: orders by number of brands, of lines, and by whole dollars; the last open.
    lines_per_brand
        int64 (L, n), added to: orders' brands by the number of their lines.
    quantities
        int64 (L, 10), added to: lines by quantity.
    """
    for i in range(len(location)):
        here, period = location[i], day[i] // period_days
        cents, n_brands = 0, 0
        for k in range(line_start[i], line_start[i + 1]):
            brand, qty = item_brand[line_item[k]], line_qty[k]
            price = item_cents[line_item[k]] * qty
            cents += price
            counts = by_brand[here, brand, period]
            if lines_of[brand] == 0:
                n_brands += 1
                counts[0] += 1
            if k == line_start[i]:
                counts[1] += 1
            counts[2] += 1
            counts[3] += price
            lines_of[brand] += 1
            quantities[here, _clip(qty, quantities.shape[1])] += 1
        for k in range(line_start[i], line_start[i + 1]):
            brand = item_brand[line_item[k]]
            if lines_of[brand] > 0:
                lines_per_brand[here, _clip(lines_of[brand], lines_per_brand.shape[1])] += 1
                lines_of[brand] = 0
        n_lines = line_start[i + 1] - line_start[i]
        brands_per_order[here, _clip(n_brands, brands_per_order.shape[1])] += 1
        lines_per_order[here, _clip(n_lines, lines_per_order.shape[1])] += 1
        price_usd[here, _clip(cents // CENTS, price_usd.shape[1])] += 1
        minute = _clip(second[i] // 60, by_minute.shape[1])
        by_minute[here, minute] += 1
        hour = by_hour[here, (first_weekday + day[i]) % 7, minute // 60]
        hour[0] += 1
        hour[1] += cents
        by_day[here, day[i], 2] += cents
