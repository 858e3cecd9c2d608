"""Draw which customers want to order when, what they order, and how long each step of it takes.

Every draw is addressed by day, minute and number within the minute, so that one order more or less changes no
other one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from fastgen.jit import jit
from fastgen.kernels.philox import FIRST, below, draw_words, unit
from fastgen.kernels.poisson import draw_poisson
from fastgen.units import MIN_PER_DAY, US_PER_MIN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from fastgen.rng import Stream

# Candidates of one minute, at most: the index of a draw is minute * 2**21 + number, below 2**32.
NUMBER_BITS = 21
# Candidates of a surge of demand count from here on in their minute, so that no draw is that of another one.
SURGE_NUMBER = 1 << 20
# Steps of one line, at most: its draws take 16 blocks of four words.
MAX_STEPS = 64
MAX_LINES = 16  # of an order
BLOCKS_PER_LINE = 16
WORDS = 4
# A step takes its expected duration times (0.7 + u)**2, u uniform on (0, 1), divided by the mean of that.
LOWEST_ROOT = 0.7
MEAN_FACTOR = 0.49 + 0.7 + 1.0 / 3.0
# Columns of the candidates.
INDEX, CREATED, CUSTOMER, NUMBER, N_LINES = range(5)
CANDIDATE_COLUMNS = 5


@jit
def count_candidates(stream: Stream, day: int, mean: NDArray[np.float64], counts: NDArray[np.int64]) -> None:
    """Draw the number of candidates of every minute, int64 (1440,), from their means."""
    for minute in range(MIN_PER_DAY):
        counts[minute] = draw_poisson(stream, day, minute, mean[minute])


@jit
def draw_candidates(
    stream: Stream,
    day: int,
    counts: NDArray[np.int64],
    first_number: int,
    minute_start_us: NDArray[np.int64],
    n_customers: int,
    lines_max: int,
    candidates: NDArray[np.int64],
) -> None:
    """Draw the candidates of a day, minute by minute, into int64 (n, CANDIDATE_COLUMNS).

    CREATED is within a minute of its start, NUMBER decides the kitchens, and N_LINES is 1 to `lines_max`.
    """
    at = 0
    for minute in range(MIN_PER_DAY):
        for number in range(counts[minute]):
            index = (minute << NUMBER_BITS) | (first_number + number)
            words = draw_words(stream, day, index, FIRST)
            candidates[at, INDEX] = index
            candidates[at, CREATED] = minute_start_us[minute] + below(words[0], US_PER_MIN)
            candidates[at, CUSTOMER] = below(words[1], n_customers)
            candidates[at, NUMBER] = below(words[2], 1 << 31)
            candidates[at, N_LINES] = 1 + below(words[3], lines_max)
            at += 1


@jit
def draw_items(
    stream: Stream,
    day: int,
    index: NDArray[np.int64],
    line_start: NDArray[np.int64],
    items: NDArray[np.int32],
    group_start: NDArray[np.int64],
    n_groups: NDArray[np.int64],
    line_item: NDArray[np.int32],
) -> None:
    """Draw the item of every line, uniformly from the first groups of items.

    Group g is items[group_start[g] : group_start[g + 1]], the first one not empty, and order i may have the
    items of n_groups[i] of them, int64 (n_orders,). Each group has a draw of its own that either takes an
    item of it or leaves what was drawn from the groups before, so that a later group changes no more lines
    than those that order from it.
    """
    for order in range(len(index)):
        first = line_start[order]
        for line in range(first, line_start[order + 1]):
            for group in range(n_groups[order]):
                block = line - first + MAX_LINES * (group // WORDS)
                words = draw_words(stream, day, index[order], block)
                drawn = below(words[group % WORDS], group_start[group + 1])
                # The first group has all that there are so far, so it is always taken.
                if drawn < group_start[group + 1] - group_start[group]:
                    line_item[line] = items[group_start[group] + drawn]


@jit
def draw_durations(
    stream: Stream,
    day: int,
    index: NDArray[np.int64],
    line_start: NDArray[np.int64],
    step_start: NDArray[np.int64],
    expected_us: NDArray[np.int64],
    duration_us: NDArray[np.int64],
) -> None:
    """Draw the duration of every step, microseconds, at least 1, about its expected duration."""
    for order in range(len(index)):
        first_line = line_start[order]
        for line in range(first_line, line_start[order + 1]):
            block, end = (line - first_line) * BLOCKS_PER_LINE, step_start[line + 1]
            for first in range(step_start[line], end, WORDS):
                words = draw_words(stream, day, index[order], block)
                block += 1
                for step in range(first, min(first + WORDS, end)):
                    root = LOWEST_ROOT + unit(words[step - first])
                    drawn = math.floor(expected_us[step] * (root * root / MEAN_FACTOR) + 0.5)
                    duration_us[step] = max(drawn, 1)


@jit
def draw_homes(
    stream: Stream, n_nodes: int, node: NDArray[np.int64], house_number: NDArray[np.int32]
) -> None:
    """Draw where every customer lives: a node of the roads, and a house number from 1 to 9999."""
    for customer in range(len(node)):
        words = draw_words(stream, FIRST, customer, FIRST)
        node[customer] = below(words[0], n_nodes)
        house_number[customer] = 1 + below(words[1], 9999)
