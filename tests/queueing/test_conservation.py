"""Nothing is lost, nothing is in two places, and no station stands idle while a line waits for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import run_site
from fastgen.queueing.site import make_site
from tests.effort import repeats
from tests.queueing.sites import Case, draw_case
from tests.queueing.spans import assert_apart
from tests.queueing.template_sites import draw_template_case

if TYPE_CHECKING:
    from numpy.typing import NDArray

N_ORDERS = 20_000
DAYS = 60


@pytest.fixture(params=range(repeats(3, 10)))
def run(request: pytest.FixtureRequest) -> tuple[Case, r.SiteArrays]:
    """Run a site to its end, whose stations and couriers never change."""
    case = draw_case(request.param, N_ORDERS, DAYS)._replace(changes=[])
    site = make_site(*case)
    run_site(r.NEVER, site)
    return case, site


def ended_us(site: r.SiteArrays) -> NDArray[np.int64]:
    ended: NDArray[np.int64] = site.steps[:, r.STEP_STARTED] + site.steps[:, r.STEP_DURATION]
    return ended


def pool_of_step(case: Case, site: r.SiteArrays) -> NDArray[np.int64]:
    line = np.repeat(np.arange(len(site.lines)), np.diff(case.demand.step_start))
    pools = site.lines[line, r.LINE_KITCHEN] * site.settings[r.N_TYPES] + site.steps[:, r.STEP_TYPE]
    begun: NDArray[np.int64] = pools[cooked(site)]
    return begun


def asked_us(site: r.SiteArrays) -> NDArray[np.int64]:
    """When each step asked for its station: at the end of the step before, or when the order was created."""
    asked = np.concatenate(([0], ended_us(site)[:-1]))
    first = site.lines[:, r.LINE_FIRST_STEP]
    asked[first] = site.orders[site.lines[:, r.LINE_ORDER], r.ORDER_CREATED]
    return asked


def cooked(site: r.SiteArrays) -> NDArray[np.bool_]:
    begun: NDArray[np.bool_] = site.steps[:, r.STEP_STARTED] != r.NOT_YET
    return begun


def test_every_order_ends(run: tuple[Case, r.SiteArrays]) -> None:
    case, site = run
    orders = site.orders
    assert np.isin(orders[:, r.ORDER_STATE], [r.DELIVERED, r.FAILED, r.DROPPED]).all()
    assert (orders[:, r.ORDER_STATE] == r.DROPPED).any() == (case.capacity.n_customers > 0)
    taken = orders[orders[:, r.ORDER_STATE] != r.DROPPED]
    np.testing.assert_array_equal(taken[:, r.ORDER_STATE] == r.FAILED, taken[:, r.ORDER_RIDE_OUT] == r.NONE)
    done = orders[orders[:, r.ORDER_STATE] == r.DELIVERED]
    chain = [r.ORDER_CREATED, r.ORDER_STARTED, r.ORDER_FINISHED, r.ORDER_READY, r.ORDER_PICKED_UP]
    assert (np.diff(done[:, [*chain, r.ORDER_ENDED]], axis=1) >= 0).all()
    # A courier is called when the end is near, and waits for the order or lets it wait.
    later = np.maximum(done[:, r.ORDER_ARRIVED], done[:, r.ORDER_READY])
    np.testing.assert_array_equal(done[:, r.ORDER_PICKED_UP], later)
    assert (done[:, r.ORDER_ASSIGNED] <= done[:, r.ORDER_ARRIVED]).all()


def test_a_station_serves_one_line_and_a_courier_one_order(run: tuple[Case, r.SiteArrays]) -> None:
    site = run[1]
    assert_nobody_is_in_two_places(site)
    # Each has had several.
    delivered = site.orders[:, r.ORDER_STATE] == r.DELIVERED
    assert np.bincount(site.steps[cooked(site), r.STEP_STATION]).max() > 1
    assert np.bincount(site.orders[delivered, r.ORDER_COURIER]).max() > 1


@pytest.mark.parametrize("seed", range(repeats(3, 30)))
def test_so_it_is_whatever_disturbs_the_site(seed: int) -> None:
    """An order ends, or is open for ever since no station or courier of its kind comes back."""
    case = draw_template_case(seed)
    site = make_site(*case)
    run_site(r.NEVER, site)
    assert_nobody_is_in_two_places(site)
    assert r.CANDIDATE not in site.orders[:, r.ORDER_STATE]
    stuck = site.orders[site.orders[:, r.ORDER_STATE] == r.OPEN]
    last = {target: value for _, target, value in sorted(case.changes)}
    full = dict(enumerate(((1 << case.capacity.stations.ravel()) - 1).tolist()))
    masks = {**full, len(full): len(case.capacity.paces), **last}
    is_lame = any(size and not masks[pool] for pool, size in full.items()) or masks[len(full)] == 0
    assert is_lame or len(stuck) == 0


def assert_nobody_is_in_two_places(site: r.SiteArrays) -> None:
    steps = site.steps[cooked(site)]
    begins, ends = steps[:, r.STEP_STARTED], steps[:, r.STEP_STARTED] + steps[:, r.STEP_DURATION]
    assert_apart(steps[:, r.STEP_STATION], begins, ends)
    done = site.orders[site.orders[:, r.ORDER_STATE] == r.DELIVERED]
    assert_apart(done[:, r.ORDER_COURIER], done[:, r.ORDER_ASSIGNED], done[:, r.ORDER_ENDED])


def test_no_line_waits_while_a_station_of_its_type_is_free(run: tuple[Case, r.SiteArrays]) -> None:
    case, site = run
    mine = cooked(site)
    pool = pool_of_step(case, site)
    asked, begun, ended = asked_us(site)[mine], site.steps[mine, r.STEP_STARTED], ended_us(site)[mine]
    waited = 0
    for number, size in enumerate(case.capacity.stations.ravel()):
        of = pool == number
        times = np.concatenate((asked[of], begun[of], ended[of]))
        n = int(of.sum())
        order = np.argsort(times, kind="stable")
        queue = np.cumsum(np.repeat([1, -1, 0], n)[order])
        busy = np.cumsum(np.repeat([0, 1, -1], n)[order])
        settled = np.append(np.diff(times[order]) > 0, True)  # after the last event of a moment
        assert busy[settled].max() <= size
        assert (busy[settled][queue[settled] > 0] == size).all()
        waited += int((queue[settled] > 0).sum())
        # Little's law: the integral of the queue length is the sum of the waits.
        integral = (queue[:-1] * np.diff(times[order])).sum()
        assert integral == (begun[of] - asked[of]).sum()
    assert waited > 1000


def test_lines_of_a_queue_start_in_the_order_in_which_they_asked(run: tuple[Case, r.SiteArrays]) -> None:
    case, site = run
    mine = cooked(site)
    pool = pool_of_step(case, site)
    asked, begun = asked_us(site)[mine], site.steps[mine, r.STEP_STARTED]
    order = np.lexsort((asked, pool))
    later = (pool[order][1:] == pool[order][:-1]) & (asked[order][1:] > asked[order][:-1])
    assert (begun[order][1:] >= begun[order][:-1])[later].all()


@pytest.mark.parametrize("seed", range(repeats(3, 20)))
def test_a_run_in_many_pieces_is_one_run(seed: int) -> None:
    case = draw_case(seed)
    whole, pieces = make_site(*case), make_site(*case)
    run_site(r.NEVER, whole)
    for until in np.sort(np.random.default_rng(seed).integers(0, case.demand.created_us[-1], 500)):
        run_site(int(until), pieces)
        begun = pieces.orders[pieces.orders[:, r.ORDER_STATE] != r.CANDIDATE]
        assert (begun[:, r.ORDER_CREATED] < until).all()
    run_site(r.NEVER, pieces)
    for one, other in zip(whole, pieces, strict=True):
        np.testing.assert_array_equal(one, other)
