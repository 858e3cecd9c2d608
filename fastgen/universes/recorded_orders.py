"""Keep the orders of a site as they went, in Parquet files of some days each, and read them back.

A run doesn't know how many orders it has before its end, and a dataset numbers them beforehand. So a run
records its orders first, and the dataset is built from what it has recorded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

from fastgen.errors import DamageError
from fastgen.files import write_whole
from fastgen.model.day_orders import CANCEL_REASONS, NEVER_US, NOT_YET_US
from fastgen.model.offsets import join_offsets
from fastgen.queueing.kernels import records as r
from fastgen.templates.rides import find_rows
from fastgen.universes.integer_tables import decode_table, encode_table, exchange_not_yet

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog
    from fastgen.universes.site_plan import SitePlan

_MILESTONES = (
    *(r.ORDER_CREATED, r.ORDER_STARTED, r.ORDER_FINISHED),
    *(r.ORDER_READY, r.ORDER_ARRIVED, r.ORDER_PICKED_UP),
)
_PLAIN = ("day", "draw", "customer", "house_number", "cut_us", "cancelled_us", "reason")
_TIMES = ("created_us", "started_us", "finished_us", "ready_us", "arrived_us", "picked_up_us")
_MAY_BE_NOT_YET = (*_TIMES[1:], "cancelled_us")
# Why an order that has ended in one of these states was not delivered.
REASONS = {r.CANCELLED: "kitchen_closed", r.FAILED: "no_route"}


class RecordedOrders(NamedTuple):
    """Orders of a site, sorted by (day, created, draw); the fields of `model.day_orders.DayOrders`.

    Attributes
    ----------
    day
        int32 (n_orders,), day number.
    draw, times_us, customer, house_number, line_start, line_item
        As in `DayOrders`.
    cut_us, cancelled_us, reason
        As in `model.day_orders.Endings`.
    """

    day: NDArray[np.int32]
    draw: NDArray[np.int64]
    times_us: NDArray[np.int64]
    customer: NDArray[np.int32]
    house_number: NDArray[np.int32]
    cut_us: NDArray[np.int64]
    cancelled_us: NDArray[np.int64]
    reason: NDArray[np.int8]
    line_start: NDArray[np.int64]
    line_item: NDArray[np.int32]

    def longest_preparation_us(self) -> int:
        """Compute the longest time from the creation of an order to its pick-up, cancellation or cut."""
        # Up to the epoch at least, as in manifests of older versions.
        ends = np.maximum(self.times_us.max(axis=1, initial=-1), self.cancelled_us)
        # An order that waits at its cut may wait on.
        is_waiting = (self.cut_us != NEVER_US) & (self.times_us[:, -1] == NOT_YET_US)
        ends = np.where(is_waiting, self.cut_us, ends)
        return int((ends - self.times_us[:, 0]).max(initial=0))


def record_day(plan: SitePlan, log: DayLog) -> RecordedOrders:
    """Make the orders of a day from its log, with what had happened before the log's cut."""
    orders, n = log.orders, len(log.orders)
    times_us = orders[:, _MILESTONES]
    # The loop notes some times beforehand, such as when a courier will be at the kitchen.
    times_us[times_us >= log.cut_us] = NOT_YET_US
    ended_us, state = orders[:, r.ORDER_ENDED], orders[:, r.ORDER_STATE]
    is_open = (state == r.OPEN) | (ended_us >= log.cut_us)
    reason = np.zeros(n, np.int8)
    for ended_as, word in REASONS.items():
        reason[(state == ended_as) & ~is_open] = 1 + CANCEL_REASONS.index(word)
    customer, courier = orders[:, r.ORDER_CUSTOMER], orders[:, r.ORDER_COURIER]
    picked_up_us = orders[:, r.ORDER_PICKED_UP]
    return RecordedOrders(
        day=np.full(n, log.day, np.int32),
        draw=orders[:, r.ORDER_INDEX],
        times_us=times_us,
        customer=find_rows(plan.row_finder, courier, picked_up_us, plan.homes.node[customer]),
        house_number=plan.homes.house_number[customer],
        cut_us=np.where(is_open, log.cut_us, NEVER_US),
        cancelled_us=np.where(reason > 0, ended_us, NOT_YET_US),
        reason=reason,
        line_start=np.append(orders[:, r.ORDER_FIRST_LINE], len(log.lines)),
        line_item=log.lines[:, r.LINE_ITEM].astype(np.int32),
    )


def join_recorded(days: Sequence[RecordedOrders]) -> RecordedOrders:
    """Join the orders of days that follow each other."""
    joined = {name: np.concatenate([getattr(day, name) for day in days]) for name in RecordedOrders._fields}
    joined["line_start"] = join_offsets([day.line_start for day in days])
    return RecordedOrders(**joined)


def write_recorded(recorded: RecordedOrders, path: Path) -> None:
    """Write orders into a Parquet file, a row an order, whole or not at all.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    columns = {name: getattr(recorded, name) for name in _PLAIN}
    columns |= dict(zip(_TIMES, recorded.times_us.T, strict=True))
    columns |= {name: exchange_not_yet(columns[name]) for name in _MAY_BE_NOT_YET}
    write_whole(path, encode_table(columns, {"items": (recorded.line_start, recorded.line_item)}))


def read_recorded(path: Path) -> RecordedOrders:
    """Read orders back.

    Raises
    ------
    DamageError
        If the file is missing or damaged.
    """
    try:
        found = decode_table(path.read_bytes(), (*_PLAIN, *_TIMES, "items"))
    except (OSError, pa.ArrowException, KeyError, ValueError) as error:
        raise DamageError(f"{path}: expected the orders of a run, got: {error}.") from None
    found |= {name: exchange_not_yet(found[name]) for name in _MAY_BE_NOT_YET}
    return RecordedOrders(
        **{name: found[name] for name in _PLAIN},
        times_us=np.stack([found[name] for name in _TIMES], axis=1),
        line_start=found["items_start"].astype(np.int64),
        line_item=found["items"],
    )
