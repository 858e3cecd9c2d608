"""Check deliveries: routes from the kitchen to the customer, and pings on them and on time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.kernels.route_check import BAD, check_routes
from fastgen.events.schema import CREATED, MAX_PINGS_I16, N_BEFORE_PINGS, PICKED_UP
from fastgen.model.great_circle import compute_distances_m
from fastgen.units import E6

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.dataset.verify.expectations import Expectations
    from fastgen.dataset.verify.file_state import FileState
    from fastgen.dataset.verify.report import Tally

# Pings have 32 bits, which put a longitude up to 0.85 m off.
TOLERANCE_M = 2.0
# More than the rounding to microdegrees (0.11 m), less than the width of a road.
MARGIN_M = 1.0
# Percent; more than the rounding of a 32-bit float near 100.
PROGRESS_ROUNDING = 2e-5


def check_drives(orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally) -> None:
    """Check the routes and the pings of well-formed orders that were picked up."""
    n_pings = orders.n_pings
    ping_start = np.concatenate([[0], np.cumsum(n_pings)]).astype(np.int64)
    order = np.repeat(np.arange(len(n_pings)), n_pings)
    number = np.arange(len(order)) - ping_start[order] + 1
    row = orders.first[order] + N_BEFORE_PINGS - 1 + number
    values, texts = orders.batch.values, orders.batch.texts["route_json"]
    picked_up = orders.first + PICKED_UP - CREATED
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
    # The kernel reports the first stray ping of each order, so this counts orders.
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
    """Check that routes lead from the location's one kitchen to customers in its delivery square."""
    unread = ends_e6[:, 0] == BAD
    lat, lon = orders.batch.values["customer_lat"], orders.batch.values["customer_lon"]
    customer = (ends_e6[:, 2:] / E6).astype(np.float32)
    elsewhere = np.zeros(len(unread), bool)
    is_delivered = orders.is_delivered
    for rows, stored in ((orders.first, np.ones_like(is_delivered)), (orders.last, is_delivered)):
        # The stored position is the 32-bit float of the route's last point, so they are equal to the bit.
        elsewhere |= stored & ((lat[rows] != customer[:, 0]) | (lon[rows] != customer[:, 1]))
    outside, displaced, farther = np.zeros((3, len(unread)), bool)
    for location_id in np.unique(orders.location_id[~unread]).tolist():
        here = (orders.location_id == location_id) & ~unread
        # The first route of a location in this file defines its kitchen; files are compared in
        # `check_kitchens`.
        known = state.kitchens.setdefault(location_id, tuple(ends_e6[np.argmax(here), :2].tolist()))
        displaced |= here & (ends_e6[:, :2] != known).any(axis=1)
        area = expectations.areas[location_id]
        outside |= here & ~area.contains(ends_e6[:, 2] / E6, ends_e6[:, 3] / E6, MARGIN_M)
        ends = ends_e6[:, ::2] / E6, ends_e6[:, 1::2] / E6
        # The kitchen's node is the nearest of the network, so no customer is nearer to the location.
        begin_m, end_m = compute_distances_m(*ends, area.lat, area.lon).T
        farther |= here & (end_m < begin_m - MARGIN_M)

    def describe(i: int) -> str:
        if unread[i]:
            text = orders.batch.texts["route_json"].get(int(orders.first[i]) + PICKED_UP - CREATED)
            return orders.describe(i, f"route_json: expected an array of [lat,lon], got {text!r}")
        if elsewhere[i]:
            return orders.describe(i, "expected customer_lat, customer_lon at the end of route_json")
        if displaced[i]:
            return orders.describe(i, "expected route_json to begin where the location's other routes do")
        if farther[i]:
            return orders.describe(i, "expected route_json to begin at the road node nearest to the location")
        return orders.describe(i, "expected a customer inside the delivery square")

    tally.count_wrong("routes", unread | elsewhere | displaced | farther | outside, describe)


def check_kitchens(
    kitchens: dict[int, set[tuple[int, int]]], expectations: Expectations, tally: Tally
) -> None:
    """Check that the files of a location have one kitchen, inside its delivery square."""
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
    values, interval_s = orders.batch.values, expectations.ping_interval_s[orders.location_id]
    due = orders.at("ts_seconds", PICKED_UP)[order] + interval_s[order] * number
    late = values["ts_seconds"][row] != due
    share = 100.0 * number / _count_intervals(orders)[order]
    # Negated, so that NaN is wrong too.
    off = ~(np.abs(values["ping_progress"][row] - share) <= PROGRESS_ROUNDING)

    def describe(k: int) -> str:
        if late[k]:
            what = f"ts_seconds {due[k]}, got {values['ts_seconds'][row[k]]}"
        else:
            what = f"ping_progress {share[k]:.5f}, got {values['ping_progress'][row[k]]:.5f}"
        return orders.describe(int(order[k]), f"ping {number[k]}: expected {what}")

    tally.count_wrong("pings", late | off, describe)


def _count_intervals(orders: OrderRows) -> NDArray[np.int64]:
    """Count the intervals of each drive that its pings divide it into, int64 (n,)."""
    n_pings = orders.n_pings
    n_intervals = n_pings + 1
    cut = np.flatnonzero(~orders.is_delivered & (n_pings > 0))
    if len(cut):
        # The pings of a drive that goes on after the cut aren't all there: the progress of the first one says
        # how many there would be.
        first = orders.batch.values["ping_progress"][orders.first[cut] + N_BEFORE_PINGS].astype(np.float64)
        stated = np.where(first > 0.0, 100.0 / np.maximum(first, 100.0 / MAX_PINGS_I16), 0.0)
        n_intervals[cut] = np.maximum(n_intervals[cut], np.rint(stated).astype(np.int64))
    return n_intervals


def _check_ping_counts(orders: OrderRows, expectations: Expectations, tally: Tally) -> None:
    """Check that a drive to its end has max(1, floor(drive / interval)) - 1 pings.

    Both ends of the drive are whole seconds, so that its length is known to less than a second.
    """
    ts, interval_s = orders.batch.values["ts_seconds"], expectations.ping_interval_s[orders.location_id]
    drive_s = ts[orders.last] - orders.at("ts_seconds", PICKED_UP)
    fewest, most = (np.maximum(1, (drive_s - late) // interval_s) - 1 for late in (1, 0))
    wrong = orders.is_delivered & ((orders.n_pings < fewest) | (orders.n_pings > most))
    if wrong.any():
        i = int(np.argmax(wrong))
        what = f"expected {most[i]} pings on a drive of {drive_s[i]} s, got {orders.n_pings[i]}"
        tally.add("pings", 0, int(np.count_nonzero(wrong)), orders.describe(i, what))
