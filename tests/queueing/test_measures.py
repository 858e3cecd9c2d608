"""Measures by interval equal plain counts of what happened, day by day as at once, and obey Little's law."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest

from fastgen.queueing import activity as a
from fastgen.queueing.activity import Activity, Equipment, describe_activity, describe_equipment
from fastgen.queueing.day_log import DayLog
from fastgen.queueing.kernels import records as r
from fastgen.queueing.measures import PoolMeasures, SiteMeasures, make_edges, measure_day
from fastgen.queueing.site import Capacity, Demand
from tests.effort import repeats
from tests.queueing.logs import run_days
from tests.queueing.sites import DAY, MINUTE, Case, draw_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

DAYS = 4
QUARTER = 15 * MINUTE


class Measured(NamedTuple):
    """A run of some days: its logs and its measures."""

    case: Case
    equipment: Equipment
    logs: list[DayLog]
    site: SiteMeasures
    pools: PoolMeasures
    carried: Activity


def measure(case: Case, days: int = DAYS, interval_us: int = QUARTER) -> Measured:
    """Measure a site day by day."""
    equipment = describe_equipment(case.capacity, case.changes, case.weather)
    logs, carried = list(run_days(case, days)), a.no_activity()
    sites, pools = list[SiteMeasures](), list[PoolMeasures]()
    for log in logs:
        edges = make_edges(log.day * DAY, (log.day + 1) * DAY, interval_us)
        site, pool, carried = measure_day(carried, log, equipment, edges)
        sites.append(site)
        pools.append(pool)
    joined = SiteMeasures(*(np.concatenate(parts, axis=-1) for parts in zip(*sites, strict=True)))
    return Measured(
        case, equipment, logs, joined, PoolMeasures(*map(np.hstack, zip(*pools, strict=True))), carried
    )


@pytest.fixture(scope="module", params=range(repeats(3, 20)))
def run(request: pytest.FixtureRequest) -> Measured:
    # On whole minutes most changes come at the same time as others, and at the edges of intervals.
    unit_us = MINUTE if request.param % 2 else 1
    return measure(draw_case(request.param, n_orders=300, days=DAYS, unit_us=unit_us))


class Plain:
    """The spans of a run, one after the other, by the engine's records alone."""

    def __init__(self, run: Measured) -> None:
        self.waits: list[tuple[int, int, int]] = []
        self.work: list[tuple[int, int, int]] = []
        self.couriers: dict[str, list[tuple[int, int, int]]] = {"out": [], "held": [], "back": []}
        self.lives: list[tuple[int, int, int]] = []
        for log in run.logs:
            for order in log.orders:
                self._add(run, log, order)

    def _add(self, run: Measured, log: DayLog, order: NDArray[np.int64]) -> None:
        cut, n_types = log.cut_us, run.case.capacity.stations.shape[1]
        ended = order[r.ORDER_ENDED]
        is_open = order[r.ORDER_STATE] == r.OPEN or ended >= cut
        self.lives.append((0, int(order[r.ORDER_CREATED]), r.NEVER if is_open else int(ended)))
        courier = int(order[r.ORDER_COURIER])
        if courier != r.NONE:
            times = [order[c] for c in (r.ORDER_ARRIVED, r.ORDER_PICKED_UP, r.ORDER_ENDED)]
            arrived, picked_up, ended = (min(int(t), cut) if t != r.NOT_YET else cut for t in times)
            self.couriers["held"].append((courier, arrived, picked_up))
            self.couriers["out"].append((courier, picked_up, ended))
            if not is_open:
                rain = [p for t, p in [(-r.NEVER, 1000), *run.case.weather] if t <= ended][-1]
                ride = int(order[r.ORDER_RIDE_BACK]) * int(run.case.capacity.paces[courier]) * rain // 1000
                self.couriers["back"].append((courier, ended, ended + ride))
        if order[r.ORDER_STATE] == r.CANCELLED:
            return
        for line in log.lines[order[r.ORDER_FIRST_LINE] : order[r.ORDER_END_LINE]]:
            asked = int(order[r.ORDER_CREATED])
            for step in log.steps[line[r.LINE_FIRST_STEP] : line[r.LINE_END_STEP]]:
                begun = step[r.STEP_STARTED] != r.NOT_YET and step[r.STEP_STARTED] < cut
                started = int(step[r.STEP_STARTED]) if begun else cut
                self.waits.append((int(line[r.LINE_KITCHEN] * n_types + step[r.STEP_TYPE]), asked, started))
                if not begun:
                    break
                ends = started + int(step[r.STEP_DURATION])
                self.work.append((int(step[r.STEP_STATION]), started, min(ends, cut)))
                if ends >= cut:
                    break
                asked = ends


def integrate(spans: list[tuple[int, int, int]], who: int, begins: int, ends: int) -> int:
    return sum(max(0, min(e, ends) - max(b, begins)) for w, b, e in spans if w == who)


def find_most(spans: list[tuple[int, int, int]], who: int, begins: int, ends: int) -> int:
    mine = [(b, e) for w, b, e in spans if w == who and b < e and b < ends and e > begins]
    moments = {begins, *(b for b, _ in mine if b > begins)}
    return max(sum(b <= t < e for b, e in mine) for t in moments)


def test_measures_are_plain_sums_over_the_records(run: Measured) -> None:
    plain, length = Plain(run), run.site.length_us
    draws = np.random.default_rng(1)
    for k in draws.choice(len(length), 12, replace=False):
        begins = int(run.site.begins_us[k])
        ends = begins + int(length[k])
        assert run.site.open_us[k] == integrate(plain.lives, 0, begins, ends)
        assert run.site.open_max[k] == find_most(plain.lives, 0, begins, ends)
        for name, got in (
            ("out", run.site.riding_out_us),
            ("held", run.site.holding_us),
            ("back", run.site.riding_back_us),
        ):
            spans = [(0, b, e) for _, b, e in plain.couriers[name]]
            assert got[k] == integrate(spans, 0, begins, ends), name
        for pool in range(run.case.capacity.stations.size):
            stations: list[int] = np.flatnonzero(run.equipment.station_pool == pool).tolist()
            assert run.pools.queue_us[pool, k] == integrate(plain.waits, pool, begins, ends)
            assert run.pools.queue_max[pool, k] == find_most(plain.waits, pool, begins, ends)
            worked = sum(integrate(plain.work, station, begins, ends) for station in stations)
            assert run.pools.work_us[pool, k] == worked
            started = sum(w in stations and begins <= b < ends for w, b, _ in plain.work)
            assert run.pools.started[pool, k] == started


def test_capacity_is_that_of_stations_in_order_or_at_work_and_of_couriers_on_duty(run: Measured) -> None:
    """Second by second: a station or courier counts at a moment, whatever the spans are."""
    plain, sizes = Plain(run), run.case.capacity.stations.ravel()
    busy = [span for spans in plain.couriers.values() for span in spans]
    n_couriers, changes = len(run.case.capacity.paces), sorted(run.case.changes)
    for k in np.random.default_rng(2).choice(len(run.site.length_us), 4, replace=False):
        begins = int(run.site.begins_us[k])
        ends = begins + int(run.site.length_us[k])
        spans = [*plain.work, *busy]
        moments = {begins, ends, *(t for _, b, e in spans for t in (b, e) if begins < t < ends)}
        moments |= {t for t, _, _ in changes if begins < t < ends}
        capacity, off_duty = np.zeros(len(sizes), np.int64), 0
        for since, until in zip(sorted(moments)[:-1], sorted(moments)[1:], strict=True):
            state = {target: value for time, target, value in changes if time <= since}
            for pool, size in enumerate(sizes):
                mask = state.get(pool, (1 << int(size)) - 1)
                for i, station in enumerate(np.flatnonzero(run.equipment.station_pool == pool)):
                    works = any(w == station and b <= since < e for w, b, e in plain.work)
                    capacity[pool] += (until - since) * bool(mask >> i & 1 or works)
            rides = {w for w, b, e in busy if b <= since < e}
            on_duty = state.get(len(sizes), n_couriers)
            off_duty += (until - since) * len(set(range(on_duty, n_couriers)) - rides)
        np.testing.assert_array_equal(run.pools.capacity_us[:, k], capacity)
        assert run.site.off_duty_us[k] == off_duty


def test_utilisation_is_work_over_capacity_and_couriers_add_up(run: Measured) -> None:
    assert (run.pools.work_us <= run.pools.capacity_us).all()
    assert (run.pools.capacity_us < run.case.capacity.stations.reshape(-1, 1) * run.site.length_us).any()
    couriers = (
        run.site.riding_out_us
        + run.site.holding_us
        + run.site.riding_back_us
        + run.site.idle_us
        + run.site.off_duty_us
    )
    np.testing.assert_array_equal(couriers, len(run.case.capacity.paces) * run.site.length_us)
    assert (run.site.idle_us >= 0).all()
    assert (run.site.off_duty_us >= 0).all()


def test_littles_law_holds_to_the_microsecond(run: Measured) -> None:
    """The integral of a queue is the sum of the waits in it: here up to the end of the last day."""
    plain, end = Plain(run), DAYS * DAY
    for pool in range(run.case.capacity.stations.size):
        waits = sum(min(e, end) - min(b, end) for w, b, e in plain.waits if w == pool)
        assert run.pools.queue_us[pool].sum() == waits
    lives = sum(min(e, end) - b for _, b, e in plain.lives)
    assert run.site.open_us.sum() == lives
    assert (run.pools.queue_us > 0).any()


def test_orders_are_counted_once(run: Measured) -> None:
    orders = np.concatenate([log.orders for log in run.logs])
    assert run.site.created.sum() == len(orders)
    for state, got in (
        (r.DELIVERED, run.site.delivered),
        (r.FAILED, run.site.failed),
        (r.CANCELLED, run.site.cancelled),
    ):
        ended = np.concatenate(
            [
                log.orders[
                    (log.orders[:, r.ORDER_STATE] == state) & (log.orders[:, r.ORDER_ENDED] < log.cut_us)
                ]
                for log in run.logs
            ]
        )[:, r.ORDER_ENDED]
        assert got.sum() == (ended < DAYS * DAY).sum()
    still_open = len(orders) - run.site.delivered.sum() - run.site.failed.sum() - run.site.cancelled.sum()
    carried = run.carried.n_left_open + len(run.carried.orders)
    assert carried == still_open


def test_stages_add_up_to_the_time_in_the_system_and_percentiles_are_of_orders(run: Measured) -> None:
    orders = np.concatenate([log.orders[log.orders[:, r.ORDER_ENDED] < log.cut_us] for log in run.logs])
    done = orders[orders[:, r.ORDER_STATE] == r.DELIVERED]
    taken = done[:, r.ORDER_ENDED] - done[:, r.ORDER_CREATED]
    interval = done[:, r.ORDER_ENDED] // QUARTER
    assert (np.bincount(interval) > 1).any()
    for k in range(DAYS * DAY // QUARTER):
        mine = np.sort(taken[interval == k])
        assert run.site.stages_us[:, k].sum() == mine.sum()
        for row, share in enumerate((0.5, 0.9)):
            wanted = np.quantile(mine, share, method="inverted_cdf") if len(mine) else r.NONE
            assert run.site.percentiles_us[row, k] == wanted


@pytest.mark.parametrize("seed", range(repeats(4, 30)))
def test_day_by_day_is_as_at_once(seed: int) -> None:
    case = draw_case(seed, n_orders=600, days=DAYS)
    run = measure(case)
    whole = a.no_activity()
    for log in run.logs:
        whole = a.join_activity(whole, describe_activity(log, run.equipment))
    first = run.logs[0]
    empty = DayLog(0, first.orders[:0], first.lines[:0], first.steps[:0], 0)
    site, pools, _ = measure_day(whole, empty, run.equipment, make_edges(0, DAYS * DAY, QUARTER))
    for got, wanted in zip((*run.site, *run.pools), (*site, *pools), strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_what_is_carried_does_not_grow_with_the_days() -> None:
    """Where orders pile up, too: of those open at the second midnight after their day, a number stays."""
    case = draw_case(0, n_orders=3000, days=12)
    case = case._replace(capacity=case.capacity._replace(stations=np.ones((1, 3), np.int64)), changes=[])
    equipment, carried, rows = describe_equipment(case.capacity), a.no_activity(), []
    for log in run_days(case, 12):
        _, _, carried = measure_day(
            carried, log, equipment, make_edges(log.day * DAY, (log.day + 1) * DAY, DAY)
        )
        rows.append(sum(map(len, carried[:-1])))
    assert carried.n_left_open > 500
    assert max(rows) < 1.3 * max(rows[:4])


def test_a_day_of_one_order_by_hand() -> None:
    """Two lines at one station: the second one waits a minute, then the courier waits two minutes for it."""
    capacity = Capacity(np.array([[1]]), np.array([1]), lead_us=3 * MINUTE)
    minutes = np.array([1, 3]) * MINUTE
    demand = Demand(
        created_us=np.array([14 * MINUTE]),
        number=np.array([0]),
        customer=np.array([0]),
        packing_us=np.array([MINUTE]),
        ride_out=np.array([4 * MINUTE]),
        ride_back=np.array([5 * MINUTE]),
        line_start=np.array([0, 2]),
        step_start=np.array([0, 1, 2]),
        step_type=np.array([0, 0]),
        duration_us=minutes,
        expected_us=minutes,
        draw=np.array([0]),
        line_item=np.array([0, 0], np.int32),
    )
    run = measure(Case(capacity, demand, [(20 * MINUTE, 1, 0), (23 * MINUTE, 0, 0)], []), days=1)

    def in_minutes(values: NDArray[np.int64]) -> list[float]:
        return [value / MINUTE for value in values[:3].tolist()]

    # Created at 14, cooked from 14 to 15 and to 18, packed at 19, delivered at 23, back at 28.
    assert in_minutes(run.site.open_us) == [1, 8, 0]
    assert in_minutes(run.pools.queue_us[0]) == [1, 0, 0]
    assert run.pools.queue_max[0, :3].tolist() == [1, 0, 0]
    assert in_minutes(run.pools.work_us[0]) == [1, 3, 0]
    assert in_minutes(run.pools.capacity_us[0]) == [15, 8, 0]
    assert in_minutes(run.site.holding_us) == [0, 4, 0]
    assert in_minutes(run.site.riding_out_us) == [0, 4, 0]
    assert in_minutes(run.site.riding_back_us) == [0, 5, 0]
    assert in_minutes(run.site.off_duty_us) == [0, 2, 15]
    assert run.site.delivered[:3].tolist() == [0, 1, 0]
    assert in_minutes(run.site.percentiles_us[1]) == [-1 / MINUTE, 9, -1 / MINUTE]
    assert in_minutes(run.site.stages_us[:, 1]) == [1, 4, 0]


def test_the_last_interval_is_shorter_where_it_must_be() -> None:
    assert np.diff(make_edges(0, 50, 20)).tolist() == [20, 20, 10]
    assert np.diff(make_edges(-40, 0, 20)).tolist() == [20, 20]
