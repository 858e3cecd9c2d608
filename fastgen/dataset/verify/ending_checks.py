"""Check the endings of orders that may end early: delivered, cancelled for a reason, or open at the cut."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.kernels.parse_texts import format_order_id
from fastgen.dataset.reading.orders import type_name
from fastgen.events.schema import (
    ARRIVED,
    CANCEL_REASON,
    CANCELLED,
    CREATED,
    DELIVERED,
    EVENT_TYPES,
    FINISHED,
    PICKED_UP,
    PING,
    READY,
    STARTED,
)
from fastgen.model.day_orders import CANCEL_REASONS

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.dataset.verify.expectations import Expectations
    from fastgen.dataset.verify.file_state import FileState
    from fastgen.dataset.verify.report import Tally

# An event of the second type needs one of the first type, which comes before it in time.
CAUSES = (
    *((CREATED, STARTED), (STARTED, FINISHED), (FINISHED, READY), (CREATED, ARRIVED)),
    *((READY, PICKED_UP), (ARRIVED, PICKED_UP), (PICKED_UP, PING), (PICKED_UP, DELIVERED)),
)
# Types in a table of an order's events: those numbers, and 0 for a number that is no type.
N_TYPES = len(EVENT_TYPES) + 1


class OpenOrders(NamedTuple):
    """Orders of a batch that neither delivered nor order_cancelled ends.

    Attributes
    ----------
    day_index
        int64 (k,), index of the location-day in the file.
    due_s
        int64 (k,), second by which the next event happens at the latest.
    code
        int64 (k,), order ids as numbers.
    """

    day_index: NDArray[np.int64]
    due_s: NDArray[np.int64]
    code: NDArray[np.int64]


def check_endings(
    orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally
) -> tuple[OrderRows, OrderRows]:
    """Check event types, sequence numbers, reasons and times of orders that may end early.

    Returns
    -------
    tuple of OrderRows
        The well-formed orders, and those of them that were picked up.
    """
    orders, happened = _check_lifecycle(orders, tally)
    _check_reasons(orders, tally)
    is_driven = happened[:, PICKED_UP]
    _check_times(orders.keep(~is_driven), happened[~is_driven], expectations, tally)
    _note_open(orders, happened, expectations, state)
    return orders, orders.keep(is_driven)


def _check_lifecycle(orders: OrderRows, tally: Tally) -> tuple[OrderRows, NDArray[np.bool_]]:
    """Check types and sequence numbers; return the well-formed orders, and which types each has, (n, 10)."""
    batch, n_rows = orders.batch, orders.last - orders.first + 1
    order = np.repeat(np.arange(len(n_rows)), n_rows)
    place = np.arange(batch.n_rows) - orders.first[order]
    kind = batch.values["event_type_id"].astype(np.int64)
    before = np.concatenate([[0], kind[:-1]]) * (place > 0)
    wrong_row = (kind <= before) & ~((kind == PING) & (before == PING))
    wrong_row |= (kind < CREATED) | (kind >= N_TYPES) | (batch.values["sequence"] != place)
    happened = np.zeros((len(n_rows), N_TYPES), bool)
    happened[order, np.where((kind >= CREATED) & (kind < N_TYPES), kind, 0)] = True
    broken = {
        "its types in rising order, each once but driver_ping, and the sequence 0, 1, 2 ...": (
            np.logical_or.reduceat(wrong_row, orders.first) if batch.n_rows else np.zeros(0, bool)
        ),
        "order_created first": ~happened[:, CREATED],
        "no order_cancelled after driver_picked_up": happened[:, CANCELLED] & happened[:, PICKED_UP],
    }
    for cause, effect in CAUSES:
        missing = happened[:, effect] & ~happened[:, cause]
        broken[f"{type_name(effect)} only after {type_name(cause)}"] = missing
    wrong = np.logical_or.reduce(list(broken.values()))

    def describe(i: int) -> str:
        what = next(what for what, is_broken in broken.items() if is_broken[i])
        rows = slice(orders.first[i], orders.last[i] + 1)
        sequence = batch.values["sequence"][rows].tolist()
        got = [f"{type_name(k)} {n}" for k, n in zip(kind[rows].tolist(), sequence, strict=True)]
        return orders.describe(i, f"expected {what}, got {', '.join(got)[:200]}")

    tally.count_wrong("lifecycle", wrong, describe)
    return orders.keep(~wrong), happened[~wrong]


def _check_reasons(orders: OrderRows, tally: Tally) -> None:
    """Check that every order that is cancelled has a known reason."""
    texts, kind = orders.batch.texts[CANCEL_REASON.name], orders.batch.values["event_type_id"]
    wrong = np.zeros(len(orders.last), bool)
    cancelled = np.flatnonzero(kind[orders.last] == CANCELLED)
    wrong[cancelled] = [texts.get(row) not in CANCEL_REASONS for row in orders.last[cancelled].tolist()]

    def describe(i: int) -> str:
        known = " or ".join(CANCEL_REASONS)
        return orders.describe(i, f"expected the reason {known}, got {texts.get(int(orders.last[i]))!r}")

    tally.count_wrong("endings", wrong, describe)


def _check_times(
    orders: OrderRows, happened: NDArray[np.bool_], expectations: Expectations, tally: Tally
) -> None:
    """Check the times of well-formed orders that were not picked up."""
    n_rows = orders.last - orders.first + 1
    order = np.repeat(np.arange(len(n_rows)), n_rows)
    rows = (
        np.repeat(orders.first, n_rows) + np.arange(len(order)) - np.repeat(n_rows.cumsum() - n_rows, n_rows)
    )
    at = np.zeros(happened.shape, np.int64)
    at[order, orders.batch.values["event_type_id"][rows]] = orders.batch.values["ts_seconds"][rows]
    shortest_s = expectations.shortest_step_s[orders.location_id]
    broken = {}
    for cause, effect in CAUSES:
        # A driver comes at any time after the order, all else is a step in the kitchen.
        least_s = np.zeros_like(shortest_s) if effect == ARRIVED else shortest_s
        too_soon = happened[:, effect] & (at[:, effect] - at[:, cause] < least_s)
        broken[f"{type_name(effect)} too soon after {type_name(cause)}"] = too_soon
    latest = at[:, :CANCELLED].max(axis=1, initial=0)
    broken["order_cancelled before another event"] = happened[:, CANCELLED] & (at[:, CANCELLED] < latest)
    tally.count_wrong(
        "times",
        np.logical_or.reduce(list(broken.values())),
        lambda i: orders.describe(i, next(what for what, wrong in broken.items() if wrong[i])),
    )


def _note_open(
    orders: OrderRows, happened: NDArray[np.bool_], expectations: Expectations, state: FileState
) -> None:
    """Note the last event of each location-day, and when the next event of every open order is due."""
    ts = orders.batch.values["ts_seconds"]
    # All rows of the batch, so that each order's are those up to the next order.
    latest_s = np.maximum.reduceat(ts, orders.batch.start[:-1]) if len(ts) else ts
    which = np.searchsorted(orders.batch.start, orders.first)
    np.maximum.at(state.last_s, orders.day_index, latest_s[which])
    is_open = ~happened[:, DELIVERED] & ~happened[:, CANCELLED]
    some, is_driven = orders.keep(is_open), happened[is_open, PICKED_UP]
    due_s = ts[some.first] + expectations.longest_preparation_s
    # After n pings a drive has the next one or its end within two intervals.
    driven, interval_s = some.keep(is_driven), expectations.ping_interval_s[some.location_id]
    due_s[is_driven] = driven.at("ts_seconds", PICKED_UP) + (driven.n_pings + 2) * interval_s[is_driven]
    state.still_open.append(OpenOrders(some.day_index, due_s, orders.batch.code[some.first]))


def check_open_orders(state: FileState, tally: Tally) -> None:
    """Check that no order is open whose next event was due before the last event of its location-day.

    All orders of a location-day have the same cut, and no event of them is at it or after it.
    """
    for some in state.still_open:
        days, late_s = state.days, state.last_s[some.day_index]
        wrong = some.due_s < late_s
        if wrong.any():
            i = int(np.argmax(wrong))
            where = f"location {days.location_id[some.day_index[i]]}, day {days.day[some.day_index[i]]}"
            what = (
                f"{where}, order {format_order_id(int(some.code[i]))}: expected another event by "
                f"{some.due_s[i]}, or none of that day from then on, got an event at {late_s[i]}."
            )
            tally.add("endings", 0, int(np.count_nonzero(wrong)), what)
