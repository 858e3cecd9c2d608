"""Draw the orders of each minute, their creation times and customers (docs/model.md, 4.1 to 4.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.jit import jit
from fastgen.kernels.philox import FIRST, below_each, draw_blocks, draw_words, unit53
from fastgen.kernels.poisson import draw_poisson
from fastgen.units import S_PER_MIN, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

# Minutes of a day.
MINUTES = 1440


class DemandArrays(NamedTuple):
    """Parameters of one location's demand.

    Attributes
    ----------
    noise, minute
        Random streams of each day's noise, and of the counts of its minutes.
    expected
        float64 (n_days,), target of each day before noise and events; 0 if no brand is open.
    noise_low, noise_high
        Bounds of each day's noise, a uniform factor.
    weight
        float64 (1440,), share of each minute in a day's orders; sums to 1.
    event_days
        int64 (n_events, 4), of each demand event: first and last day, first minute, end minute (exclusive).
    event_factor
        float64 (n_events,), factor of each event on the demand of its minutes.
    """

    noise: Stream
    minute: Stream
    expected: NDArray[np.float64]
    noise_low: float
    noise_high: float
    weight: NDArray[np.float64]
    event_days: NDArray[np.int64]
    event_factor: NDArray[np.float64]

    @property
    def mean_noise(self) -> float:
        """Mean of the noise."""
        return (self.noise_low + self.noise_high) / 2


@jit
def _draw_minute_counts(
    noise: Stream,
    minute: Stream,
    expected: NDArray[np.float64],
    noise_low: float,
    noise_high: float,
    weight: NDArray[np.float64],
    event_days: NDArray[np.int64],
    event_factor: NDArray[np.float64],
    day: int,
    counts: NDArray[np.int64],
) -> int:
    """See `draw_minute_counts`; the fields of `DemandArrays` are arguments of their own."""
    if expected[day] <= 0.0:
        for m in range(MINUTES):
            counts[m] = 0
        return 0
    high, low, _, _ = draw_words(noise, day, FIRST, FIRST)
    factor = noise_low + (noise_high - noise_low) * unit53(high, low)
    target = math.floor(expected[day] * factor)
    total = 0
    for m in range(MINUTES):
        mean = target * weight[m]
        for e in range(len(event_factor)):
            if event_days[e, 0] <= day <= event_days[e, 1] and event_days[e, 2] <= m < event_days[e, 3]:
                mean *= event_factor[e]
        n = draw_poisson(minute, day, m, mean)
        counts[m] = n
        total += n
    return total


def draw_minute_counts(demand: DemandArrays, day: int, counts: NDArray[np.int64]) -> int:
    """Draw the number of orders in every minute of a day into `counts`, int64 (1440,); return the sum."""
    return _draw_minute_counts(*demand, day, counts)


def count_orders(
    demand: DemandArrays, n_orders: NDArray[np.int64], counts: NDArray[np.int64] | None = None
) -> None:
    """Count the orders of every day of a location.

    Parameters
    ----------
    demand
        Demand of the location.
    n_orders
        Output, int64 (n_days,): orders of each day.
    counts
        Output, int64 (n_days, 1440): orders of every minute. None if they aren't kept.
    """
    # No kernel: the loop takes a thousandth of a build, and compiling it would take 0.2 s.
    scratch = np.empty(MINUTES, np.int64)
    for day in range(len(n_orders)):
        n_orders[day] = draw_minute_counts(demand, day, scratch if counts is None else counts[day])


def draw_creations(
    stream: Stream,
    day: NDArray[np.int64],
    counts: NDArray[np.int64],
    minute_start_s: NDArray[np.int64],
    first_rank: NDArray[np.int64],
    n_orders: NDArray[np.int64],
    choices: tuple[int, int],
    draw: NDArray[np.int64],
    times_us: NDArray[np.int64],
    customer: NDArray[np.int32],
    house_number: NDArray[np.int32],
    n_added: NDArray[np.int64] | None = None,
) -> None:
    """Draw creation time, customer and house number of the orders of several ranges (docs/model.md, 4.3).

    An order's rank is its position in the day by (creation second, draw number). A range is the orders of
    ranks first_rank to first_rank + n_orders - 1 of a day. Only minutes with a wanted rank are drawn, so
    memory depends on the range and two minutes at its edges, not on the day. Words 0, 1 and 2 of one block
    give second, customer and house number.

    Parameters
    ----------
    stream
        Random stream of the creation times.
    day, first_rank, n_orders
        int64 (n_ranges,), of each range: day number, first rank, number of orders. n is their sum.
    counts
        int64 (n_ranges, 1440), orders in each minute of the range's day; overwritten with 0 in minutes
        without a wanted rank.
    minute_start_s
        int64 (n_ranges, 1440), seconds from the epoch to the start of each minute.
    choices
        Number of customers, and largest house number.
    draw
        Output, int64 (n,): draw number of each order.
    times_us
        Output, int64 (n, 6): column 0 gets the microseconds from the epoch to the order's creation.
    customer
        Output, int32 (n,), uniform on 0..choices[0]-1.
    house_number
        Output, int32 (n,), uniform on 1..choices[1].
    n_added
        int64 (n_ranges, 1440), orders of each minute that are on top of the usual ones, and in `counts` too.
        Their draw numbers follow those of all usual orders of the day. None: there are none.
    """
    usual = None if n_added is None else counts - n_added
    if counts.sum() > len(draw):
        first_drawn = _drop_other_minutes(counts, first_rank, n_orders)
    else:
        first_drawn = np.zeros(len(day), np.int64)
    n_drawn = counts.sum(axis=1)
    minute = np.repeat(np.arange(counts.size), counts.reshape(-1))
    # Draw numbers count a day's orders by minute. So the position in the range, 0, 1, ..., plus the number of
    # orders in earlier minutes, which aren't drawn, is the draw number.
    shift = np.repeat(first_drawn - (n_drawn.cumsum() - n_drawn), n_drawn)
    number = np.arange(len(minute)) + shift
    is_plain = usual is None or n_added is None
    address = number if is_plain else _number_added(usual, n_added, counts, minute)
    words = draw_blocks(stream, np.repeat(day, n_drawn), address, range(1))
    second = below_each(words[0], S_PER_MIN)
    ranked = np.argsort(minute * S_PER_MIN + second, kind="stable")
    if len(ranked) > len(draw):
        # Sorting doesn't mix minutes, so position k of `ranked` has the rank number[k].
        first = np.repeat(first_rank, n_drawn)
        ranked = ranked[(number >= first) & (number < first + np.repeat(n_orders, n_drawn))]
    draw[:] = address[ranked]
    times_us[:, 0] = (minute_start_s.reshape(-1)[minute] + second)[ranked] * US_PER_S
    customer[:] = below_each(words[1], choices[0])[ranked]
    house_number[:] = below_each(words[2], choices[1])[ranked] + 1


def _number_added(
    usual: NDArray[np.int64],
    n_added: NDArray[np.int64],
    counts: NDArray[np.int64],
    minute: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Compute the draw numbers of orders where some are on top: in each minute usual ones, then those."""
    flat = counts.reshape(-1)
    place = np.arange(len(minute)) - (flat.cumsum() - flat)[minute]
    before = (usual.cumsum(axis=1) - usual).reshape(-1)[minute]
    added_before = (usual.sum(axis=1, keepdims=True) + n_added.cumsum(axis=1) - n_added).reshape(-1)[minute]
    n_usual = usual.reshape(-1)[minute]
    numbers: NDArray[np.int64] = np.where(place < n_usual, before + place, added_before + place - n_usual)
    return numbers


def _drop_other_minutes(
    counts: NDArray[np.int64], first_rank: NDArray[np.int64], n_orders: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Zero the minutes of each range without a wanted rank; return the orders before the first one kept."""
    ends = counts.cumsum(axis=1)
    before = ends <= first_rank[:, None]
    first_drawn: NDArray[np.int64] = np.where(before, ends, 0).max(axis=1)
    counts[before | (ends - counts >= (first_rank + n_orders)[:, None])] = 0
    return first_drawn
