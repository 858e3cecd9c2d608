"""Whatever a template folder says, nothing is lost in its run, or one clear line refuses it."""

from __future__ import annotations

import datetime as dt
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import event, given, settings

from fastgen.errors import ScenarioError
from fastgen.model.stations import STATION_TYPES
from fastgen.queueing.kernels import records as r
from fastgen.templates.reading import read_universe
from fastgen.units import MIN_PER_DAY, US_PER_MIN
from fastgen.universes.site_plan import SitePlan, plan_sites
from fastgen.universes.site_run import draw_day, run_days
from tests.effort import repeats
from tests.queueing.spans import assert_apart
from tests.small_town import write_towns
from tests.templates.folders import write
from tests.universes.any_universe import DAYS, template_files

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.day_log import DayLog

EXAMPLES = repeats(60, 2000)
# Seeds of the engine's draws; what hypothesis draws are the templates.
SEED = 3
REFUSAL = re.compile(
    r"/sites/sf\.json: (kitchens\[\d\]\.stations|couriers\.modes|disturbances\[\d\](\.[a-z_]+)?): "
    r"expected [^\n]+, got [^\n]+"
)


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("roads")
    write_towns(folder)
    return folder


def plan_site(files: dict[str, Any], roads: Path) -> SitePlan | str:
    """Plan the site of a folder; a text is the reason why it is refused."""
    with tempfile.TemporaryDirectory() as name:
        folder = write(files, Path(name))
        try:
            universe = read_universe(folder)
        except ScenarioError as error:
            return str(error).removeprefix(str(folder))
        (plan,) = plan_sites(universe, SEED, dt.date(2024, 3, 8), roads, lambda _: None)
    return plan


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True)
@given(files=template_files())
def test_nothing_is_lost_or_one_line_refuses(files: dict[str, Any], roads: Path) -> None:
    plan = plan_site(files, roads)
    event("refused" if isinstance(plan, str) else "run")
    if isinstance(plan, str):
        assert REFUSAL.fullmatch(plan), plan
        return
    logs = list(run_days(plan, DAYS))
    assert [log.day for log in logs] == list(range(DAYS))
    for log in logs:
        check_orders(plan, log)
        check_steps(log)
    check_customers(plan, logs)
    check_places(logs)
    check_disturbances(plan, logs, len(files["brands/soups.json"]["items"]))
    for log, shorter in zip(logs, run_days(plan, DAYS - 1), strict=False):
        np.testing.assert_array_equal(log.orders, shorter.orders)
        np.testing.assert_array_equal(log.steps, shorter.steps)


def check_orders(plan: SitePlan, log: DayLog) -> None:
    """Check that every order ends delivered, failed or cancelled or is open, its times in order."""
    orders, states = log.orders, log.orders[:, r.ORDER_STATE]
    assert np.isin(states, [r.OPEN, r.DELIVERED, r.FAILED, r.CANCELLED]).all()
    assert (orders[states != r.OPEN, r.ORDER_ENDED] < log.cut_us).all()
    assert (orders[states == r.OPEN, r.ORDER_ENDED] == r.NOT_YET).all()
    chain = [r.ORDER_CREATED, r.ORDER_STARTED, r.ORDER_FINISHED, r.ORDER_READY]
    done = orders[states == r.DELIVERED]
    assert (np.diff(done[:, [*chain, r.ORDER_PICKED_UP, r.ORDER_ENDED]], axis=1) >= 0).all()
    failed = orders[states == r.FAILED]
    assert (failed[:, r.ORDER_RIDE_OUT] == r.NONE).all()
    assert (np.diff(failed[:, [*chain, r.ORDER_ENDED]], axis=1) >= 0).all()
    cancelled = orders[states == r.CANCELLED]
    assert (cancelled[:, r.ORDER_CREATED] == cancelled[:, r.ORDER_ENDED]).all()
    kinds = {one.kind for one in plan.site.disturbances}
    assert len(cancelled) == 0 or "kitchen_closed" in kinds
    if len(plan.capacity.paces) == 0:
        assert len(done) == 0
    ready = orders[:, r.ORDER_READY] != r.NOT_YET
    packed = orders[ready, r.ORDER_READY] - orders[ready, r.ORDER_FINISHED]
    assert (packed == plan.population.packing_us).all()


def check_steps(log: DayLog) -> None:
    """Check that the steps of a line follow each other, and that all those of a finished order are done."""
    started, durations = log.steps[:, r.STEP_STARTED], log.steps[:, r.STEP_DURATION]
    assert (durations >= 1).all()
    first, end = log.lines[:, r.LINE_FIRST_STEP], log.lines[:, r.LINE_END_STEP]
    line = np.repeat(np.arange(len(log.lines)), end - first)
    order = log.lines[line, r.LINE_ORDER]
    finished = log.orders[order, r.ORDER_FINISHED]
    begun = started != r.NOT_YET
    assert begun[finished != r.NOT_YET].all()
    assert (started[begun] >= log.orders[order[begun], r.ORDER_CREATED]).all()
    assert ((started + durations <= finished) | (finished == r.NOT_YET)).all()
    follows = (line[1:] == line[:-1]) & begun[1:]
    assert begun[:-1][follows].all()
    assert (started[1:] >= started[:-1] + durations[:-1])[follows].all()


def check_customers(plan: SitePlan, logs: list[DayLog]) -> None:
    """Check that every wish is an order, unless its customer was waiting or eating."""
    free, still_open = dict[int, int](), set[int]()
    eating_us = round(plan.site.population.eating_min * US_PER_MIN)
    for log in logs:
        wishes = draw_day(plan, log.day)
        orders = {int(row[r.ORDER_INDEX]): row for row in log.orders}
        assert len(orders) == len(log.orders)
        assert set(orders) <= set(wishes.draw.tolist())
        columns = (wishes.created_us.tolist(), wishes.draw.tolist(), wishes.customer.tolist())
        for created, index, customer in zip(*columns, strict=True):
            row = orders.get(index)
            if row is None:
                # An order that was open at its cut may have stayed so, or have ended later.
                assert customer in still_open or free[customer] > created
                continue
            assert (row[r.ORDER_CREATED], row[r.ORDER_CUSTOMER]) == (created, customer)
            assert free.get(customer, created) <= created
            if row[r.ORDER_STATE] == r.OPEN:
                free[customer] = log.cut_us
                still_open.add(customer)
            else:
                is_eating = row[r.ORDER_STATE] == r.DELIVERED
                free[customer] = int(row[r.ORDER_ENDED]) + eating_us * is_eating


def check_places(logs: list[DayLog]) -> None:
    """Check that no station serves two lines at a time, and that no courier carries two orders."""
    steps = np.concatenate([log.steps[log.steps[:, r.STEP_STARTED] != r.NOT_YET] for log in logs])
    began = steps[:, r.STEP_STARTED]
    assert_apart(steps[:, r.STEP_STATION], began, began + steps[:, r.STEP_DURATION])
    orders = np.concatenate([log.orders[log.orders[:, r.ORDER_STATE] == r.DELIVERED] for log in logs])
    assert_apart(orders[:, r.ORDER_COURIER], orders[:, r.ORDER_ASSIGNED], orders[:, r.ORDER_ENDED])


def check_disturbances(plan: SitePlan, logs: list[DayLog], n_soups: int) -> None:
    """Check that what is gone for a day does nothing on it, and that nobody orders from a brand too early."""
    orders = np.concatenate([log.orders for log in logs])
    created, assigned = orders[:, r.ORDER_CREATED], orders[:, r.ORDER_ASSIGNED]
    for one in plan.site.disturbances:
        begins_us = plan.day_start_us(one.from_min // MIN_PER_DAY)
        ends_us = plan.day_start_us(one.from_min // MIN_PER_DAY + 1)
        is_whole = one.share in (None, 1) and one.kitchen is None
        if one.kind == "station_outage" and is_whole:
            began = [began_us(plan, log, STATION_TYPES.index(one.station_type or "")) for log in logs]
            times = np.concatenate(began)
            assert not ((begins_us <= times) & (times < ends_us)).any()
        if one.kind == "fewer_couriers" and is_whole:
            assert not ((begins_us <= assigned) & (assigned < ends_us)).any()
        if one.kind == "kitchen_closed" and is_whole:
            closed = (begins_us <= created) & (created < ends_us)
            assert (orders[closed, r.ORDER_STATE] == r.CANCELLED).all()
        if one.kind == "brand_launch":
            # The files of brands are sorted: soups before toasts.
            day, minute = divmod(one.from_min, MIN_PER_DAY)
            launched_us = int(plan.minute_starts_us(day)[minute])
            first, end = (0, n_soups) if one.brand == "soups" else (n_soups, n_soups + 2)
            for log in logs:
                items = log.lines[:, r.LINE_ITEM]
                ordered_us = log.orders[log.lines[:, r.LINE_ORDER], r.ORDER_CREATED]
                before = ordered_us < launched_us
                assert not (before & (first <= items) & (items < end)).any()


def began_us(plan: SitePlan, log: DayLog, kind: int) -> NDArray[np.int64]:
    """List when steps began at stations of a type."""
    sizes = plan.capacity.stations
    kinds = np.repeat(np.tile(np.arange(sizes.shape[1]), len(sizes)), sizes.ravel())
    steps = log.steps[log.steps[:, r.STEP_STARTED] != r.NOT_YET]
    began: NDArray[np.int64] = steps[kinds[steps[:, r.STEP_STATION]] == kind, r.STEP_STARTED]
    return began
