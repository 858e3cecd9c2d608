"""Check the rows of a batch without the tables: lifecycle, nulls, ids, order, days, times, addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.kernels.parse_texts import NO_ID, parse_house_numbers
from fastgen.dataset.reading.orders import type_name
from fastgen.events.schema import (
    ARRIVED,
    CREATED,
    DELIVERED,
    FINISHED,
    N_BEFORE_PINGS,
    PICKED_UP,
    PING,
    READY,
    STARTED,
    stored_columns,
)

if TYPE_CHECKING:
    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.dataset.verify.expectations import Expectations
    from fastgen.dataset.verify.file_state import FileState
    from fastgen.dataset.verify.report import Tally
    from fastgen.events.schema import TableForm

# Event types that follow each other in time; the driver's arrival has a rule of its own.
STEPS = ((CREATED, STARTED), (STARTED, FINISHED), (FINISHED, READY), (READY, PICKED_UP))


def check_lifecycle(orders: OrderRows, tally: Tally) -> OrderRows:
    """Check the event types and sequence numbers of every order; return the well-formed orders."""
    batch = orders.batch
    n_rows = orders.last - orders.first + 1
    place = np.arange(batch.n_rows) - np.repeat(orders.first, n_rows)
    # Types 1 to 6, then pings, then delivered.
    expected = np.minimum(place + 1, PING)
    expected[orders.last] = DELIVERED
    kind = batch.values["event_type_id"]
    wrong_row = (kind != expected) | (batch.values["sequence"] != place)
    wrong = n_rows <= N_BEFORE_PINGS  # no row left for delivered
    if batch.n_rows:
        wrong |= np.logical_or.reduceat(wrong_row, orders.first)

    def describe(i: int) -> str:
        rows = slice(orders.first[i], orders.last[i] + 1)
        bad = int(np.argmax(wrong_row[rows])) if wrong_row[rows].any() else int(n_rows[i]) - 1
        row = orders.first[i] + bad
        got = f"{type_name(int(kind[row]))} with sequence {batch.values['sequence'][row]}"
        return orders.describe(i, f"expected {type_name(int(expected[row]))} with sequence {bad}, got {got}")

    tally.count_wrong("lifecycle", wrong, describe)
    return orders.keep(~wrong)


def check_nulls(orders: OrderRows, form: TableForm, tally: Tally) -> None:
    """Check that every column has a value on its event types, and null on all others."""
    batch = orders.batch
    kind = batch.values["event_type_id"]
    columns = [column for column in stored_columns(form) if column.name in batch.valid]
    # Columns that are set on the same event types share the mask of their rows.
    is_set = {
        set_on: np.logical_or.reduce([kind == one for one in set_on]) for _, _, set_on in columns if set_on
    }
    wrong_in = {
        name: batch.valid[name] != is_set[set_on] if set_on else ~batch.valid[name]
        for name, _, set_on in columns
    }

    def describe(row: int) -> str:
        name = next(name for name, wrong in wrong_in.items() if wrong[row])
        got = "a value" if batch.valid[name][row] else "null"
        order = int(np.searchsorted(orders.first, row, "right")) - 1
        return orders.describe(order, f"{name}: got {got} on {type_name(int(kind[row]))}")

    tally.count_wrong("nulls", np.logical_or.reduce(list(wrong_in.values())), describe)


def check_ids(orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally) -> None:
    """Check the form of the order ids, and collect them: an id may occur only once in the dataset."""
    batch = orders.batch
    code = batch.code[orders.first]
    state.codes.append(code[code != NO_ID])

    def describe(i: int) -> str:
        text = batch.texts["order_id"].get(int(orders.first[i]))
        return orders.describe(i, f"expected an id of 6 (7, 8) characters A-Z0-9, got {text!r}")

    # Longer ids are used only when all shorter ones are taken: the number of orders bounds their length.
    tally.count_wrong("order_ids", (code == NO_ID) | (code >= expectations.id_end), describe)


def check_days(orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally) -> None:
    """Check that orders are stored with their location's day, whole, and in the order of creation."""
    batch = orders.batch
    days = state.days
    state.n_orders += np.bincount(orders.day_index, minlength=len(days.day))
    created = batch.values["ts_seconds"][orders.first]
    keys = zip(days.location_id.tolist(), days.day.tolist(), strict=True)
    starts = np.stack([expectations.day_start_s[location_id][[day, day + 1]] for location_id, day in keys])
    low, high = starts[orders.day_index].T
    # A day's last order must not have rows of the next day.
    beyond = batch.first_row + orders.last >= days.row_start[orders.day_index + 1]

    def describe_day(i: int) -> str:
        if beyond[i]:
            return orders.describe(i, "expected its rows to end with its day's, got more")
        return orders.describe(i, f"expected {low[i]} <= ts_seconds < {high[i]}, got {created[i]}")

    tally.count_wrong("days", (created < low) | (created >= high) | beyond, describe_day)
    last_index, last_created = state.last_created
    # With the last order of the batch before, so that orders are compared across batches.
    index = np.append(last_index, orders.day_index)
    before = np.append(last_created, created[:-1])
    early = (index[1:] == index[:-1]) & (created < before)
    if "location_id" in batch.values:
        strange = batch.values["location_id"] != np.repeat(orders.location_id, orders.last - orders.first + 1)
        early |= np.logical_or.reduceat(strange, orders.first)

    def describe_order(i: int) -> str:
        if created[i] < before[i]:
            return orders.describe(i, f"created at {created[i]}, after an order of {before[i]}")
        found = batch.values["location_id"][orders.first[i]]
        return orders.describe(i, f"expected rows of location {orders.location_id[i]}, got {found}")

    tally.count_wrong("order", early, describe_order)
    state.last_created = (int(orders.day_index[-1]), int(created[-1]))


def check_order_times(orders: OrderRows, expectations: Expectations, tally: Tally) -> None:
    """Check the times between the steps of well-formed orders that were picked up."""
    at = {event_type: orders.at("ts_seconds", event_type) for event_type in range(CREATED, PING)}
    delivered = orders.batch.values["ts_seconds"][orders.last]
    shortest_s = expectations.shortest_step_s[orders.location_id]
    broken = {
        f"{type_name(after)} less than {{}} s after {type_name(before)}": at[after] - at[before] < shortest_s
        for before, after in STEPS
    }
    # A driver may arrive while the kitchen still works, and waits then.
    broken["driver_arrived before order_created"] = at[ARRIVED] < at[CREATED]
    broken["driver_arrived after driver_picked_up"] = at[ARRIVED] > at[PICKED_UP]
    broken["delivered before driver_picked_up"] = delivered < at[PICKED_UP]
    longest_s = expectations.longest_preparation_s
    broken[f"driver_picked_up over {longest_s} s after order_created"] = (
        at[PICKED_UP] - at[CREATED] > longest_s
    )
    if expectations.picked_up_at_once:
        both = np.maximum(at[READY], at[ARRIVED])
        broken["driver_picked_up later than gk_ready and driver_arrived"] = at[PICKED_UP] != both
    tally.count_wrong(
        "times",
        np.logical_or.reduce(list(broken.values())),
        lambda i: orders.describe(
            i, next(what.format(shortest_s[i]) for what, wrong in broken.items() if wrong[i])
        ),
    )


def check_addresses(orders: OrderRows, expectations: Expectations, tally: Tally) -> None:
    """Check that addresses have a house number in the scenario's range, and a street."""
    addresses = orders.batch.texts["customer_addr"]
    number = np.empty(len(orders.first), np.int64)
    parse_house_numbers(
        addresses.start[orders.first], addresses.start[orders.first + 1], addresses.text, number
    )
    highest = expectations.house_number_max[orders.location_id]

    def describe(i: int) -> str:
        text = addresses.get(int(orders.first[i]))
        return orders.describe(i, f"expected a house number of 1 to {highest[i]} and a street, got {text!r}")

    tally.count_wrong("addresses", (number < 1) | (number > highest), describe)
