"""Every key of a scenario changes the events, or is listed here as one that only tables and hashes have."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.generating.inputs import simulate_scenario
from fastgen.generating.scan import scan_simulation
from fastgen.inputs.scenario_file import canonical_tree
from fastgen.model.demand import Demand, DemandEvent, DemandWindow
from fastgen.model.fields import field_specs
from fastgen.model.location import Location, Placement
from fastgen.model.momentum import Momentum
from fastgen.model.order_rules import Baskets, Delivery, Driver, ServiceTime, ServiceTimes
from fastgen.model.scenario import Scenario, scenario_from_dict
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

MOMENTUM = {"improving": 0.3, "flat": 0.3, "declining": 0.4, "growth": 2.0, "decline": 0.9}
PLACED = [{"brand_id": 4, "start_day": 0, "end_day": 9, "growth_rate_monthly": 0.5}, {"brand_id": 10}]
WINDOW = {"start": "01:00", "end": "03:00", "peak": 20.0, "shape": "flat"}
FEAST = {"locations": ["sf"], "first_day": 2, "last_day": 4, "factor": 3.0, "from": "10:00", "to": "20:00"}
# Where the keys of each class are in a scenario; a number is a place in a list.
CLASSES: dict[str, type] = {
    "": Scenario,
    "demand": Demand,
    "demand.windows.lunch": DemandWindow,
    "baskets": Baskets,
    "service_times": ServiceTimes,
    "service_times.created_to_started": ServiceTime,
    "driver": Driver,
    "delivery": Delivery,
    "locations.sf": Location,
    "locations.sf.momentum": Momentum,
    "locations.chicago.brands.0": Placement,
    "events.feast": DemandEvent,
}
# Another value for each key.
OTHER: dict[str, Any] = {
    "seed": 43,
    "start": "2024-01-02",
    "days": 7,
    "scale": 1.5,
    "clock": "kitchen",
    "demand.weekday_factors": [2, 1, 1, 1, 1, 1, 1],
    "demand.noise_low": 0.2,
    "demand.noise_high": 3.0,
    "demand.windows.lunch.start": "08:00",
    "demand.windows.lunch.end": "14:30",
    "demand.windows.lunch.peak": 30.0,
    "demand.windows.lunch.shape": "flat",
    "baskets.single_brand_probability": 0.1,
    "baskets.brands_min": 1,
    "baskets.brands_max": 2,
    "baskets.items_min": 2,
    "baskets.items_max": 5,
    "baskets.qty_min": 2,
    "baskets.qty_max": 5,
    "baskets.popularity_floor": 1.0,
    "baskets.popularity_period_days": 1.0,
    **{f"service_times.{step}": {"mean_min": 30.0, "sd_min": 1.0} for step in field_specs(ServiceTimes)},
    "service_times.minimum_min": 9.0,
    "service_times.created_to_started.mean_min": 30.0,
    "service_times.created_to_started.sd_min": 9.0,
    "driver.after_ready_probability": 0.01,
    "driver.arrival_alpha": 9.0,
    "driver.arrival_beta": 9.0,
    "driver.speed_mph": 5.0,
    "driver.ping_interval_s": 7,
    "driver.ping_position": "node",
    "delivery.radius_mi": 0.2,
    "delivery.address_number_max": 9,
    "delivery.address_street": "Broadway",
    "locations.sf.location_id": 9,
    "locations.sf.lat": 37.798,
    "locations.sf.lon": -122.402,
    "locations.sf.base_orders_day": 40,
    "locations.sf.growth_rate_daily": 0.2,
    "locations.sf.growth_orders_daily": 3.0,
    "locations.sf.timezone": "Asia/Kathmandu",
    "locations.sf.max_orders_day": 5.0,
    "locations.sf.weekday_factors": [2, 1, 1, 1, 1, 1, 1],
    "locations.sf.noise_low": 0.2,
    "locations.sf.noise_high": 3.0,
    "locations.sf.windows": {"late": WINDOW},
    "locations.sf.brands": PLACED,
    "locations.sf.momentum": "none",
    "locations.sf.momentum.growth": 0.1,
    "locations.sf.momentum.decline": 0.1,
    "locations.chicago.brands.0.brand_id": 15,
    "locations.chicago.brands.0.start_day": 5,
    "locations.chicago.brands.0.end_day": 3,
    "locations.chicago.brands.0.growth_rate_monthly": 9.0,
    "events.feast.locations": ["chicago"],
    "events.feast.first_day": 0,
    "events.feast.last_day": 6,
    "events.feast.factor": 5.0,
    "events.feast.from": "07:00",
    "events.feast.to": "23:00",
}
# Tables of a location take other values of these.
OWN = ("baskets.items_max", "service_times.minimum_min", "driver.speed_mph", "delivery.radius_mi")
# Keys whose tables are above, shares that change together, and words that only tables and hashes have.
# Of kitchens with stations: tests/cooking/test_kitchen_keys.py.
TABLES = {"demand.windows", "locations", "events", "kitchen", "locations.sf.kitchen"} | {
    name for name in CLASSES if name.count(".") == 0
}
SHARES = {f"locations.sf.momentum.{share}" for share in ("improving", "flat", "declining")}
WORDS = {"name", *(f"locations.sf.{key}" for key in ("name", "address", "narrative"))} | {
    "locations.chicago.brands.0.trajectory"
}


def base() -> dict[str, Any]:
    """Make a scenario of few orders, in which every key has an effect; its values can be changed."""
    tree: dict[str, Any] = canonical_tree()
    places = {code: tree["locations"][code] for code in ("sf", "chicago")}
    for place in places.values():
        place |= {"base_orders_day": 30, "growth_rate_daily": 0.0}
    places["sf"]["momentum"] = MOMENTUM
    places["chicago"]["brands"] = PLACED
    few = tree | {"days": 9, "clock": "utc", "locations": places, "events": {"feast": FEAST}}
    return copy.deepcopy(few)


def changed(path: str, value: object) -> dict[str, Any]:
    tree = base()
    table: Any = tree
    *parents, key = path.split(".")
    for parent in parents:
        table = table[int(parent) if isinstance(table, list) else parent]
    table[key] = value
    return tree


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


def events_of(tree: dict[str, Any], roads: Path) -> pl.DataFrame:
    simulation = simulate_scenario(scenario_from_dict(tree), roads, lambda _: None)
    return scan_simulation(simulation).collect()


@pytest.fixture(scope="module")
def unchanged(roads: Path) -> pl.DataFrame:
    return events_of(base(), roads)


def test_every_key_is_tested() -> None:
    keys = {
        f"{prefix}.{spec.key or name}".lstrip(".")
        for prefix, cls in CLASSES.items()
        for name, spec in field_specs(cls).items()
        if spec.key != ""
    }
    own = {f"locations.sf.{path.split('.')[0]}" for path in OWN}
    assert keys == OTHER.keys() | own | (TABLES & keys) | SHARES | WORDS


@pytest.mark.parametrize("path", OTHER)
def test_a_key_changes_the_events(path: str, roads: Path, unchanged: pl.DataFrame) -> None:
    assert not events_of(changed(path, OTHER[path]), roads).equals(unchanged)


@pytest.mark.parametrize("path", OWN)
def test_a_table_of_a_location_changes_its_events(path: str, roads: Path, unchanged: pl.DataFrame) -> None:
    table, key = path.split(".")
    own = {**base()[table], key: OTHER[path]}
    assert not events_of(changed(f"locations.sf.{table}", own), roads).equals(unchanged)


def test_shares_change_the_events(roads: Path, unchanged: pl.DataFrame) -> None:
    for share in ("improving", "flat", "declining"):
        shares = dict.fromkeys(("improving", "flat", "declining"), 0.0) | {share: 1.0}
        tree = changed("locations.sf.momentum", MOMENTUM | shares)
        assert not events_of(tree, roads).equals(unchanged)


def test_words_change_no_events(roads: Path, unchanged: pl.DataFrame) -> None:
    for path in WORDS:
        word = "declining" if path.endswith("trajectory") else "other"
        assert events_of(changed(path, word), roads).equals(unchanged)
