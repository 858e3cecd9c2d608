"""A site gives the same orders in any company, in any number of pieces, for any number of days."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.errors import ScenarioError
from fastgen.queueing.kernels import records as r
from fastgen.templates.reading import read_universe
from fastgen.units import S_PER_DAY, US_PER_S
from fastgen.universes.site_plan import SitePlan, check_days, plan_sites, site_seed
from fastgen.universes.site_run import SiteRun, run_days
from tests.effort import repeats
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from fastgen.queueing.day_log import DayLog

HOUR = 3600 * US_PER_S
# The clocks of the west go forward on day 2.
START = dt.date(2024, 3, 8)


def plan(folder: Path, seed: int = 5, **sites: dict[str, object]) -> list[SitePlan]:
    templates, roads = write_universe(folder, **sites)
    return plan_sites(read_universe(templates), seed, START, roads, lambda _: None)


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> list[SitePlan]:
    return plan(tmp_path_factory.mktemp("universe"))


def assert_equal(found: Iterable[DayLog], expected: Iterable[DayLog]) -> None:
    for one, other in zip(found, expected, strict=True):
        assert (one.day, one.cut_us) == (other.day, other.cut_us)
        for mine, theirs in zip(one[1:4], other[1:4], strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_a_shorter_run_gives_the_first_days_of_a_longer_one(plans: list[SitePlan]) -> None:
    for site in plans:
        longer = list(run_days(site, 8))
        assert [log.day for log in longer] == list(range(8))
        assert min(len(log.orders) for log in longer) > 10
        for days in (1, 5):
            assert_equal(run_days(site, days), longer[:days])


def test_a_site_is_the_same_in_any_company(plans: list[SitePlan], tmp_path: Path) -> None:
    (alone,) = plan(tmp_path / "alone", sf={})
    *_, last = plan(tmp_path / "all", bellevue={}, chicago={}, sf={})
    expected = list(run_days(plans[1], 4))
    assert plans[1].site.info.name == "sf"
    for other in (alone, last):
        assert_equal(run_days(other, 4), expected)
    assert site_seed(5, "sf") != site_seed(5, "chicago") != site_seed(6, "chicago")


def test_orders_are_created_on_their_local_day_and_in_no_minute_that_the_clock_skips(
    plans: list[SitePlan],
) -> None:
    site = plans[1]
    assert site.day_start_us(0) == 8 * HOUR
    assert site.day_start_us(3) == 3 * S_PER_DAY * US_PER_S + 7 * HOUR
    for log in run_days(site, 5):
        created = log.orders[:, r.ORDER_CREATED]
        assert site.day_start_us(log.day) <= created.min()
        assert created.max() < site.day_start_us(log.day + 1)
        assert log.cut_us == site.day_start_us(log.day + 2)
    # Day 2 has 23 hours: minutes from 2:00 to 3:00 are left out.
    assert (site.minute_starts_us(2) == r.NEVER).tolist() == [120 <= m < 180 for m in range(1440)]


@pytest.mark.parametrize("seed", range(2))
def test_a_run_in_many_pieces_is_one_run(plans: list[SitePlan], seed: int) -> None:
    site, days = plans[seed], 6
    draws = np.random.default_rng(seed)
    end = site.day_start_us(days + 1)
    stops = np.sort(draws.integers(site.day_start_us(0), end, repeats(30, 500))).tolist()
    # The beginnings of days are stops of their own kind.
    stops = sorted([*stops, *(site.day_start_us(day) for day in range(days + 2))])
    run = SiteRun.begin(site)
    found: list[DayLog] = []
    for stop in stops:
        found += run.run_to(stop)
        assert run.clock_us == stop
        for log in run.take_incomplete(days):
            assert log.cut_us == stop
            assert (log.orders[:, r.ORDER_CREATED] < stop).all()
    assert_equal(found, run_days(site, days))


def test_days_that_are_not_complete_are_copied_up_to_the_clock(plans: list[SitePlan]) -> None:
    site = plans[0]
    *complete, third, fourth = run_days(site, 4)
    run = SiteRun.begin(site)
    stop = site.day_start_us(3) + 15 * HOUR
    assert_equal(run.run_to(stop), complete)
    before, last = run.take_incomplete(9)
    assert (before.day, last.day) == (2, 3)
    for cut, whole in ((before, third), (last, fourth)):
        n = len(cut.orders)
        np.testing.assert_array_equal(cut.orders[:, r.ORDER_INDEX], whole.orders[:n, r.ORDER_INDEX])
        ended = cut.orders[:, r.ORDER_STATE] == r.DELIVERED
        np.testing.assert_array_equal(cut.orders[ended], whole.orders[:n][ended])
    assert 0 < len(last.orders) < len(fourth.orders)


def test_more_days_than_the_clock_of_a_large_site_has_are_refused(tmp_path: Path) -> None:
    """Of 63 bits of an event's key, 17 number its courier: the rest are 407 days of microseconds."""
    plans = plan(tmp_path, sf={"couriers": {"number": 100_000}})
    check_days(plans, 376)
    with pytest.raises(ScenarioError) as caught:
        check_days(plans, 377)
    assert str(caught.value) == (
        "days: expected at most 376 for the 100006 stations and couriers of sf, got 377."
    )
