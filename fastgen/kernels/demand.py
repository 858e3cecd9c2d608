"""Draw how many orders each minute brings, when in the minute each is placed, and for whom (SPEC 2.1-2.3)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.elementary import exp, log, log_factorial
from fastgen.kernels.jit import inline, jit, step
from fastgen.kernels.philox import below, draw_words, unit53

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

MINUTES = 1440
INVERSION_BELOW = 10.0
COMPARED_MAX = 12  # up to this, comparing all with all is faster than counting


class DemandArrays(NamedTuple):
    """Demand of one location.

    Attributes
    ----------
    noise, minute
        Streams of the day's noise and of the counts.
    expected
        float64 (n_days,), orders before noise and events; 0 where no brand is open.
    noise_low, noise_high
        Bounds of the day's uniform factor.
    weight
        float64 (1440,), share of each minute; sums to 1.
    event_days
        int64 (n_events, 4): first day, last day, first minute, end minute.
    event_factor
        float64 (n_events,).
    """

    noise: Stream
    minute: Stream
    expected: NDArray[np.float64]
    noise_low: float
    noise_high: float
    weight: NDArray[np.float64]
    event_days: NDArray[np.int64]
    event_factor: NDArray[np.float64]


@step
def draw_poisson(stream: Stream, day: int, index: int, mean: float) -> int:
    """Draw from a Poisson distribution: by inversion below 10, else by PTRS.

    PTRS: Hormann 1993, "The transformed rejection method for generating Poisson random variables".
    """
    if mean <= 0.0:
        return 0
    if mean < INVERSION_BELOW:
        high, low, _, _ = draw_words(stream, day, index, 0)
        u = unit53(high, low)
        if u < 1.0 - mean:  # less than exp(-mean)
            return 0
        k = 0
        p = exp(-mean)
        while u >= p and k < 200:  # beyond 200 the terms are 0 in double precision
            u -= p
            k += 1
            p *= mean / k
        return k
    b = 0.931 + 2.53 * math.sqrt(mean)
    a = -0.059 + 0.02483 * b
    v_r = 0.9277 - 3.6224 / (b - 2.0)
    log_inv_alpha = log(1.1239 + 1.1328 / (b - 3.4))
    log_mean = log(mean)
    block = 0
    while True:
        u_high, u_low, v_high, v_low = draw_words(stream, day, index, block)
        block += 1
        u = unit53(u_high, u_low) - 0.5
        v = unit53(v_high, v_low)
        us = 0.5 - abs(u)
        if us <= 0.0 or v <= 0.0:
            continue
        k_float = math.floor((2.0 * a / us + b) * u + mean + 0.43)
        if us >= 0.07 and v <= v_r:
            return int(k_float)
        if k_float < 0.0 or (us < 0.013 and v > us):
            continue
        accept = k_float * log_mean - mean - log_factorial(k_float)
        if log(v) + log_inv_alpha - log(a / (us * us) + b) <= accept:
            return int(k_float)


@jit
def draw_minute_counts(demand: DemandArrays, day: int, counts: NDArray[np.int64]) -> int:
    """Draw the orders of every minute of a day into `counts`, int64 (1440,); return their sum."""
    if demand.expected[day] <= 0.0:
        for m in range(MINUTES):
            counts[m] = 0
        return 0
    high, low, _, _ = draw_words(demand.noise, day, 0, 0)
    noise = demand.noise_low + (demand.noise_high - demand.noise_low) * unit53(high, low)
    target = math.floor(demand.expected[day] * noise)
    total = 0
    for m in range(MINUTES):
        mean = target * demand.weight[m]
        for e in range(len(demand.event_factor)):
            span = demand.event_days[e]
            if span[0] <= day <= span[1] and span[2] <= m < span[3]:
                mean *= demand.event_factor[e]
        counts[m] = draw_poisson(demand.minute, day, m, mean)
        total += counts[m]
    return total


def count_orders(demand: DemandArrays, n_orders: NDArray[np.int64]) -> None:
    """Count the orders of days 0, 1, ... into `n_orders`, int64 (n_days,).

    A loop over days in Python costs a thousandth of a build, and compiling it a fifth of a second.
    """
    counts = np.empty(MINUTES, np.int64)
    for day in range(len(n_orders)):
        n_orders[day] = draw_minute_counts(demand, day, counts)


@inline
def _rank_by_bucket(
    second: NDArray[np.int64], n: int, bucket: NDArray[np.int64], rank: NDArray[np.int64]
) -> None:
    """Rank n seconds below 60, equal ones by their place, by counting; `bucket`, (61,), is scratch."""
    for s in range(61):
        bucket[s] = 0
    for i in range(n):
        bucket[second[i] + 1] += 1
    for s in range(60):
        bucket[s + 1] += bucket[s]
    for i in range(n):
        rank[i] = bucket[second[i]]
        bucket[second[i]] += 1


@jit
def _draw_creations(
    stream: Stream,
    day: int,
    counts: NDArray[np.int64],
    minute_start_s: NDArray[np.int64],
    first_rank: int,
    choices: tuple[int, int],
    draw: NDArray[np.int64],
    times_us: NDArray[np.int64],
    customer: NDArray[np.int32],
    house_number: NDArray[np.int32],
    bucket: NDArray[np.int64],
    places: NDArray[np.int64],
    words: NDArray[np.uint64],
) -> None:
    """Draw what `draw_creations` says; scratch: (61,), and twice (2, most orders of a minute)."""
    n_customers, number_max = choices
    last_rank = first_rank + len(draw)
    second, rank = places[0], places[1]
    base = 0
    for m in range(MINUTES):
        n = counts[m]
        if n > 0 and base < last_rank and base + n > first_rank:
            for i in range(n):
                word, words[0, i], words[1, i], _ = draw_words(stream, day, base + i, 0)
                second[i] = below(word, 60)
            if n <= COMPARED_MAX:
                for i in range(n):
                    rank[i] = 0
                    for k in range(n):
                        rank[i] += second[k] < second[i] or (second[k] == second[i] and k < i)
            else:
                _rank_by_bucket(second, n, bucket, rank)
            for i in range(n):
                at = base + rank[i] - first_rank
                if 0 <= at < len(draw):
                    draw[at] = base + i
                    times_us[at, 0] = (minute_start_s[m] + second[i]) * 1_000_000
                    customer[at] = below(words[0, i], n_customers)
                    house_number[at] = 1 + below(words[1, i], number_max)
        base += n


def draw_creations(
    stream: Stream,
    day: int,
    counts: NDArray[np.int64],
    minute_start_s: NDArray[np.int64],
    first_rank: int,
    choices: tuple[int, int],
    draw: NDArray[np.int64],
    times_us: NDArray[np.int64],
    customer: NDArray[np.int32],
    house_number: NDArray[np.int32],
) -> None:
    """Draw creation time, customer and house number of the orders of a day from rank first_rank on.

    Rank counts the day's orders by (creation second, draw number). Only the minutes that hold a wanted rank
    are drawn, so any stretch of a day of any size is made in bounded memory. The three come from words 0, 1
    and 2 of one block (SPEC 2.2, 2.3).

    Parameters
    ----------
    stream
        Stream of the creation times.
    day
        Day number.
    counts
        int64 (1440,), orders of each minute.
    minute_start_s
        int64 (1440,), seconds from the epoch to the start of each minute.
    first_rank
        First rank wanted.
    choices
        Number of customers, and largest house number.
    draw
        Output, int64 (n,): draw number of each order.
    times_us
        Output, int64 (n, 6): column 0 gets the microseconds from the epoch to its creation.
    customer
        Output, int32 (n,), uniform on 0..choices[0]-1.
    house_number
        Output, int32 (n,), uniform on 1..choices[1].
    """
    largest = int(counts.max())
    _draw_creations(
        *(stream, day, counts, minute_start_s, first_rank, choices, draw, times_us, customer, house_number),
        np.empty(61, np.int64),
        np.empty((2, largest), np.int64),
        np.empty((2, largest), np.uint64),
    )
