"""A site that leaves ended orders behind and takes the next ones does what it does in one run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.going_on import take_over
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import make_site
from tests.effort import repeats
from tests.queueing.sites import MINUTE, draw_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_STOPS = repeats(40, 500)
# What is a number of a row; the rest is the same, whatever the numbers are.
LINKS = [r.ORDER_FIRST_LINE, r.ORDER_END_LINE]


def note(site: r.SiteArrays, orders: NDArray[np.int64], starts: dict[int, list[list[int]]]) -> None:
    """Note the outcome of the orders that are not to come any more; their numbers are unique."""
    for row in site.orders[site.orders[:, r.ORDER_STATE] != r.CANDIDATE]:
        number = int(row[r.ORDER_NUMBER])
        orders[number] = row
        first, end = row[r.ORDER_FIRST_LINE], row[r.ORDER_END_LINE]
        steps = slice(site.lines[first, r.LINE_FIRST_STEP], site.lines[end - 1, r.LINE_END_STEP])
        starts[number] = site.steps[steps].tolist()


@pytest.mark.parametrize("unit_us", [1, MINUTE], ids=["microseconds", "whole minutes"])
@pytest.mark.parametrize("seed", range(4))
def test_stops_change_nothing(seed: int, unit_us: int) -> None:
    case = draw_case(seed, unit_us=unit_us)
    case = case._replace(demand=case.demand._replace(number=np.arange(len(case.demand.number))))
    demand, n = case.demand, len(case.demand.number)
    whole = make_site(*case)
    run_site(r.NEVER, whole)
    expected = np.zeros_like(whole.orders)
    expected_starts: dict[int, list[list[int]]] = {}
    note(whole, expected, expected_starts)

    draws = np.random.default_rng([seed, 2])
    site = make_site(case.capacity, demand.section(0, 0), case.changes, case.weather)
    found = np.zeros_like(whole.orders)
    found_starts: dict[int, list[list[int]]] = {}
    given = most = 0
    for stop in np.sort(draws.integers(0, demand.created_us[-1], N_STOPS)).tolist():
        # Up to 50 orders more than those that come before the stop.
        end = max(given, min(n, int(np.searchsorted(demand.created_us, stop)) + int(draws.integers(0, 50))))
        site = take_over(site, demand.section(given, end))
        given, most = end, max(most, len(site.orders))
        run_site(stop, site)
        note(site, found, found_starts)
    site = take_over(site, demand.section(given, n))
    run_site(r.NEVER, site)
    note(site, found, found_starts)
    assert most < n
    others = [column for column in range(r.ORDER_COLUMNS) if column not in LINKS]
    np.testing.assert_array_equal(found[:, others], expected[:, others])
    assert found_starts == expected_starts
