"""Any valid scenario must build, and whatever it builds must hold every invariant that verify knows."""

from __future__ import annotations

import dataclasses
import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.building.build import build
from fastgen.dataset.reading.scan import scan_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError, ScenarioError
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.render import render_scenario
from fastgen.inputs.tables import write_tables
from fastgen.model.demand import DemandWindow
from fastgen.model.location import Placement
from fastgen.model.order_rules import Driver, ServiceTime, ServiceTimes
from fastgen.model.road_graph import RoadGraph
from fastgen.roads.roads_file import encode_roads
from tests.any_scenario import CANONICAL, scenarios
from tests.small_town import INVENTED, KITCHENS, write_towns

if TYPE_CHECKING:
    from fastgen.building.job import BuildResult
    from fastgen.model.scenario import Scenario


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"), n_side=5)


def build_scenario(folder: Path, scenario: Scenario, roads: Path, **options: Any) -> BuildResult:
    path = folder / "scenario.toml"
    path.write_text(render_scenario(scenario), encoding="utf-8")
    return build(folder / "data", scenario=path, roads=roads, workers=1, **options)


def check_build(folder: Path, scenario: Scenario, roads: Path, **options: Any) -> BuildResult:
    """Build, and verify what came of it."""
    result = build_scenario(folder, scenario, roads, **options)
    report = verify_dataset(folder / "data")
    assert report.passed, report
    assert result.manifest.scenario == scenario.to_dict()
    return result


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(scenario=scenarios(), layout=st.sampled_from(["hive", "single"]))
def test_any_scenario_builds_and_verifies(scenario: Scenario, layout: str, roads: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_build(Path(folder), scenario, roads, layout=layout)


def small(**changes: Any) -> Scenario:
    """Make a scenario of sf alone, three days, some orders; `place_*` changes its location."""
    place = {k.removeprefix("place_"): v for k, v in changes.items() if k.startswith("place_")}
    others = {k: v for k, v in changes.items() if not k.startswith("place_")}
    sf = dataclasses.replace(CANONICAL.locations[0], base_orders_day=40, **place)
    return dataclasses.replace(CANONICAL, **{"days": 3, "locations": (sf,), **others})


def driver(**changes: Any) -> Driver:
    return dataclasses.replace(CANONICAL.driver, **changes)


NO_TIME = ServiceTime(0, 0)
ONE_BRAND = (Placement(7),)
EXTREMES: dict[str, Scenario] = {
    "one location, one brand": small(place_brands=ONE_BRAND),
    "a day without brands": small(place_brands=(Placement(7, 0, 1), Placement(8, 2))),
    "a brand that leaves half-way": small(place_brands=(Placement(7, 0, 2), Placement(8))),
    "a brand that comes back": small(place_brands=(Placement(7, 0, 1), Placement(7, 2))),
    "no brands at all": small(place_brands=()),
    "no orders": small(scale=1e-9),
    "a hundredth": small(scale=0.01),
    "the largest location_id": small(place_location_id=127),
    "the largest seed": small(seed=2**64 - 1),
    "seed 0": small(seed=0),
    "utc over the change of spring": small(clock="utc", start=dt.date(2024, 3, 9), scale=10.0),
    "utc over the change of autumn": small(clock="utc", start=dt.date(2024, 11, 2), scale=10.0),
    "another start": small(start=dt.date(1999, 12, 31)),
    "far in the future": small(start=dt.date(2400, 1, 1)),
    "a ping a second": small(driver=driver(ping_interval_s=1)),
    "no pings": small(driver=driver(ping_interval_s=86_400)),
    "pings by node": small(driver=driver(ping_position="node")),
    "address number 1": small(delivery=dataclasses.replace(CANONICAL.delivery, address_number_max=1)),
    "service times of no spread": small(
        service_times=ServiceTimes(NO_TIME, NO_TIME, NO_TIME, NO_TIME, 0.001)
    ),
    "deliveries after midnight": small(
        service_times=dataclasses.replace(CANONICAL.service_times, ready_to_picked_up=ServiceTime(1440, 240))
    ),
    "growth of -1": small(place_growth_rate_daily=-1.0),
    "all demand in a minute": small(
        demand=dataclasses.replace(CANONICAL.demand, windows=(DemandWindow("base", 0, 1439, 0.0, "flat"),))
    ),
}


@pytest.mark.parametrize("name", [*EXTREMES])
def test_extremes_build_and_verify(name: str, tmp_path: Path, roads: Path) -> None:
    result = check_build(tmp_path, EXTREMES[name], roads)
    orders = {d.day: d.orders for d in result.manifest.days}
    assert result.manifest.sequence_kind == ("i16" if name == "a ping a second" else "i8")
    if name in {"a day without brands", "a brand that comes back"}:
        assert (orders[0] > 0, orders[1], orders[2] > 0) == (True, 0, True)
    elif name in {"no brands at all", "no orders"}:
        assert set(orders.values()) == {0}
        assert scan_events(tmp_path / "data").collect().height == 0
    elif name not in {"a hundredth", "growth of -1"}:
        assert all(orders.values())


def test_utc_days_keep_their_wall_clock(tmp_path: Path, roads: Path) -> None:
    """No order falls into the hour that spring skips, and each keeps its day on the kitchen's clock."""
    check_build(tmp_path, EXTREMES["utc over the change of spring"], roads)
    created = (
        scan_events(tmp_path / "data")
        .filter(pl.col("event_type_id") == 1)
        .select(
            pl.from_epoch("ts_seconds")
            .dt.replace_time_zone("UTC")
            .dt.convert_time_zone("America/Los_Angeles")
        )
        .collect()["ts_seconds"]
    )
    assert created.dt.date().unique().to_list() == [dt.date(2024, 3, d) for d in (9, 10, 11)]
    changed = created.filter(created.dt.date() == dt.date(2024, 3, 10)).dt.hour()
    assert 2 not in changed.to_list()
    assert {1, 3} <= set(changed.to_list())


def test_growth_that_overflows_is_refused_with_the_count(tmp_path: Path, roads: Path) -> None:
    scenario = small(place_growth_rate_daily=10.0, days=1000)
    with pytest.raises(
        ScenarioError, match=r"expected at most 2147483647 orders a day, got about \S+ on day"
    ):
        build_scenario(tmp_path, scenario, roads)
    assert not (tmp_path / "data").exists()


def line_town(n_nodes: int, length_mm: int = 1_000_000) -> RoadGraph:
    """Make a straight two-way road from the kitchen of sf to the north."""
    lat, lon = KITCHENS["sf"]
    a, b = np.arange(n_nodes - 1), np.arange(1, n_nodes)
    return RoadGraph.from_edges(
        round(lat * 1e6) + 9000 * np.arange(n_nodes),
        np.full(n_nodes, round(lon * 1e6)),
        np.concatenate([a, b]),
        np.concatenate([b, a]),
        np.full(2 * n_nodes - 2, length_mm),
        np.full(2 * n_nodes - 2, -1),
        (),
        INVENTED,
    )


def test_one_road_node_beyond_the_kitchen(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(encode_roads(line_town(2)))
    check_build(tmp_path, small(), tmp_path)
    routes = scan_events(tmp_path / "data").select(pl.col("route_json").drop_nulls().unique()).collect()
    assert routes.height == 2


def test_a_kitchen_node_alone_is_refused(tmp_path: Path) -> None:
    (tmp_path / "sf.roads").write_bytes(encode_roads(line_town(1)))
    with pytest.raises(DataError, match="expected a road within 1000 m of the kitchen"):
        build_scenario(tmp_path, small(), tmp_path)
    assert not (tmp_path / "data").exists()


def test_more_pings_than_16_bits_can_number_are_refused(tmp_path: Path) -> None:
    """A road of 20 km at a mile an hour, a ping a second."""
    (tmp_path / "sf.roads").write_bytes(encode_roads(line_town(2, 20_000_000)))
    scenario = small(driver=driver(speed_mph=1.0, ping_interval_s=1))
    with pytest.raises(ScenarioError, match=r"ping"):
        build_scenario(tmp_path, scenario, tmp_path)
    assert not (tmp_path / "data").exists()


def test_a_users_tables_with_other_ids_in_another_order(tmp_path: Path, roads: Path) -> None:
    """Ids far apart, rows shuffled: references hold, and the dataset verifies against those tables."""
    _, dims = load_inputs(None, None)
    rng = np.random.default_rng(5)
    new = {name: rng.permutation(5000)[:200] + 1 for name in ("brand", "menu", "category", "item")}
    keys = {"brand_id": "brand", "menu_id": "menu", "category_id": "category"}
    own = {"menus": "menu", "categories": "category", "items": "item"}
    changed = {}
    for name in ("brands", "brand_locations", "menus", "categories", "items"):
        table = getattr(dims, name)
        columns = {c: new[keys[c]][getattr(table, c)] for c in table._fields if c in keys}
        if name in own:
            columns["id"] = new[own[name]][table.id]
        columns = {c: v.astype(np.int64) for c, v in columns.items()}
        order = rng.permutation(len(table[0]))
        shuffled = [
            tuple(c[i] for i in order) if isinstance(c, tuple) else c[order]
            for c in table._replace(**columns)
        ]
        changed[name] = type(table)(*shuffled)
    write_tables(dataclasses.replace(dims, **changed), tmp_path / "tables")
    build(tmp_path / "data", days=2, dimensions=tmp_path / "tables", roads=roads, workers=1)
    assert verify_dataset(tmp_path / "data").passed
    build(tmp_path / "plain", days=2, roads=roads, workers=1)
    created = [
        scan_events(tmp_path / f)
        .filter(pl.col("event_type_id") == 1)
        .select("order_id", "ts_seconds")
        .collect()
        for f in ("data", "plain")
    ]
    assert created[0].equals(created[1])


def test_selected_locations_leave_the_others_indices_alone(tmp_path: Path, roads: Path) -> None:
    build(tmp_path / "all", days=3, roads=roads, workers=1)
    build(tmp_path / "sf", days=3, roads=roads, locations=["sf"], workers=1)
    whole, part = (
        scan_events(tmp_path / f).filter(pl.col("location_id") == 1).collect() for f in ("all", "sf")
    )
    assert whole.equals(part)
