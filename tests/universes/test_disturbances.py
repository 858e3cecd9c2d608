"""What a disturbance doesn't cause doesn't change: runs with and without it are compared order by order.

Customers who wait for an order place no other one, so a delay reaches others in the end. Where a test says
that something is untouched for ever, customers may have several open orders.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.population import NUMBER_BITS, SURGE_NUMBER
from fastgen.queueing.population import US_PER_DAY
from fastgen.templates.reading import read_universe
from fastgen.templates.rides import find_rows, make_row_finder
from fastgen.templates.universe import id_of
from fastgen.units import US_PER_MIN
from fastgen.universes.site_plan import SitePlan, plan_sites
from fastgen.universes.site_run import draw_day, run_days
from fastgen.universes.site_tables import make_disturbances, make_stations
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog
    from fastgen.queueing.site import Demand

DAYS = 3
OVEN = "KITCHEN_STATION_OVEN"
NOON = {"name": "it", "from": "1 12:00", "to": "1 14:00"}
NOON_US, TWO_US = (US_PER_DAY + hour * 60 * US_PER_MIN for hour in (12, 14))
STEP = [r.STEP_DURATION, r.STEP_EXPECTED_LEFT, r.STEP_TYPE, r.STEP_STARTED, r.STEP_STATION]

Make = Callable[..., SitePlan]


@pytest.fixture(scope="module")
def make(tmp_path_factory: pytest.TempPathFactory) -> Make:
    """Plan a busy site of two kitchens, with a disturbance or without one, and other keys changed."""
    folder = tmp_path_factory.mktemp("universe")
    made: list[SitePlan] = []

    def plan(*disturbances: dict[str, Any], is_finite: bool = True, **keys: Any) -> SitePlan:
        name = str(len(made))
        stations = [
            {"name": f"{kind}-{n}", "station_type": f"KITCHEN_STATION_{kind.upper()}"}
            for kind in ("workstation", "oven", "stove")
            for n in (1, 2)
        ]
        site = {
            "timezone": "UTC",
            "population": {"customers": 700, "orders_per_customer_day": 0.4},
            "couriers": {"number": 25, "modes": {"foot": 1, "bicycle": 3, "car": 1}},
            "kitchens": [{"info": {"name": name}, "stations": stations} for name in ("k-1", "k-2")],
            "disturbances": list(disturbances),
            **keys,
        }
        templates, roads = write_universe(folder / name, sf=site)
        (one,) = plan_sites(read_universe(templates), 3, dt.date(2024, 1, 1), roads, lambda _: None)
        made.append(one)
        return one if is_finite else replace(one, capacity=one.capacity._replace(n_customers=0))

    return plan


@pytest.fixture(scope="module")
def usual(make: Make) -> list[DayLog]:
    return list(run_days(make(), DAYS))


@pytest.fixture(scope="module")
def free(make: Make) -> list[DayLog]:
    """Run the same site, whose customers may have several open orders."""
    return list(run_days(make(is_finite=False), DAYS))


def ended(log: DayLog, before_us: int) -> NDArray[np.bool_]:
    """Tell which orders have ended before a time."""
    ends = log.orders[:, r.ORDER_ENDED]
    found: NDArray[np.bool_] = (ends != r.NONE) & (ends < before_us)
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


ALL_KINDS: dict[str, dict[str, Any]] = {
    "outage": {"kind": "station_outage", "kitchen": "k-1", "station_type": OVEN, **NOON},
    "couriers": {"kind": "fewer_couriers", "share": 0.6, **NOON},
    "surge": {"kind": "demand_surge", "factor": 2, **NOON},
    "rain": {"kind": "rain", "slowdown_percent": 100, **NOON},
    "closed": {"kind": "kitchen_closed", **NOON},
}


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_nothing_changes_before_it(kind: str, make: Make, usual: list[DayLog]) -> None:
    found = list(run_days(make(ALL_KINDS[kind]), DAYS))
    assert_same_before(found, usual, NOON_US)
    # But it does afterwards, or these tests would say nothing.
    after = [[records(log, ~ended(log, NOON_US)) for log in logs] for logs in (found, usual)]
    assert after[0] != after[1]


@pytest.mark.parametrize("kind", ["outage", "couriers", "rain", "closed"])
def test_draws_stay_the_same(kind: str, make: Make) -> None:
    for day in range(DAYS):
        one, other = draw_day(make(), day), draw_day(make(ALL_KINDS[kind]), day)
        for mine, theirs in zip(one, other, strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_broken_oven_delays_its_own_kitchen(make: Make, free: list[DayLog]) -> None:
    """The other kitchen's steps are the same ones, on the same stations at the same microseconds."""
    found = list(run_days(make(ALL_KINDS["outage"], is_finite=False), DAYS))
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


def test_fewer_couriers_and_rain_leave_kitchens_alone(make: Make, free: list[DayLog]) -> None:
    for kind in ("couriers", "rain"):
        found = list(run_days(make(ALL_KINDS[kind], is_finite=False), DAYS))
        for one, other in zip(found, free, strict=True):
            assert steps_of(one, [0, 1], [0, 1, 2, 3]) == steps_of(other, [0, 1], [0, 1, 2, 3])
        late = [int(logs[1].orders[:, r.ORDER_ENDED].sum()) for logs in (found, free)]
        assert late[0] > late[1]


def test_couriers_off_duty_deliver_what_they_have_and_take_nothing(make: Make) -> None:
    plan = make({"kind": "fewer_couriers", "number": 20, **NOON})
    orders = list(run_days(plan, DAYS))[1].orders
    called = (orders[:, r.ORDER_ASSIGNED] >= NOON_US) & (orders[:, r.ORDER_ASSIGNED] < TWO_US)
    assert called.sum() > 10
    assert orders[called, r.ORDER_COURIER].max() < 5
    before = orders[:, r.ORDER_ASSIGNED] < NOON_US
    late = before & (orders[:, r.ORDER_ENDED] > NOON_US) & (orders[:, r.ORDER_COURIER] >= 5)
    assert late.any()


def test_rides_that_begin_in_rain_take_longer(make: Make) -> None:
    """By the routes of the events, to the microsecond, whoever rides."""
    plan = make(ALL_KINDS["rain"])
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


def test_no_kitchen_takes_orders_while_all_are_closed(make: Make) -> None:
    log = list(run_days(make(ALL_KINDS["closed"]), DAYS))[1]
    created, state = log.orders[:, r.ORDER_CREATED], log.orders[:, r.ORDER_STATE]
    closed = (created >= NOON_US) & (created < TWO_US)
    assert closed.any()
    np.testing.assert_array_equal(state == r.CANCELLED, closed)
    np.testing.assert_array_equal(log.orders[closed, r.ORDER_ENDED], created[closed])
    # With one that is open, it cooks all.
    one = list(run_days(make({**ALL_KINDS["closed"], "kitchen": "k-1"}), DAYS))[1]
    lines = one.lines[np.isin(one.lines[:, r.LINE_ORDER], np.flatnonzero(closed_orders(one)))]
    assert (lines[:, r.LINE_KITCHEN] == 1).all()
    assert not (one.orders[:, r.ORDER_STATE] == r.CANCELLED).any()


def closed_orders(log: DayLog) -> NDArray[np.bool_]:
    created = log.orders[:, r.ORDER_CREATED]
    found: NDArray[np.bool_] = (created >= NOON_US) & (created < TWO_US)
    return found


def is_surge(demand: Demand) -> NDArray[np.bool_]:
    assert demand.draw is not None
    found: NDArray[np.bool_] = (demand.draw & SURGE_NUMBER) != 0
    return found


def wishes(demand: Demand, chosen: NDArray[np.bool_]) -> list[list[list[int]]]:
    """List what some candidates want: orders, then items by line, then types and durations by step."""
    assert demand.draw is not None
    assert demand.line_item is not None
    columns = (demand.created_us, demand.number, demand.customer, demand.draw, np.diff(demand.line_start))
    of_line = np.repeat(chosen, np.diff(demand.line_start))
    of_step = np.repeat(of_line, np.diff(demand.step_start))
    return [
        np.stack(columns, axis=1)[chosen].tolist(),
        np.stack((demand.line_item, np.diff(demand.step_start)), axis=1)[of_line].tolist(),
        np.stack((demand.step_type, demand.duration_us, demand.expected_us), axis=1)[of_step].tolist(),
    ]


def test_a_surge_comes_on_top(make: Make) -> None:
    plain, surged = make(), make(ALL_KINDS["surge"])
    more = 0
    for day in range(DAYS):
        one, other = draw_day(plain, day), draw_day(surged, day)
        assert wishes(one, ~is_surge(one)) == wishes(other, ~is_surge(other))
        assert not is_surge(one).any()
        extra = is_surge(other)
        more += int(extra.sum())
        created = other.created_us[extra]
        assert ((created >= NOON_US) & (created < TWO_US)).all()
        assert other.draw is not None
        assert len(np.unique(other.draw)) == len(other.draw)
        order = np.lexsort((other.draw, other.created_us))
        np.testing.assert_array_equal(order, np.arange(len(order)))
    assert more > 20


def test_a_surge_is_as_large_as_it_says_and_two_multiply(make: Make) -> None:
    """In 60 days of two surges, candidates a minute are 1, 3 and 6 times as many as usual."""
    surges = [
        {"kind": "demand_surge", "factor": 3, "name": "a", "from": "0 11:00", "to": "99 00:00"},
        {"kind": "demand_surge", "factor": 2, "name": "b", "from": "30 00:00", "to": "60 00:00"},
    ]
    one = make(*surges)
    usual = one.population.n_customers * one.population.orders_per_day
    for days, factor in ((range(1, 30), 3), (range(30, 60), 6)):
        n = sum(len(draw_day(one, day).created_us) for day in days)
        mean = len(days) * usual * factor
        assert abs(n - mean) < 4 * mean**0.5


def test_before_its_launch_nobody_knows_of_a_brand(make: Make) -> None:
    """Orders before are those of a site that doesn't sell it; later lines of other brands, too."""
    launch = {"kind": "brand_launch", "brand": "toasts", "name": "it", "from": "1 12:00"}
    without, launched = make(brands=["soups"]), make(launch)
    lines = 0
    for day in range(DAYS):
        one, other = draw_day(without, day), draw_day(launched, day)
        before = other.created_us < NOON_US
        np.testing.assert_array_equal(one.created_us, other.created_us)
        assert wishes(one, before) == wishes(other, before)
        for key in ("number", "customer", "line_start"):
            np.testing.assert_array_equal(getattr(one, key), getattr(other, key))
        assert one.line_item is not None
        assert other.line_item is not None
        old = other.line_item == 0
        np.testing.assert_array_equal(one.line_item[old], other.line_item[old])
        assert old.any()
        lines += int((~old).sum())
    assert lines > 100


def test_a_launch_changes_no_order_before_it(make: Make) -> None:
    launch = {"kind": "brand_launch", "brand": "toasts", "name": "it", "from": "1 12:00"}
    launched, without = (list(run_days(plan, DAYS)) for plan in (make(launch), make(brands=["soups"])))
    assert_same_before(launched, without, NOON_US)


def test_items_are_equally_likely_once_they_are_sold(make: Make) -> None:
    """Before, of those that are sold; a brand that is launched on day 0 is no exception."""
    launch = {"kind": "brand_launch", "brand": "soups", "name": "it", "from": "5 00:00"}
    plan = make(launch)
    for days, shares in ((range(5), [0, 0.5, 0.5]), (range(5, 25), [1 / 3, 1 / 3, 1 / 3])):
        counts = np.zeros(3)
        for day in days:
            counts += np.bincount(_items(draw_day(plan, day)), minlength=3)
        n = counts.sum()
        assert n > 2000
        assert (np.abs(counts - n * np.array(shares)) <= 4 * np.sqrt(n / 4)).all()
        assert counts[0] == 0 or shares[0] > 0


def _items(demand: Demand) -> NDArray[np.int32]:
    assert demand.line_item is not None
    return demand.line_item


def test_minutes_of_candidates_are_in_the_address_of_their_draws(make: Make) -> None:
    """So that a launch and a surge go by the clock of the site, whatever the time zone."""
    demand = draw_day(make(timezone="America/Los_Angeles"), 1)
    assert demand.draw is not None
    minute = (demand.created_us - US_PER_DAY - 8 * 60 * US_PER_MIN) // US_PER_MIN
    np.testing.assert_array_equal(demand.draw >> NUMBER_BITS, minute)


def test_a_table_names_each_thing_that_is_hit(make: Make) -> None:
    """By the clock of the site, which is eight hours behind UTC."""
    launch = {"kind": "brand_launch", "brand": "soups", "name": "soups", "from": "2 00:00"}
    plan = make(ALL_KINDS["outage"], launch, timezone="America/Los_Angeles")
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
    assert make_disturbances(make()).schema == table.schema
