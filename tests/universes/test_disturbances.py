"""What a disturbance doesn't cause doesn't change: runs with and without it are compared order by order.

Customers who wait for an order place no other one, so a delay reaches others in the end. Where a test says
that something is untouched for ever, customers may have several open orders.
"""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.templates.rides import find_rows, make_row_finder
from fastgen.templates.universe import id_of
from fastgen.universes.site_run import draw_day, run_days
from fastgen.universes.site_tables import make_disturbances, make_stations
from tests.universes.disturbed import ALL_KINDS, DAYS, NOON, NOON_US, OVEN, TWO_US, PlanSite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog

STEP = [r.STEP_DURATION, r.STEP_EXPECTED_LEFT, r.STEP_TYPE, r.STEP_STARTED, r.STEP_STATION]


@pytest.fixture(scope="module")
def usual(plan_site: PlanSite) -> list[DayLog]:
    return list(run_days(plan_site(), DAYS))


@pytest.fixture(scope="module")
def free(plan_site: PlanSite) -> list[DayLog]:
    """Run the same site, whose customers may have several open orders."""
    return list(run_days(plan_site(is_finite=False), DAYS))


def ended(log: DayLog, before_us: int) -> NDArray[np.bool_]:
    """Tell which orders have ended before a time."""
    ends = log.orders[:, r.ORDER_ENDED]
    found: NDArray[np.bool_] = (ends != r.NOT_YET) & (ends < before_us)
    return found


def records(log: DayLog, chosen: NDArray[np.bool_]) -> dict[int, list[Any]]:
    """List all that happened to some orders and their lines and steps, by the address of their draws."""
    found: dict[int, list[Any]] = {}
    for number in np.flatnonzero(chosen).tolist():
        order = log.orders[number]
        lines = log.lines[order[r.ORDER_FIRST_LINE] : order[r.ORDER_END_LINE]]
        steps = [
            log.steps[line[r.LINE_FIRST_STEP] : line[r.LINE_END_STEP]][:, STEP].tolist() for line in lines
        ]
        # Numbers of records are those of the log; all other columns are what the order is and went through.
        is_other = np.isin(np.arange(r.ORDER_COLUMNS), [r.ORDER_FIRST_LINE, r.ORDER_END_LINE], invert=True)
        found[int(order[r.ORDER_INDEX])] = [
            order[is_other].tolist(),
            lines[:, [r.LINE_ITEM, r.LINE_KITCHEN]].tolist(),
            steps,
        ]
    return found


def steps_of(log: DayLog, kitchens: list[int], kinds: list[int]) -> set[tuple[int, ...]]:
    """List the steps of some kitchens on some types of station: what each is, its start, its station."""
    found: set[tuple[int, ...]] = set()
    for line in log.lines:
        order = log.orders[line[r.LINE_ORDER]]
        if line[r.LINE_KITCHEN] not in kitchens:
            continue
        for step in range(line[r.LINE_FIRST_STEP], line[r.LINE_END_STEP]):
            row = log.steps[step]
            if row[r.STEP_TYPE] in kinds:
                place = (int(order[r.ORDER_INDEX]), int(row[r.STEP_DURATION]), step - line[r.LINE_FIRST_STEP])
                found.add((*place, int(row[r.STEP_STARTED]), int(row[r.STEP_STATION])))
    return found


def assert_same_before(found: list[DayLog], expected: list[DayLog], until_us: int) -> None:
    """Orders that have ended before a time are the same, in all that happened to them."""
    n = 0
    for one, other in zip(found, expected, strict=True):
        mine = records(one, ended(one, until_us))
        assert mine == records(other, ended(other, until_us))
        n += len(mine)
    assert n > 200


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_nothing_changes_before_it(kind: str, plan_site: PlanSite, usual: list[DayLog]) -> None:
    found = list(run_days(plan_site(ALL_KINDS[kind]), DAYS))
    assert_same_before(found, usual, NOON_US)
    # But it does afterwards, or these tests would say nothing.
    after = [[records(log, ~ended(log, NOON_US)) for log in logs] for logs in (found, usual)]
    assert after[0] != after[1]


@pytest.mark.parametrize("kind", ["outage", "couriers", "rain", "closed"])
def test_draws_stay_the_same(kind: str, plan_site: PlanSite) -> None:
    for day in range(DAYS):
        one, other = draw_day(plan_site(), day), draw_day(plan_site(ALL_KINDS[kind]), day)
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_broken_oven_delays_its_own_kitchen(plan_site: PlanSite, free: list[DayLog]) -> None:
    """The other kitchen's steps are the same ones, on the same stations at the same microseconds."""
    found = list(run_days(plan_site(ALL_KINDS["outage"], is_finite=False), DAYS))
    everything = list(range(4))
    for one, other in zip(found, free, strict=True):
        assert steps_of(one, [1], everything) == steps_of(other, [1], everything)
    day = found[1]
    broken, whole = steps_of(day, [0], [3]), steps_of(free[1], [0], [3])
    assert {step[:3] for step in broken} == {step[:3] for step in whole}
    later = [start for *_, start, _ in broken if NOON_US <= start < TWO_US]
    assert later == []
    assert [start for *_, start, _ in whole if NOON_US <= start < TWO_US] != []
    # What had begun was finished; the queue was served at once when the ovens were back.
    assert TWO_US in {start for *_, start, _ in broken}


def test_fewer_couriers_and_rain_leave_kitchens_alone(plan_site: PlanSite, free: list[DayLog]) -> None:
    for kind in ("couriers", "rain"):
        found = list(run_days(plan_site(ALL_KINDS[kind], is_finite=False), DAYS))
        for one, other in zip(found, free, strict=True):
            assert steps_of(one, [0, 1], [0, 1, 2, 3]) == steps_of(other, [0, 1], [0, 1, 2, 3])
        late = [int(logs[1].orders[:, r.ORDER_ENDED].sum()) for logs in (found, free)]
        assert late[0] > late[1]


def test_couriers_off_duty_deliver_what_they_have_and_take_nothing(plan_site: PlanSite) -> None:
    plan = plan_site({"kind": "fewer_couriers", "number": 20, **NOON})
    orders = list(run_days(plan, DAYS))[1].orders
    called = (orders[:, r.ORDER_ASSIGNED] >= NOON_US) & (orders[:, r.ORDER_ASSIGNED] < TWO_US)
    assert called.sum() > 10
    assert orders[called, r.ORDER_COURIER].max() < 5
    before = orders[:, r.ORDER_ASSIGNED] < NOON_US
    late = before & (orders[:, r.ORDER_ENDED] > NOON_US) & (orders[:, r.ORDER_COURIER] >= 5)
    assert late.any()


def test_rides_that_begin_in_rain_take_longer(plan_site: PlanSite) -> None:
    """By the routes of the events, to the microsecond, whoever rides."""
    plan = plan_site(ALL_KINDS["rain"])
    table, n = plan.rides.table, len(plan.rides.out_mm)
    finder = make_row_finder(plan.site, plan.rides, plan.weather)
    classes = set()
    for log in run_days(plan, DAYS):
        orders = log.orders[log.orders[:, r.ORDER_STATE] == r.DELIVERED]
        node = plan.homes.node[orders[:, r.ORDER_CUSTOMER]]
        rows = find_rows(finder, orders[:, r.ORDER_COURIER], orders[:, r.ORDER_PICKED_UP], node)
        rode = orders[:, r.ORDER_ENDED] - orders[:, r.ORDER_PICKED_UP]
        np.testing.assert_array_equal(table.drive_us[rows], rode)
        leaves = orders[:, r.ORDER_PICKED_UP]
        in_rain = (leaves >= NOON_US) & (leaves < TWO_US)
        assert [plan.rides.classes[c].permille == 2000 for c in rows // n] == in_rain.tolist()
        classes |= set((rows // n).tolist())
    assert len(classes) == len(plan.rides.classes) == 6


def test_no_kitchen_takes_orders_while_all_are_closed(plan_site: PlanSite) -> None:
    log = list(run_days(plan_site(ALL_KINDS["closed"]), DAYS))[1]
    created, state = log.orders[:, r.ORDER_CREATED], log.orders[:, r.ORDER_STATE]
    closed = (created >= NOON_US) & (created < TWO_US)
    assert closed.any()
    np.testing.assert_array_equal(state == r.CANCELLED, closed)
    np.testing.assert_array_equal(log.orders[closed, r.ORDER_ENDED], created[closed])
    # With one that is open, it cooks all.
    one = list(run_days(plan_site({**ALL_KINDS["closed"], "kitchen": "k-1"}), DAYS))[1]
    lines = one.lines[np.isin(one.lines[:, r.LINE_ORDER], np.flatnonzero(closed_orders(one)))]
    assert (lines[:, r.LINE_KITCHEN] == 1).all()
    assert not (one.orders[:, r.ORDER_STATE] == r.CANCELLED).any()


def closed_orders(log: DayLog) -> NDArray[np.bool_]:
    created = log.orders[:, r.ORDER_CREATED]
    found: NDArray[np.bool_] = (created >= NOON_US) & (created < TWO_US)
    return found


def test_a_launch_changes_no_order_before_it(plan_site: PlanSite) -> None:
    launch = {"kind": "brand_launch", "brand": "toasts", "name": "it", "from": "1 12:00"}
    launched, without = (
        list(run_days(plan, DAYS)) for plan in (plan_site(launch), plan_site(brands=["soups"]))
    )
    assert_same_before(launched, without, NOON_US)


def test_a_table_names_each_thing_that_is_hit(plan_site: PlanSite) -> None:
    """By the clock of the site, which is eight hours behind UTC."""
    launch = {"kind": "brand_launch", "brand": "soups", "name": "soups", "from": "2 00:00"}
    plan = plan_site(ALL_KINDS["outage"], launch, timezone="America/Los_Angeles")
    table = make_disturbances(plan)
    begins = dt.datetime(2024, 1, 2, 20, tzinfo=dt.UTC)
    ovens = [f"sites/sf/kitchens/k-1/stations/oven-{n}" for n in (1, 2)]
    assert table.rows() == [
        *(
            ("it", "station_outage", begins, begins + dt.timedelta(hours=2), oven, str(id_of(oven)), 1.0)
            for oven in ovens
        ),
        (
            *("soups", "brand_launch", begins + dt.timedelta(hours=12), None),
            *("brands/soups", str(id_of("brands/soups")), 1.0),
        ),
    ]
    stations = make_stations(plan)
    assert set(table["target_id"][:2]) == set(stations.filter(kitchen=0, station_type=OVEN)["station_id"])
    assert make_disturbances(plan_site()).schema == table.schema
