"""Address every random draw by (seed, stream version, location, day, purpose, index, block).

The generator is Philox4x32-10 (`fastgen.kernels.philox`): a bijection of 128-bit counters under a 64-bit key.
The key is the seed, and the counter is the rest of the address. So two draws with different addresses never
use the same counter, and any draw can be made alone, in any order, by any worker. Nothing else seeds a draw.

========  =====================================================
word      content
========  =====================================================
0         index: the order's draw number, or the minute
1         block: four 32-bit draws each
2         day
3         location_id | purpose << 8 | stream version << 16
========  =====================================================
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np

# Increase it with every change of what is drawn: it is part of every counter and of build ids.
STREAM_VERSION = 1


class Purpose(IntEnum):
    """What a stream of draws is for. The numbers decide the draws, so none is ever changed or used again."""

    DAY_NOISE = 0
    MINUTE_COUNT = 1
    CREATION = 2
    BASKET = 3
    KITCHEN = 4
    DRIVER = 5
    ORDER_ID = 6
    ROADS = 7  # of an invented network, under a seed of its own; the day is the number of a district
    MOMENTUM = 8  # the index is the position of a brand among the location's
    # Of orders made elsewhere, which have no draw number: the index is a hash of the order's own id.
    OUTSIDE_CREATION = 9
    OUTSIDE_BASKET = 10
    OUTSIDE_KITCHEN = 11
    OUTSIDE_DRIVER = 12
    # Of a population: the index is minute << 21 | number within the minute, or the number of a customer.
    CANDIDATE_COUNT = 13
    CANDIDATE = 14
    CANDIDATE_ITEM = 15
    STEP_DURATION = 16
    HOME = 17
    PERSON_NAME = 18
    SURGE_COUNT = 19  # candidates on top, numbered from 2**20 on in their minute
    # Of kitchens with stations: the index is the order's draw number.
    COOKING = 20
    PACKING = 21
    # Of their disturbances: orders on top, counted by minute, and second baskets of orders once a brand is
    # launched; there 2**16 times the position of the brand's placement is added to the day.
    ADDED_COUNT = 22
    LAUNCHED_BASKET = 23


class Stream(NamedTuple):
    """Address of one location's draws for one purpose; each draw adds its day, index and block.

    Attributes
    ----------
    key0, key1
        uint64 scalars below 2**32: the low and high half of the seed.
    tag
        uint64 scalar below 2**32: word 3 of the counter.
    """

    key0: np.uint64
    key1: np.uint64
    tag: np.uint64


def stream(seed: int, location_id: int, purpose: Purpose) -> Stream:
    """Make the stream of one purpose at one location.

    Parameters
    ----------
    seed
        0 <= seed < 2**64.
    location_id
        0 <= location_id <= 255; 0 for draws of the dataset as a whole.
    purpose
        What the draws are for.
    """
    # Kernels need NumPy scalars: Numba types a Python int as int64, and mixing that with uint64 gives floats.
    return Stream(
        np.uint64(seed & 0xFFFFFFFF),
        np.uint64(seed >> 32),
        np.uint64(location_id | purpose << 8 | STREAM_VERSION << 16),
    )
