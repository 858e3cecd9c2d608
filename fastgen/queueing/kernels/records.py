"""Name the columns of the records that the loop of a site works on.

A record is a row of an int64 array: what belongs to one thing stands side by side in memory, which halves the
time of the loop against an array for each attribute. Times are microseconds since the epoch, below 0 before
it; NEVER stands for a time that never comes, NOT_YET for one that isn't known.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from fastgen.model.day_orders import NEVER_US, NOT_YET_US

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

NEVER, NOT_YET = NEVER_US, NOT_YET_US
NONE = -1  # no station, courier, line or order

# Steps of all lines, one line after the other. The first three columns are given.
STEP_DURATION = 0  # microseconds
STEP_EXPECTED_LEFT = 1  # microseconds from the start of the step to the end of its line, as expected
STEP_TYPE = 2  # type of station, from 0
STEP_STARTED = 3  # NOT_YET until then
STEP_STATION = 4
STEP_COLUMNS = 5

# Lines of all orders, one order after the other. The first three columns are given, and LINE_ITEM.
LINE_FIRST_STEP = 0
LINE_END_STEP = 1
LINE_ORDER = 2
LINE_STEP = 3  # the step that runs or waits for a station
LINE_NEXT = 4  # the line behind it in the queue
LINE_KITCHEN = 5
LINE_NEAR = 6  # 1 once its expected end is at most the lead away
LINE_ITEM = 7  # row of the items table; the loop passes it on
LINE_COLUMNS = 8

# Orders, sorted by (created, number). Columns up to ORDER_END_LINE are given, and ORDER_INDEX.
ORDER_CREATED = 0
ORDER_NUMBER = 1  # decides which kitchens cook the lines
ORDER_CUSTOMER = 2
ORDER_PACKING = 3  # microseconds from the end of the last line to ready
ORDER_RIDE_OUT = 4  # kitchen to customer, in units of the couriers' pace; NONE: there is no way
ORDER_RIDE_BACK = 5
ORDER_FIRST_LINE = 6
ORDER_END_LINE = 7
ORDER_STATE = 8
ORDER_LINES_LEFT = 9
ORDER_LINES_FAR = 10  # lines whose expected end is more than the lead away
ORDER_STARTED = 11
ORDER_FINISHED = 12
ORDER_READY = 13
ORDER_ASSIGNED = 14
ORDER_COURIER = 15
ORDER_ARRIVED = 16
ORDER_PICKED_UP = 17
ORDER_ENDED = 18  # delivered, failed or cancelled
ORDER_INDEX = 19  # address of the draws within its day; the loop passes it on
ORDER_COLUMNS = 20
# What may be NOT_YET.
ORDER_MILESTONES = (
    *(ORDER_STARTED, ORDER_FINISHED, ORDER_READY),
    *(ORDER_ASSIGNED, ORDER_ARRIVED, ORDER_PICKED_UP, ORDER_ENDED),
)

# States of an order. A candidate becomes an order unless its customer still waits for another one.
CANDIDATE, OPEN, DELIVERED, FAILED, CANCELLED, DROPPED = range(6)

# Pools: the stations of one type in one kitchen; pool = kitchen * number of types + type.
POOL_FIRST_STATION = 0
POOL_WORKING = 1  # bit i: station i of the pool isn't out of order
POOL_BUSY = 2
POOL_HEAD = 3  # first and last line of the queue
POOL_TAIL = 4
POOL_COLUMNS = 5
# A pool's stations fit into the bits of a positive int64.
MAX_POOL_STATIONS = 62

# Stations.
STATION_POOL = 0
STATION_LINE = 1
STATION_COLUMNS = 2

# Couriers.
COURIER_PACE = 0  # microseconds for a unit of a ride's length
COURIER_ORDER = 1
COURIER_BACK = 2  # when it is at the kitchen again, riding there from its last customer
COURIER_COLUMNS = 3

# Changes of capacity, sorted by (time, target). Targets: pools, then the couriers, then the kitchens.
CHANGE_TIME = 0
CHANGE_TARGET = 1
CHANGE_VALUE = 2  # working stations of a pool as bits; couriers on duty; whether a kitchen takes orders
CHANGE_COLUMNS = 3

# Weather: from a time on, every ride takes this many thousandths of its usual time.
WEATHER_TIME = 0
WEATHER_PERMILLE = 1
WEATHER_COLUMNS = 2

# Settings, which never change during a run.
N_TYPES = 0
N_KITCHENS = 1
ENTITY_BITS = 2
LEAD = 3  # microseconds before an order's expected end at which a courier is called
EATING = 4  # microseconds after a delivery until the customer orders again
NEAREST_FIRST = 5  # 1: a free courier takes the order with the shortest ride; 0: the one called for first
N_SETTINGS = 6

# Progress of the run.
NEXT_ORDER = 0
NEXT_CHANGE = 1
ON_DUTY = 2  # couriers with a smaller number work
N_HOME = 3  # entries of the heaps: couriers at the kitchen, couriers riding back, orders without a courier
N_RIDING = 4
N_WAITING = 5
N_PROGRESS = 6


class SiteArrays(NamedTuple):
    """The whole state of a site.

    Attributes
    ----------
    settings, progress
        int64 (N_SETTINGS,) and (N_PROGRESS,).
    orders, lines, steps, pools, stations, couriers
        int64, a record a row.
    is_open
        int64 (n_kitchens,), 1 where a kitchen takes orders.
    customer_free
        int64 (n_customers,), from when on each customer may order; empty if customers may always order.
    changes, weather
        int64, a record a row; the first weather begins before any ride.
    tree
        int64, a power of two long: next events of stations, then couriers (`tournament`).
    home, riding
        int64 (n_couriers, 2), heaps of the idle couriers: (0, courier) at the kitchen, (back, courier).
    waiting
        int64 (n_orders, 2), heap of the orders that wait for a courier.
    """

    settings: NDArray[np.int64]
    progress: NDArray[np.int64]
    orders: NDArray[np.int64]
    lines: NDArray[np.int64]
    steps: NDArray[np.int64]
    pools: NDArray[np.int64]
    stations: NDArray[np.int64]
    couriers: NDArray[np.int64]
    is_open: NDArray[np.int64]
    customer_free: NDArray[np.int64]
    changes: NDArray[np.int64]
    weather: NDArray[np.int64]
    tree: NDArray[np.int64]
    home: NDArray[np.int64]
    riding: NDArray[np.int64]
    waiting: NDArray[np.int64]
