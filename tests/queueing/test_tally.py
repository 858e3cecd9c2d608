"""What a site did in a period: by hand, by loops over single orders, and the sum of its parts."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from fastgen.queueing.activity import describe_equipment
from fastgen.queueing.day_log import DayLog, take_out_day
from fastgen.queueing.figures import compute_figures
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import Capacity, Demand, make_site
from fastgen.queueing.tally import Tally, tally_days
from tests.effort import repeats
from tests.queueing.logs import run_by_days
from tests.queueing.sites import DAY, MINUTE, N_TYPES, Case, draw_case

DAYS = 7
PRICES = np.concatenate(([3.0, 8.5, 5.25], np.arange(47.0)))
# Two lines at noon, on one station of type 0 and one of type 1; the second order is at 12:05.
BY_HAND = Demand(
    created_us=np.array([720, 725]) * MINUTE,
    number=np.array([0, 0]),
    customer=np.array([0, 0]),
    packing_us=np.array([0, 2]) * MINUTE,
    ride_out=np.array([6, 7]),
    ride_back=np.array([6, 7]),
    line_start=np.array([0, 2, 3]),
    step_start=np.array([0, 2, 3, 4]),
    step_type=np.array([0, 1, 0, 1]),
    duration_us=np.array([4, 10, 3, 1]) * MINUTE,
    expected_us=np.array([4, 10, 3, 1]) * MINUTE,
    draw=np.array([0, 1]),
    line_item=np.array([0, 1, 2], np.int32),
)


def run(case: Case, cut_us: int, days: int = DAYS) -> DayLog:
    """Run a case up to a time, and take out all its days as one."""
    site = make_site(*case)
    run_site(cut_us, site)
    return take_out_day(site, 0, 0, days * DAY, cut_us)


def tally_between(case: Case, logs: list[DayLog], *edges_us: int, warm_up: int = 0) -> Tally:
    """Sum up what a case did between edges, as if they were those of days."""
    equipment = describe_equipment(case.capacity, case.changes, case.weather)
    return tally_days(logs, np.array(edges_us), warm_up, equipment, PRICES)


def run_by_hand(begins_min: int, ends_min: int) -> Tally:
    case = Case(Capacity(np.array([[1, 2, 0, 0]]), np.array([MINUTE])), BY_HAND, [], [])
    log = run(case, 2 * DAY)
    return tally_between(case, [log], begins_min * MINUTE, ends_min * MINUTE)


# Line 1 is on stations 12:00 to 12:04 and 12:04 to 12:14; line 2 waits until 12:04, and is done at 12:07.
# Order 2 is cooked 12:05 to 12:06, packed at 12:08, delivered at 12:15, and its courier is back at 12:22.
# Then order 1 leaves, which is ready since 12:14; it is delivered at 12:28, and the courier is back at 12:34.
def test_numbers_by_hand() -> None:
    tally = run_by_hand(0, 1440)
    assert (tally.created, tally.delivered, tally.cancelled, tally.open_at_end) == (2, 2, 0, 0)
    assert tally.revenue == 16.75
    np.testing.assert_array_equal(tally.waiting_us, np.array([4, 0, 0, 0]) * MINUTE)
    np.testing.assert_array_equal(tally.busy_us, np.array([7, 11, 0, 0]) * MINUTE)
    np.testing.assert_array_equal(tally.station_us, np.array([1, 2, 0, 0]) * DAY)
    np.testing.assert_array_equal(np.concatenate(tally.in_system_us), np.array([28, 10]) * MINUTE)
    assert (tally.to_ready_us, tally.for_courier_us) == ((14 + 3) * MINUTE, 8 * MINUTE)
    assert (tally.courier_busy_us, tally.courier_us) == ((2 + 14 + 12) * MINUTE, DAY)


def test_a_period_has_what_lies_in_it() -> None:
    tally = run_by_hand(722, 736)  # 12:02 to 12:16
    assert (tally.created, tally.delivered, tally.open_at_end) == (1, 1, 1)
    np.testing.assert_array_equal(tally.waiting_us, np.array([2, 0, 0, 0]) * MINUTE)
    np.testing.assert_array_equal(tally.busy_us, np.array([5, 11, 0, 0]) * MINUTE)
    np.testing.assert_array_equal(np.concatenate(tally.in_system_us), [10 * MINUTE])
    assert (tally.to_ready_us, tally.for_courier_us) == (3 * MINUTE, 0)
    assert (tally.courier_busy_us, tally.courier_us) == ((2 + 8) * MINUTE, 14 * MINUTE)


def test_figures_by_hand() -> None:
    found = {figure.name: value for figure, value in compute_figures(run_by_hand(0, 1440)).items()}
    for word in ("stove", "oven"):
        assert math.isnan(found.pop(f"{word}_queue_length"))
        assert math.isnan(found.pop(f"{word}_utilisation"))
    assert found == pytest.approx(
        {
            "orders_created": 2,
            "orders_delivered": 2,
            "orders_cancelled": 0,
            "orders_open_at_end": 0,
            "revenue": 16.75,
            "time_in_system": 19,
            "time_in_system_p50": 10,
            "time_in_system_p90": 28,
            "created_to_ready": 8.5,
            "ready_to_picked_up": 4,
            "unspecified_station_queue_length": 4 / 1440,
            "unspecified_station_utilisation": 7 / 1440,
            "workstation_queue_length": 0,
            "workstation_utilisation": 11 / 2880,
            "courier_utilisation": 28 / 1440,
            "orders_per_courier_hour": 2 / 24,
        }
    )


SEEDS = range(repeats(6, 60))


@pytest.mark.parametrize("seed", SEEDS)
def test_sums_are_those_of_loops_over_single_orders(seed: int) -> None:
    """Couriers that stop, stations that break, kitchens that close, rain; some orders are never finished."""
    case = draw_case(seed, 600, 3)
    log = run(case, 3 * DAY)
    tally = tally_between(case, [log], DAY // 2, 2 * DAY)
    slow = sum_slowly(log, DAY // 2, 2 * DAY, case)
    assert {name: np.sum(value) for name, value in vars(tally).items() if name in slow} == slow
    assert tally.created > 50


def test_most_of_these_sites_deliver_many_orders() -> None:
    """What goes wrong may keep a few of them from it: 4 of 60."""
    delivered = []
    for seed in SEEDS:
        case = draw_case(seed, 600, 3)
        delivered.append(tally_between(case, [run(case, 3 * DAY)], DAY // 2, 2 * DAY).delivered)
    assert np.mean(np.array(delivered) > 50) > 0.9


def sum_slowly(log: DayLog, first: int, end: int, case: Case) -> dict[str, int]:
    """Sum by single orders, lines and steps."""
    sums = dict.fromkeys(
        ("waiting_us", "busy_us", "courier_busy_us", "created", "cancelled", "open_at_end"), 0
    )

    def inside(begins: int, ends: int) -> int:
        return max(0, min(ends, end) - max(begins, first))

    for order in log.orders.tolist():
        created, ended, state = order[r.ORDER_CREATED], order[r.ORDER_ENDED], order[r.ORDER_STATE]
        sums["created"] += first <= created < end
        sums["cancelled"] += state in {r.CANCELLED, r.FAILED} and first <= ended < end
        sums["open_at_end"] += created < end and (state == r.OPEN or ended >= end)
        if order[r.ORDER_ARRIVED] != r.NOT_YET:
            free = log.cut_us
            if state == r.DELIVERED:
                permille = next((slow for time, slow in reversed(case.weather) if time <= ended), 1000)
                pace = int(case.capacity.paces[order[r.ORDER_COURIER]])
                free = ended + order[r.ORDER_RIDE_BACK] * pace * permille // 1000
            sums["courier_busy_us"] += inside(order[r.ORDER_ARRIVED], free)
        if state == r.CANCELLED:
            continue
        for line in log.lines[order[r.ORDER_FIRST_LINE] : order[r.ORDER_END_LINE]].tolist():
            asked = created
            for step in log.steps[line[r.LINE_FIRST_STEP] : line[r.LINE_END_STEP]].tolist():
                if step[r.STEP_STARTED] == r.NOT_YET:
                    sums["waiting_us"] += inside(asked, log.cut_us)
                    break
                sums["waiting_us"] += inside(asked, step[r.STEP_STARTED])
                asked = step[r.STEP_STARTED] + step[r.STEP_DURATION]
                sums["busy_us"] += inside(step[r.STEP_STARTED], asked)
    return sums


def test_days_and_their_parts_add_up() -> None:
    """Days with their own logs are one long day with one log; what a warm-up leaves out is in it."""
    case = draw_case(3)._replace(changes=[])
    logs = run_by_days(case, DAYS, 0)
    starts = [day * DAY for day in range(DAYS + 1)]
    whole = tally_between(case, [run(case, 9 * DAY)], 0, DAYS * DAY)
    daily = tally_between(case, logs, *starts)
    late = tally_between(case, logs, *starts, warm_up=2)
    early = tally_between(case, logs[:2], *starts[:3])
    for name in vars(whole):
        sums = [sum_up(getattr(tally, name)) for tally in (daily, whole, early, late)]
        if name in {"n_sites", "open_at_end"}:
            assert sums[0] == sums[1] == sums[3]
        else:
            assert sums[0] == pytest.approx(sums[1])
            assert sums[0] == pytest.approx(sums[2] + sums[3])
    # What comes in goes out, or is still there.
    assert early.open_at_end + late.created == late.delivered + late.cancelled + late.open_at_end
    assert early.created > 0 < late.created


def sum_up(values: Any) -> float:
    return float(np.sum(np.concatenate(values) if isinstance(values, list) else values))


def test_utilisation_is_work_over_capacity() -> None:
    case = draw_case(5)._replace(changes=[])
    site = make_site(*case)
    run_site(r.NEVER, site)
    tally = tally_between(case, [take_out_day(site, 0, 0, DAYS * DAY, r.NEVER)], 0, 60 * DAY)
    taken = np.isin(site.orders[:, r.ORDER_STATE], (r.DELIVERED, r.FAILED))
    of_step = np.repeat(site.lines[:, r.LINE_ORDER], np.diff(case.demand.step_start))
    work = np.bincount(case.demand.step_type, case.demand.duration_us * taken[of_step], N_TYPES)
    np.testing.assert_array_equal(tally.busy_us, work)
    np.testing.assert_array_equal(tally.station_us, case.capacity.stations.sum(axis=0) * 60 * DAY)


def test_what_is_out_of_order_or_off_duty_has_no_capacity() -> None:
    # One of two stations of type 1 is out from 12:10 on, and the courier off duty until 12:05.
    changes = [(730 * MINUTE, 1, 1), (0, 4, 0), (725 * MINUTE, 4, 1)]
    case = Case(Capacity(np.array([[1, 2, 0, 0]]), np.array([MINUTE])), BY_HAND, changes, [])
    tally = tally_between(case, [run(case, 2 * DAY)], 720 * MINUTE, 735 * MINUTE)
    np.testing.assert_array_equal(tally.station_us, np.array([15, 25, 0, 0]) * MINUTE)
    assert tally.courier_us == 10 * MINUTE


def test_two_sites_are_pooled() -> None:
    one, other = run_by_hand(0, 1440), run_by_hand(722, 736)
    found = {figure.name: value for figure, value in compute_figures(one + other).items()}
    assert found["time_in_system"] == pytest.approx((28 + 10 + 10) / 3)
    assert found["time_in_system_p50"] == 10
    assert found["orders_per_courier_hour"] == pytest.approx(3 / (24 + 14 / 60))


def test_nothing_delivered_has_no_times() -> None:
    found = {figure.name: value for figure, value in compute_figures(run_by_hand(0, 10)).items()}
    assert (found["orders_created"], found["orders_per_courier_hour"]) == (0, 0)
    for name in ("time_in_system", "time_in_system_p50", "created_to_ready", "ready_to_picked_up"):
        assert math.isnan(found[name])
