"""Surges, launches and closed kitchens of a scenario: what they change of its orders, and what stays."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.cooking.source import StationsSource
from fastgen.errors import ScenarioError
from fastgen.model.day_orders import NOT_YET_US
from fastgen.model.order_source import OrderRange
from fastgen.units import US_PER_MIN, US_PER_S
from tests.cooking.kitchens import CHICAGO, SF, assert_equal, fill, fill_day
from tests.cooking.towns import DAYS, Towns, text_of

if TYPE_CHECKING:
    from fastgen.generating.simulation import Simulation
    from fastgen.model.day_orders import DayOrders

CREATED, PICKED_UP = 0, 5
NOON_US, TWO_US, CLOSES_US, OPENS_US = (round((48 + h) * 3600) * US_PER_S for h in (12, 14, 18.8, 21))
SURGE = '{ kind = "demand_surge", name = "it", factor = 2.5, from = "2 12:00", to = "2 14:00" }'
LAUNCH = '{ kind = "brand_launch", name = "it", brand = "Tangelo & Thyme", from = "2 12:00" }'
CLOSED = '{ kind = "kitchen_closed", name = "it", from = "2 18:48", to = "2 21:00" }'
# A brand of sf, and sf without it.
LAUNCHED = 16
WITHOUT = (
    "[locations.sf]\nbrands = [" + ", ".join(f"{{ brand_id = {n} }}" for n in (4, 10, 15, 17, 18)) + "]\n"
)


@pytest.fixture(scope="module")
def towns(tmp_path_factory: pytest.TempPathFactory) -> Towns:
    return Towns(tmp_path_factory.mktemp("demand"))


@pytest.fixture(scope="module")
def usual(towns: Towns) -> Simulation:
    return towns.simulate()


def basket_of(orders: DayOrders, i: int) -> list[tuple[int, int]]:
    lines = slice(*orders.line_start[[i, i + 1]])
    return list(zip(orders.line_item[lines].tolist(), orders.line_qty[lines].tolist(), strict=True))


def order_of(orders: DayOrders, i: int) -> tuple[object, ...]:
    """List what a customer decides: when, where to, what."""
    n = int(orders.times_us[i, CREATED]), int(orders.customer[i]), int(orders.house_number[i])
    return (*n, *basket_of(orders, i))


def test_a_surge_adds_orders_and_leaves_the_usual_ones(towns: Towns, usual: Simulation) -> None:
    """Usual orders keep their draws, so their customers, baskets and kitchens too."""
    surging = towns.simulate(SURGE)
    for location_id, days in ((SF, (0, 1)), (CHICAGO, range(DAYS))):
        for day in days:
            assert_equal(fill_day(surging, location_id, day), fill_day(usual, location_id, day))
    mine, theirs = fill_day(surging, SF, 2), fill_day(usual, SF, 2)
    n = len(theirs.draw)
    is_added = mine.draw >= n
    added_us = mine.times_us[is_added, CREATED]
    assert ((added_us >= NOON_US) & (added_us < TWO_US)).all()
    kept = np.flatnonzero(~is_added)
    np.testing.assert_array_equal(mine.draw[kept], theirs.draw)
    assert [order_of(mine, i) for i in kept.tolist()] == [order_of(theirs, i) for i in range(n)]
    np.testing.assert_array_equal(np.sort(mine.draw[is_added]), np.arange(n, len(mine.draw)))
    before = theirs.times_us < NOON_US
    np.testing.assert_array_equal(mine.times_us[kept][before], theirs.times_us[before])
    assert (mine.times_us[kept] != theirs.times_us).any()
    # The day after has the same orders, with other ids: those count all orders before.
    assert_equal(fill_day(surging, SF, 3), fill_day(usual, SF, 3))
    index = surging.source.first_index, usual.source.first_index
    assert index[0][CHICAGO][2] - index[1][CHICAGO][2] == is_added.sum()
    assert index[0][SF][2] == index[1][SF][2]


def test_a_surge_has_so_many_times_as_many_orders(towns: Towns) -> None:
    """Of 40 days: 2.5 times the orders of two hours, within four standard deviations."""
    daily = SURGE.replace('"2 12:00"', '"0 12:00"').replace('to = "2 14:00"', 'to = "0 14:00"')
    every = [daily.replace('"it"', f'"{n}"').replace('"0 ', f'"{n} ') for n in range(40)]
    counts = []
    for some in ((), every):
        simulation = towns.simulate(*some, days=40)
        counts.append(simulation.source.n_orders[SF])
        np.testing.assert_allclose(
            simulation.source.n_orders[SF].sum(), simulation.source.expected_orders[SF].sum(), rtol=0.06
        )
    source = towns.simulate(days=40).source
    assert isinstance(source, StationsSource)
    weight = source.orders.parameters[SF].demand.weight[720:840].sum()
    added = int((counts[1] - counts[0]).sum())
    expected = 1.5 * float(source.expected_orders[SF].sum()) * weight
    assert abs(added - expected) < 4 * expected**0.5
    assert added > 100


def test_surges_at_the_same_time_multiply(towns: Towns) -> None:
    one = '{ kind = "demand_surge", name = "a", factor = 2, from = "1 22:00", to = "3 02:00" }'
    other = one.replace('"a"', '"b"').replace('"1 22:00", to = "3 02:00"', '"2 00:00"').replace("2,", "3,")
    both = towns.simulate(one, other).source.expected_orders[SF]
    plain = towns.simulate().source.expected_orders[SF]
    assert both[0] == plain[0]
    assert plain[1] < both[1] < 2 * plain[1]
    assert both[2] == pytest.approx(6 * plain[2])
    assert 3 * plain[3] < both[3] < 6 * plain[3]


def test_orders_of_a_surge_are_the_same_in_parts(towns: Towns) -> None:
    simulation = towns.simulate(SURGE, LAUNCH.replace('"it"', '"launch"'))
    n = int(simulation.source.n_orders[SF][2])
    whole = fill_day(simulation, SF, 2)
    for first in range(0, n, 17):
        some = min(17, n - first)
        assert_equal(fill(simulation, SF, OrderRange(2, first, some, 0)), whole.section(first, first + some))


@pytest.mark.parametrize("disturbance", [SURGE, LAUNCH, CLOSED])
def test_the_first_day_knows_of_nothing_to_come(towns: Towns, usual: Simulation, disturbance: str) -> None:
    """What was on before day 0 is played with the orders of day 0, undisturbed."""
    first = disturbance.replace('"2 ', '"0 ')
    base = towns.simulate(text=text_of().replace("[locations.sf.", WITHOUT + "[locations.sf."))
    plain = base if disturbance == LAUNCH else usual
    mine, theirs = fill_day(towns.simulate(first), SF, 0), fill_day(plain, SF, 0)
    noon_us = 12 * 60 * US_PER_MIN
    n = int((theirs.times_us[:, CREATED] < noon_us).sum())
    assert n > 10
    before = theirs.times_us[:n] < noon_us
    np.testing.assert_array_equal(mine.times_us[:n][before], theirs.times_us[:n][before])


def test_a_launch_replaces_baskets_by_its_own(towns: Towns) -> None:
    """Orders and customers stay, and every basket that the launched brand isn't in."""
    text = text_of().replace("[locations.sf.", WITHOUT + "[locations.sf.")
    base, launched = towns.simulate(text=text), towns.simulate(LAUNCH)
    brand = launched.dims.items.brand_id
    shares = Counter[bool]()
    for day in range(DAYS):
        mine, theirs = fill_day(launched, SF, day), fill_day(base, SF, day)
        np.testing.assert_array_equal(mine.times_us[:, CREATED], theirs.times_us[:, CREATED])
        np.testing.assert_array_equal(mine.house_number, theirs.house_number)
        for i, created_us in enumerate(mine.times_us[:, CREATED].tolist()):
            has_it = any(brand[item] == LAUNCHED for item, _ in basket_of(mine, i))
            assert not any(brand[item] == LAUNCHED for item, _ in basket_of(theirs, i))
            if not has_it:
                assert basket_of(mine, i) == basket_of(theirs, i)
            if created_us < NOON_US:
                assert not has_it
            else:
                shares[has_it] += 1
        before = theirs.times_us < NOON_US
        np.testing.assert_array_equal(mine.times_us[before], theirs.times_us[before])
    # One of six brands, and in baskets of several brands more often.
    assert 0.1 < shares[True] / shares.total() < 0.45


def test_the_second_launch_leaves_the_first_one_alone(towns: Towns) -> None:
    later = LAUNCH.replace("Tangelo & Thyme", "Yarrow & Millet").replace('"2 12:00"', '"3 00:00"')
    one, both = towns.simulate(LAUNCH), towns.simulate(LAUNCH, later.replace('"it"', '"later"'))
    brand = one.dims.items.brand_id
    only = towns.simulate(LAUNCH.replace('"it"', '"first"'), later)
    assert_equal(fill_day(only, SF, 3), fill_day(both, SF, 3))
    mine = fill_day(both, SF, 3)
    assert {4, LAUNCHED} <= set(brand[mine.line_item[: mine.line_start[-1]]].tolist())
    early = fill_day(both, SF, 2)
    assert 4 not in brand[early.line_item[: early.line_start[-1]]]


@pytest.mark.parametrize(
    ("launch", "message"),
    [
        (
            LAUNCH.replace("Tangelo", "Mango"),
            "brand: expected a brand of the location's brands, got 'Mango &",
        ),
        (
            LAUNCH.replace("Tangelo & Thyme", "Forno Civetta"),
            "brand: expected a brand of the location's brands, got 'Forno Civetta'",
        ),
    ],
)
def test_a_brand_that_is_not_sold_there_is_refused(towns: Towns, launch: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        towns.simulate(launch)
    assert str(caught.value).startswith(
        f"{towns.folder / 'it.toml'}: locations.sf.kitchen.disturbances[0].{message}"
    )
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("brands", "message"),
    [
        (
            "{ brand_id = 16 }",
            "from: expected another brand on sale on day 0, before the launch at '2 12:00'",
        ),
        (
            "{ brand_id = 16 }, { brand_id = 4, start_day = 1 }",
            "from: expected another brand on sale on day 0, before the launch at '2 12:00'",
        ),
        (
            "{ brand_id = 16, start_day = 3 }, { brand_id = 4 }",
            "from: expected a day on which the location's brands have 'Tangelo & Thyme', got 2",
        ),
    ],
)
def test_something_is_sold_before_a_launch(towns: Towns, brands: str, message: str) -> None:
    text = text_of(LAUNCH).replace("[locations.sf.", f"[locations.sf]\nbrands = [{brands}]\n[locations.sf.")
    with pytest.raises(ScenarioError, match="disturbances") as caught:
        towns.simulate(text=text)
    assert message in str(caught.value)


def test_orders_of_closed_kitchens_are_cancelled_at_once(towns: Towns, usual: Simulation) -> None:
    closed = towns.simulate(CLOSED)
    for day in (0, 1, 3):
        mine, theirs = fill_day(closed, SF, day), fill_day(usual, SF, day)
        assert_equal(mine, theirs)
        assert mine.endings is not None
        assert (mine.endings.reason == 0).all()
    mine, theirs = fill_day(closed, SF, 2), fill_day(usual, SF, 2)
    assert mine.endings is not None
    created = theirs.times_us[:, CREATED]
    is_cancelled = (created >= CLOSES_US) & (created < OPENS_US)
    assert is_cancelled.sum() > 5
    np.testing.assert_array_equal(mine.times_us[:, CREATED], created)
    np.testing.assert_array_equal(mine.endings.reason, is_cancelled)
    np.testing.assert_array_equal(mine.endings.cancelled_us, np.where(is_cancelled, created, NOT_YET_US))
    assert (mine.times_us[is_cancelled, 1:] == NOT_YET_US).all()
    # What the kitchens have, they cook.
    before = created < CLOSES_US
    assert (mine.times_us[before, PICKED_UP] > CLOSES_US).any()
    past = before[:, None] & (theirs.times_us < CLOSES_US)
    np.testing.assert_array_equal(mine.times_us[past], theirs.times_us[past])
    assert (mine.times_us[~is_cancelled] >= created[~is_cancelled, None]).all()


def test_kitchens_that_close_one_after_the_other_cancel_nothing(towns: Towns) -> None:
    def closed(n: int, begins: str, ends: str) -> str:
        return (
            f'{{ kind = "kitchen_closed", name = "{n}", kitchen = "kitchen-{n}", '
            f'from = "2 {begins}", to = "2 {ends}" }}'
        )

    first = closed(1, "19:00", "21:00")
    assert not towns.simulate(first, closed(2, "21:00", "22:00")).source.may_end_early
    assert towns.simulate(first, closed(2, "20:59", "22:00")).source.may_end_early
