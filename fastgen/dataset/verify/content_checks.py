"""Check what orders hold: baskets against the tables, routes and pings against each other."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.kernels.basket_check import (
    BRAND_CLOSED,
    FINE,
    LINE_BYTES_MIN,
    N_BRANDS,
    N_ITEMS,
    NO_ITEMS,
    OTHER_ITEM,
    QTY,
    TWICE,
    check_baskets,
    parse_items,
)
from fastgen.dataset.kernels.route_check import BAD, check_routes
from fastgen.events.schema import N_BEFORE_PINGS
from fastgen.model.great_circle import compute_distances_m
from fastgen.units import E6

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.orders import FileState, OrderRows
    from fastgen.dataset.verify.expectations import Expectations, ItemFacts
    from fastgen.dataset.verify.report import Tally

# A longitude of 32 bits is up to 0.85 m off.
TOLERANCE_M = 2.0
# More than the rounding of microdegrees, less than the width of a road.
MARGIN_M = 1.0
PROGRESS_ROUNDING = 2e-5

_BROKEN = {
    NO_ITEMS: "expected an array of items",
    OTHER_ITEM: "expected items as the tables have them",
    BRAND_CLOSED: "expected items of brands open there that day",
    QTY: "expected quantities within the scenario's bounds",
    TWICE: "expected each item once",
    N_BRANDS: "expected a number of brands within the scenario's bounds",
    N_ITEMS: "expected a number of items of a brand within the scenario's bounds",
}


class Lines(NamedTuple):
    """Lines of some orders, as `parse_items` gives them."""

    problem: NDArray[np.int8]
    start: NDArray[np.int64]
    item: NDArray[np.int64]
    qty: NDArray[np.int64]


def read_lines(orders: OrderRows, items: ItemFacts) -> Lines:
    """Read the lines of well-formed orders."""
    texts = orders.window.texts["items_json"]
    first, last = texts.start[orders.first], texts.start[orders.first + 1]
    n, room = len(first), int((last - first).sum()) // LINE_BYTES_MIN + 1
    lines = Lines(
        np.empty(n, np.int8), np.empty(n + 1, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    )
    parse_items(first, last, texts.text, items.ids, items.row, items.texts, *lines)
    return lines


def check_lines(orders: OrderRows, items: ItemFacts, tally: Tally) -> None:
    """Check the baskets of well-formed orders."""
    lines = read_lines(orders, items)
    check_baskets(
        items.rules, orders.location_id, orders.day, lines.start, lines.item, lines.qty, lines.problem
    )
    unread = (lines.problem == NO_ITEMS) | (lines.problem == OTHER_ITEM)

    def describe(i: int) -> str:
        text = orders.window.texts["items_json"].get(int(orders.first[i]))
        return orders.describe(i, f"items_json: {_BROKEN[int(lines.problem[i])]}, got {text!r}")

    tally.hold_all("items", unread, describe)
    tally.hold_all("baskets", (lines.problem != FINE) & ~unread, describe)


def check_drives(orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally) -> None:
    """Check the routes and the pings of well-formed orders."""
    n_pings = orders.n_pings
    ping_start = np.concatenate([[0], np.cumsum(n_pings)]).astype(np.int64)
    order = np.repeat(np.arange(len(n_pings)), n_pings)
    number = np.arange(len(order)) - ping_start[order] + 1
    row = orders.first[order] + N_BEFORE_PINGS - 1 + number
    values, texts = orders.window.values, orders.window.texts["route_json"]
    picked_up = orders.first + N_BEFORE_PINGS - 1
    ends_e6 = np.empty((len(n_pings), 4), np.int64)
    stray, stray_m = np.empty(len(n_pings), np.int64), np.empty(len(n_pings))
    check_routes(
        texts.start[picked_up],
        texts.start[picked_up + 1],
        texts.text,
        ping_start,
        values["ping_lat"][row],
        values["ping_lon"][row],
        TOLERANCE_M,
        ends_e6,
        stray,
        stray_m,
    )
    _check_ends(orders, expectations, state, ends_e6, tally)
    _check_ping_rows(orders, expectations, order, number, row, tally)
    _check_ping_counts(orders, expectations, tally)
    strays = np.flatnonzero(stray >= 0)
    if len(strays):
        i = int(strays[0])
        what = (
            f"ping {stray[i] + 1} lies {stray_m[i]:.1f} m off its route, at most {TOLERANCE_M:g} m expected"
        )
        tally.add("pings", 0, len(strays), orders.describe(i, what))


def _check_ends(
    orders: OrderRows, expectations: Expectations, state: FileState, ends_e6: NDArray[np.int64], tally: Tally
) -> None:
    """Check that routes lead from one kitchen to the customers of its delivery square."""
    unread = ends_e6[:, 0] == BAD
    lat, lon = orders.window.values["customer_lat"], orders.window.values["customer_lon"]
    customer = (ends_e6[:, 2:] / E6).astype(np.float32)
    elsewhere = np.zeros(len(unread), bool)
    for rows in (orders.first, orders.last):
        elsewhere |= (lat[rows] != customer[:, 0]) | (lon[rows] != customer[:, 1])
    outside, displaced, farther = np.zeros((3, len(unread)), bool)
    for location_id in np.unique(orders.location_id[~unread]).tolist():
        here = (orders.location_id == location_id) & ~unread
        known = state.kitchens.setdefault(location_id, tuple(ends_e6[np.argmax(here), :2].tolist()))
        displaced |= here & (ends_e6[:, :2] != known).any(axis=1)
        area = expectations.areas[location_id]
        outside |= here & ~area.contains(ends_e6[:, 2] / E6, ends_e6[:, 3] / E6, MARGIN_M)
        ends = ends_e6[:, ::2] / E6, ends_e6[:, 1::2] / E6
        begin_m, end_m = compute_distances_m(*ends, area.lat, area.lon).T
        farther |= here & (end_m < begin_m - MARGIN_M)

    def describe(i: int) -> str:
        if unread[i]:
            text = orders.window.texts["route_json"].get(int(orders.first[i]) + N_BEFORE_PINGS - 1)
            return orders.describe(i, f"route_json: expected an array of [lat,lon], got {text!r}")
        if elsewhere[i]:
            return orders.describe(i, "expected customer_lat, customer_lon at the end of route_json")
        if displaced[i]:
            return orders.describe(i, "expected route_json to begin where the location's other routes do")
        if farther[i]:
            return orders.describe(i, "expected route_json to begin at the road node nearest to the location")
        return orders.describe(i, "expected a customer inside the delivery square")

    tally.hold_all("routes", unread | elsewhere | displaced | farther | outside, describe)


def check_kitchens(
    kitchens: dict[int, set[tuple[int, int]]], expectations: Expectations, tally: Tally
) -> None:
    """Check that each location has one kitchen, inside its delivery square."""
    for location_id, found in sorted(kitchens.items()):
        area = expectations.areas[location_id]
        for lat_e6, lon_e6 in sorted(found):
            if not area.contains(np.array([lat_e6 / E6]), np.array([lon_e6 / E6]), MARGIN_M).all():
                what = f"routes begin at {lat_e6 / E6:.6f}, {lon_e6 / E6:.6f}, outside the delivery square"
                tally.add("routes", 0, 1, f"location {location_id}: {what}.")
        if len(found) > 1:
            tally.add(
                "routes", 0, 1, f"location {location_id}: routes of its files begin at different points."
            )


def _check_ping_rows(
    orders: OrderRows,
    expectations: Expectations,
    order: NDArray[np.int64],
    number: NDArray[np.int64],
    row: NDArray[np.int64],
    tally: Tally,
) -> None:
    values, interval_s = orders.window.values, expectations.scenario.driver.ping_interval_s
    due = orders.at("ts_seconds", N_BEFORE_PINGS - 1)[order] + interval_s * number
    late = values["ts_seconds"][row] != due
    share = 100.0 * number / (orders.n_pings[order] + 1)
    off = ~(np.abs(values["ping_progress"][row] - share) <= PROGRESS_ROUNDING)

    def describe(k: int) -> str:
        if late[k]:
            what = f"ts_seconds {due[k]}, got {values['ts_seconds'][row[k]]}"
        else:
            what = f"ping_progress {share[k]:.5f}, got {values['ping_progress'][row[k]]:.5f}"
        return orders.describe(int(order[k]), f"ping {number[k]}: expected {what}")

    tally.hold_all("pings", late | off, describe)


def _check_ping_counts(orders: OrderRows, expectations: Expectations, tally: Tally) -> None:
    """Check max(1, floor(drive / interval)) - 1 pings; the drive is known to less than a second."""
    ts, interval_s = orders.window.values["ts_seconds"], expectations.scenario.driver.ping_interval_s
    drive_s = ts[orders.last] - orders.at("ts_seconds", N_BEFORE_PINGS - 1)
    fewest, most = (np.maximum(1, (drive_s - late) // interval_s) - 1 for late in (1, 0))
    wrong = (orders.n_pings < fewest) | (orders.n_pings > most)
    if wrong.any():
        i = int(np.argmax(wrong))
        what = f"expected {most[i]} pings on a drive of {drive_s[i]} s, got {orders.n_pings[i]}"
        tally.add("pings", 0, int(np.count_nonzero(wrong)), orders.describe(i, what))
