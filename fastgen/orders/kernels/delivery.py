"""Draw the arrival of each order's driver (docs/model.md, 4.6)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import inline, jit, step
from fastgen.kernels.elementary import log, normal_quantile, powf
from fastgen.kernels.philox import TWO_M32, draw_blocks, draw_words, unit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.rng import Stream

# With the word for the interval, 15 uniform numbers fill blocks 0 to 3; the gammas begin at block 4.
UNIFORM_MAX = 15


@step
def _draw_gamma(stream: Stream, day: int, index: int, first_block: int, shape: float) -> float:
    """Draw from a gamma distribution, shape > 0, scale 1, from every other block from `first_block` on.

    Shapes below 1 are drawn as Gamma(shape + 1) * u ** (1 / shape).
    Source: Marsaglia and Tsang 2000, "A simple method for generating gamma variables", ACM TOMS 26, 363-372.
    """
    boosted = shape + 1.0 if shape < 1.0 else shape
    d = boosted - 1.0 / 3.0
    c = 1.0 / math.sqrt(9.0 * d)
    block = first_block
    # Each try takes a new block. At least 95 of 100 tries succeed, for every shape.
    while True:
        words = draw_words(stream, day, index, block)
        block += 2
        x = normal_quantile(unit(words[0]))
        v = 1.0 + c * x
        if v <= 0.0:
            continue
        v = v * v * v
        u = unit(words[1])
        # The first test is cheap and accepts most tries; 0.0331 is the constant of the source.
        if u < 1.0 - 0.0331 * (x * x) * (x * x) or log(u) < 0.5 * x * x + d * (1.0 - v + log(v)):
            if shape < 1.0:
                return d * v * powf(unit(words[2]), 1.0 / shape)
            return d * v


@step
def draw_beta(stream: Stream, day: int, index: int, alpha: float, beta: float) -> float:
    """Draw from a beta distribution as x / (x + y) of two gamma draws.

    The gammas use even blocks from 4 on, and odd blocks from 5 on, so that they never share a word.
    """
    x = _draw_gamma(stream, day, index, 4, alpha)
    y = _draw_gamma(stream, day, index, 5, beta)
    return x / (x + y)


@inline
def _order_statistic(words: NDArray[np.uint32], j: int, k: int, row: NDArray[np.uint32]) -> float:
    """Return the k-th smallest of words[1:, j] as a number in (0, 1); `row` is scratch of that length."""
    # Insertion sort: there are at most UNIFORM_MAX words.
    for i in range(len(row)):
        word = words[i + 1, j]
        slot = i
        while slot > 0 and row[slot - 1] > word:
            row[slot] = row[slot - 1]
            slot -= 1
        row[slot] = word
    return unit(row[k - 1])


@inline
def _write_arrival(
    word: np.uint32, after_ready_probability: float, share: float, times_us: NDArray[np.int64], j: int
) -> None:
    """Write order j's arrival at `share` of its interval, strictly before the interval's end.

    The interval is ready to picked up with the given probability, else created to ready.
    """
    if np.float64(word) * TWO_M32 < after_ready_probability:
        low, high = times_us[j, 3], times_us[j, 5]
    else:
        low, high = times_us[j, 0], times_us[j, 3]
    # A share just below 1 may round to the end of the interval: one microsecond before it is the latest.
    arrived = low + math.floor(share * (high - low))
    times_us[j, 4] = arrived if arrived < high else high - 1


@jit
def draw_arrivals_by_rank(
    words: NDArray[np.uint32],
    after_ready_probability: float,
    rank: int,
    times_us: NDArray[np.int64],
    row: NDArray[np.uint32],
) -> None:
    """Draw arrivals by the rank-th smallest of uniform numbers; see `draw_driver_arrivals`.

    Word 0 of an order decides its interval; the next len(row) words are uniform numbers. `row` is scratch.
    """
    for j in range(len(times_us)):
        share = _order_statistic(words, j, rank, row)
        _write_arrival(words[0, j], after_ready_probability, share, times_us, j)


@jit
def draw_arrivals_by_gammas(
    stream: Stream,
    day: NDArray[np.int64],
    draw: NDArray[np.int64],
    words: NDArray[np.uint32],
    after_ready_probability: float,
    alpha: float,
    beta: float,
    times_us: NDArray[np.int64],
) -> None:
    """Draw arrivals by two gamma draws; see `draw_driver_arrivals`. Word 0 decides the interval."""
    for i in range(len(draw)):
        share = draw_beta(stream, day[i], draw[i], alpha, beta)
        _write_arrival(words[0, i], after_ready_probability, share, times_us, i)


def draw_driver_arrivals(
    stream: Stream,
    day: NDArray[np.int64] | int,
    draw: NDArray[np.int64],
    after_ready_probability: float,
    alpha: float,
    beta: float,
    times_us: NDArray[np.int64],
) -> None:
    """Draw each driver's arrival, strictly before the pick-up.

    For small whole alpha and beta, Beta(alpha, beta) is the distribution of the alpha-th smallest of
    alpha + beta - 1 uniform numbers. Drawing it that way is four times faster than by two gammas, and the
    kernel for gammas is compiled only for other values.

    Parameters
    ----------
    stream
        Random stream of the driver arrivals.
    day
        Day number of each order, int64 (n,), or one day for all.
    draw
        int64 (n,), draw number of each order.
    after_ready_probability
        Probability that the driver arrives between ready and picked up; else between created and ready.
    alpha, beta
        Parameters of the beta distribution of the arrival's position in that interval.
    times_us
        int64 (n, 6), microseconds. Given: created, started, finished, ready (columns 0 to 3) and picked up
        (5). Output: the driver's arrival (4).
    """
    n_uniform, rank = int(alpha + beta) - 1, int(alpha)
    whole = (alpha, beta) == (rank, n_uniform + 1 - rank) and rank >= 1
    if whole and rank <= n_uniform <= UNIFORM_MAX:
        words = draw_blocks(stream, day, draw, range(1 + n_uniform // 4))
        draw_arrivals_by_rank(words, after_ready_probability, rank, times_us, np.empty(n_uniform, np.uint32))
    else:
        words, days = draw_blocks(stream, day, draw, range(1)), np.full(len(draw), day, np.int64)
        draw_arrivals_by_gammas(stream, days, draw, words, after_ready_probability, alpha, beta, times_us)
