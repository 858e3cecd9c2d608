"""Momentum names shares of brands; whole brands are dealt, and the scenario file says what is wrong."""

from __future__ import annotations

import dataclasses
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import ScenarioError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.fields import field_specs
from fastgen.model.location import Location, Placement, check_popularity
from fastgen.model.momentum import Momentum
from fastgen.model.order_rules import ServiceTime
from fastgen.model.scenario import Scenario, scenario_from_dict
from fastgen.model.station_kitchens import StationKitchens
from tests.inputs.strategies import momenta

CANONICAL = load_scenario(None)
OLDER = Momentum(0.1, 0.2, 0.7, 0.8, 0.2)


@pytest.mark.parametrize(
    ("n_brands", "shares", "sizes"),
    [
        (24, (0.1, 0.2, 0.7), (2, 5, 17)),  # 2.4, 4.8, 16.8
        (10, (0.1, 0.2, 0.7), (1, 2, 7)),
        (10, (0.7, 0.2, 0.1), (7, 2, 1)),  # 10 · 0.7 is 7.000000000000001 or 6.999999999999999
        (7, (1 / 3, 1 / 3, 1 / 3), (3, 2, 2)),  # of equal remainders the first
        (1, (0.3, 0.3, 0.4), (0, 0, 1)),
        (1, (0.5, 0.0, 0.5), (1, 0, 0)),
        (0, (0.1, 0.2, 0.7), (0, 0, 0)),
        (5, (0.0, 0.0, 1.0), (0, 0, 5)),
    ],
)
def test_sizes_are_those_of_largest_remainders(
    n_brands: int, shares: tuple[float, float, float], sizes: tuple[int, int, int]
) -> None:
    counts = Counter(Momentum(*shares, 0.8, 0.2).growth_rates(n_brands))
    assert (counts[0.8], counts[0.0], counts[-0.2]) == sizes


@given(momentum=momenta(), n_brands=st.integers(0, 300))
def test_each_group_is_less_than_a_brand_off_its_share(momentum: Momentum, n_brands: int) -> None:
    marked = dataclasses.replace(momentum, growth=5.0, decline=0.5)
    rates = Counter(marked.growth_rates(n_brands))
    assert rates.total() == n_brands
    shares = {5.0: momentum.improving, 0.0: momentum.flat, -0.5: momentum.declining}
    assert all(abs(rates[rate] - n_brands * share) < 1 for rate, share in shares.items())


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ((0.1, 0.2, 0.6, 1, 0), "improving, flat, declining: expected shares with the sum 1, got 0.9."),
        ((0.1, 0.2, -0.1, 1, 0), "declining: expected 0 <= declining <= 1, got -0.1."),
        ((1, 0, 0, -0.1, 0), "growth: expected 0 <= growth <= 10, got -0.1."),
        ((1, 0, 0, 0, 1), "decline: expected 0 <= decline <= 0.99, got 1."),
    ],
)
def test_wrong_momentum_is_refused(values: tuple[float, ...], message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Momentum(*values)
    assert str(refused.value) == message


@pytest.mark.parametrize("brands", [None, (Placement(3, 10), Placement(4))])
def test_popularity_that_momentum_lets_grow_too_far_is_refused(brands: tuple[Placement, ...] | None) -> None:
    """Whichever brand is dealt the growth: 11^(3000 / 30) on the last day."""
    momentum = Momentum(0.1, 0.0, 0.9, 10.0, 0.0)
    place = dataclasses.replace(CANONICAL.locations[0], brands=brands, momentum=momentum)
    check_popularity(place, 2800, 30.0)
    with pytest.raises(ScenarioError) as refused:
        check_popularity(place, 3000, 30.0)
    assert str(refused.value) == (
        "locations.sf.momentum: expected a popularity below 1e+100, got 10^104 by growth 10.0 on day 3000."
    )


OWN = {
    "growth_orders_daily": -0.5,
    "noise_low": 0.5,
    "noise_high": 1.5,
    "momentum": OLDER,
    "baskets": CANONICAL.baskets,
    "service_times": CANONICAL.service_times,
    "driver": CANONICAL.driver,
    "delivery": CANONICAL.delivery,
    "kitchen": StationKitchens("stations"),
}


def with_first(**changes: object) -> Scenario:
    """Change the third location of the canonical scenario, whose orders don't grow."""
    places = list(CANONICAL.locations)
    places[2] = dataclasses.replace(places[2], **changes)  # type: ignore[arg-type]
    return dataclasses.replace(CANONICAL, locations=tuple(places))


def test_a_location_states_its_own_keys_only_where_it_has_them() -> None:
    """Scenarios from before these keys keep their form and their hash."""
    plain = CANONICAL.to_dict()["locations"]["bellevue"]
    assert not OWN.keys() & plain.keys()
    hashes = {CANONICAL.content_hash()}
    for key, value in OWN.items():
        scenario = with_first(**{key: value})
        tree = scenario.to_dict()["locations"]["bellevue"]
        assert tree.keys() - plain.keys() == {key}
        assert scenario_from_dict(scenario.to_dict()) == scenario
        hashes.add(scenario.content_hash())
    assert len(hashes) == len(OWN) + 1


def test_a_location_without_own_keys_has_the_scenarios() -> None:
    times = dataclasses.replace(CANONICAL.service_times, created_to_started=ServiceTime(1, 1))
    driver = dataclasses.replace(CANONICAL.driver, speed_mph=9)
    delivery = dataclasses.replace(CANONICAL.delivery, radius_mi=1)
    baskets = dataclasses.replace(CANONICAL.baskets, qty_max=9)
    own = {"service_times": times, "driver": driver, "delivery": delivery, "baskets": baskets}
    scenario = with_first(**own, noise_low=0.2)

    def values(place: Location) -> list[object]:
        looked_up = (scenario.service_times_of, scenario.driver_of, scenario.delivery_of, scenario.baskets_of)
        return [look_up(place) for look_up in looked_up]

    plain, _, changed, _ = scenario.locations
    assert values(changed) == [times, driver, delivery, baskets]
    assert values(plain) == [getattr(CANONICAL, key) for key in own]
    assert scenario.noise_of(changed) == (0.2, 1.1)
    assert scenario.noise_of(plain) == (0.9, 1.1)


def test_every_key_of_its_own_is_tried() -> None:
    specs = field_specs(Location)
    assert OWN.keys() == {name for name, spec in specs.items() if spec.sparse}
