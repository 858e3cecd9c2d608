"""Surges add orders, launches add brands, and all other draws stay the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.queueing.kernels.population import NUMBER_BITS, SURGE_NUMBER
from fastgen.units import US_PER_DAY, US_PER_MIN
from fastgen.universes.site_run import draw_day
from tests.universes.disturbed import ALL_KINDS, DAYS, NOON_US, TWO_US, PlanSite

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.site import Demand


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


def test_a_surge_comes_on_top(plan_site: PlanSite) -> None:
    plain, surged = plan_site(), plan_site(ALL_KINDS["surge"])
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


def test_a_surge_is_as_large_as_it_says_and_two_multiply(plan_site: PlanSite) -> None:
    """In 60 days of two surges, candidates a minute are 1, 3 and 6 times as many as usual."""
    surges = [
        {"kind": "demand_surge", "factor": 3, "name": "a", "from": "0 11:00", "to": "99 00:00"},
        {"kind": "demand_surge", "factor": 2, "name": "b", "from": "30 00:00", "to": "60 00:00"},
    ]
    one = plan_site(*surges)
    usual = one.population.n_customers * one.population.orders_per_day
    for days, factor in ((range(1, 30), 3), (range(30, 60), 6)):
        n = sum(len(draw_day(one, day).created_us) for day in days)
        mean = len(days) * usual * factor
        assert abs(n - mean) < 4 * mean**0.5


def test_before_its_launch_nobody_knows_of_a_brand(plan_site: PlanSite) -> None:
    """Orders before are those of a site that doesn't sell it; later lines of other brands, too."""
    launch = {"kind": "brand_launch", "brand": "toasts", "name": "it", "from": "1 12:00"}
    without, launched = plan_site(brands=["soups"]), plan_site(launch)
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


def test_items_are_equally_likely_once_they_are_sold(plan_site: PlanSite) -> None:
    """Before, of those that are sold; a brand that is launched on day 0 is no exception."""
    launch = {"kind": "brand_launch", "brand": "soups", "name": "it", "from": "5 00:00"}
    plan = plan_site(launch)
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


def test_minutes_of_candidates_are_in_the_address_of_their_draws(plan_site: PlanSite) -> None:
    """So that a launch and a surge go by the clock of the site, whatever the time zone."""
    demand = draw_day(plan_site(timezone="America/Los_Angeles"), 1)
    assert demand.draw is not None
    minute = (demand.created_us - US_PER_DAY - 8 * 60 * US_PER_MIN) // US_PER_MIN
    np.testing.assert_array_equal(demand.draw >> NUMBER_BITS, minute)
