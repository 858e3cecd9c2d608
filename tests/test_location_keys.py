"""A location with keys of its own is simulated and verified by them, and the others by the scenario's."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import polars as pl
import pytest

import fastgen
from fastgen.building.build import build
from fastgen.cli.road_options import find_square
from fastgen.dataset.index import bound_drive_s, read_index
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading.scan import scan_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import ScenarioError
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.scan import scan_simulation
from fastgen.inputs.scenario_file import load_scenario
from fastgen.inputs.tables import write_tables
from fastgen.model.bounds import bound_preparation_s
from fastgen.roads.roads_file import encode_roads
from tests.dataset.row_damage import failed
from tests.helpers import change_manifest, copy_of, reseal
from tests.own_keys import TEXT
from tests.small_town import make_town, write_towns

if TYPE_CHECKING:
    from pathlib import Path

DAYS = 10
CREATED, PICKED_UP, PING = 1, 6, 7
BELLEVUE, CHICAGO = 3, 4


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_towns(tmp_path_factory.mktemp("towns"))


@pytest.fixture(scope="module")
def scenario(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scenario") / "own.toml"
    path.write_text(TEXT, encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def dataset(scenario: Path, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("own") / "dataset"
    return build(folder, scenario=scenario, roads=roads, days=DAYS, workers=1).path


def test_the_dataset_verifies(dataset: Path) -> None:
    report = verify_dataset(dataset)
    assert report.passed, report.to_lines()


@pytest.mark.parametrize("workers", [1, 2])
def test_one_file_of_all_locations_verifies(
    workers: int, dataset: Path, scenario: Path, roads: Path, tmp_path: Path
) -> None:
    """Orders of several locations meet in one batch of the checks."""
    made = build(
        tmp_path / "single", scenario=scenario, roads=roads, days=DAYS, workers=workers, layout="single"
    )
    assert verify_dataset(made.path, against=dataset).passed


def test_two_workers_make_the_same(dataset: Path, scenario: Path, roads: Path, tmp_path: Path) -> None:
    made = build(tmp_path / "two", scenario=scenario, roads=roads, days=DAYS, workers=2)
    assert made.manifest.digest == verify_dataset(dataset).digest


def test_what_is_made_without_files_is_the_same(dataset: Path, scenario: Path, roads: Path) -> None:
    simulation = load_simulation(SimulationOptions(scenario=scenario, roads=roads, days=DAYS))
    assert scan_simulation(simulation).collect().equals(scan_events(dataset).collect())


def test_fewer_days_are_the_first_days(dataset: Path, scenario: Path, roads: Path, tmp_path: Path) -> None:
    made = build(tmp_path / "five", scenario=scenario, roads=roads, days=5, workers=1)
    assert made.manifest.days == tuple(day for day in read_manifest(dataset).days if day.day < 5)
    tables = [pl.read_parquet(path / "brand_locations.parquet") for path in (made.path, dataset)]
    assert tables[0].equals(tables[1])


def test_one_location_is_its_part_of_the_whole(
    dataset: Path, scenario: Path, roads: Path, tmp_path: Path
) -> None:
    made = build(
        tmp_path / "one", scenario=scenario, roads=roads, days=DAYS, workers=1, locations=["chicago"]
    )
    assert verify_dataset(made.path).passed
    whole = scan_events(dataset).filter(pl.col("location_id") == CHICAGO).collect()
    assert scan_events(made.path).collect().equals(whole)


def test_events_of_each_location_follow_its_own_keys(dataset: Path) -> None:
    events = scan_events(dataset).collect()
    waited = pl.col("ts_seconds").diff().over("order_id")
    pings = events.with_columns(waited=waited).filter(pl.col("event_type_id") == PING)
    gaps = pings.group_by("location_id").agg(pl.col("waited").unique().sort()).sort("location_id")
    assert [row[1] for row in gaps.rows()] == [[60], [60], [90], [17]]
    created = events.filter(pl.col("event_type_id") == CREATED)
    numbers = created.with_columns(number=pl.col("customer_addr").str.extract(r"^(\d+)").cast(pl.Int64))
    highest = dict(numbers.group_by("location_id").agg(pl.col("number").max()).rows())
    assert highest.pop(CHICAGO) == 88
    assert min(highest.values()) > 9000
    square = created.group_by("location_id").agg(pl.col("customer_lat").max() - pl.col("customer_lat").min())
    sides_mi = {key: side * 69.1 for key, side in square.rows()}
    assert 0.5 < sides_mi.pop(CHICAGO) <= 1.0
    assert min(sides_mi.values()) > 1.2
    starts = events.filter(pl.col("event_type_id") <= 2).with_columns(waited=waited).filter(sequence=1)
    means = dict(starts.group_by("location_id").agg(pl.col("waited").mean() / 60).rows())
    assert means.pop(CHICAGO) == pytest.approx(9.0, abs=0.1)
    assert list(means.values()) == pytest.approx([2.0] * 3, abs=0.1)


def test_waiting_on_the_shelf_inherits_the_spread_of_the_scenario(dataset: Path) -> None:
    """The file states only the mean of one step at bellevue."""
    rows = scan_events(dataset).filter(pl.col("location_id") == BELLEVUE).collect()
    ready, picked_up = (rows.filter(pl.col("sequence") == k)["ts_seconds"].to_numpy() for k in (3, 5))
    waited_min = (picked_up - ready) / 60
    assert waited_min.mean() == pytest.approx(3.0, abs=0.15)
    assert waited_min.std() == pytest.approx(1.9, abs=0.15)  # 2, cut off at 0.1 minutes


def test_longest_orders_of_any_location_bound_the_dataset(dataset: Path, scenario: Path, roads: Path) -> None:
    """Windows of time must find the last event of the slowest location, wherever the events come from."""
    loaded = load_scenario(scenario)
    slow = next(place for place in loaded.locations if place.code == "chicago")
    alone = dataclasses.replace(loaded, locations=(slow,))
    assert bound_preparation_s(loaded) == bound_preparation_s(alone)
    assert bound_preparation_s(loaded) > bound_preparation_s(load_scenario(None))
    fast = dataclasses.replace(loaded, locations=tuple(p for p in loaded.locations if p is not slow))
    assert (bound_drive_s("i8", alone), bound_drive_s("i8", fast)) == (123 * 17, 123 * 90)
    assert bound_drive_s("i8", loaded) == 123 * 90
    index = read_index(dataset)
    assert index.tail_s == bound_preparation_s(loaded) + 123 * 90
    simulation = load_simulation(SimulationOptions(scenario=scenario, roads=roads, days=DAYS))
    assert simulation.source.longest_preparation_s == bound_preparation_s(loaded)
    assert simulation.source.lines_max == 16


EXCHANGED = {
    "driver": {"pings"},
    "delivery": {"addresses", "routes"},
    "service_times": {"times"},
    "baskets": {"baskets"},
}


@pytest.mark.parametrize("key", EXCHANGED)
def test_a_location_is_held_against_its_own_keys(key: str, dataset: Path, tmp_path: Path) -> None:
    """With chicago's table moved to bellevue, the rows of each break the table that it has now."""

    def move(raw: dict[str, dict[str, dict[str, dict[str, object]]]]) -> None:
        places = raw["scenario"]["locations"]
        places["bellevue"][key] = places["chicago"].pop(key)

    copy = copy_of(dataset, tmp_path)
    change_manifest(copy, move)
    reseal(copy)
    assert failed(verify_dataset(copy)) == {"scenario", *EXCHANGED[key]}


def test_roads_are_fetched_for_the_square_of_the_location(scenario: Path) -> None:
    *_, radius_mi = find_square("chicago", scenario, None)
    *_, common_mi = find_square("sf", scenario, None)
    assert (radius_mi, common_mi) == (0.5, 4.0)


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("[locations.sf.driver]\nspeed_mph = 1\nping_interval_s = 1", "locations.sf.driver"),
        ("[driver]\nspeed_mph = 1\nping_interval_s = 1", "driver"),
    ],
)
def test_too_many_pings_are_laid_to_the_key_that_asks_for_them(text: str, key: str, tmp_path: Path) -> None:
    """A town of blocks of 2,500 m: the longest routes take more than nine hours at a mile an hour."""
    town = make_town(5, block_m=2500.0)
    (tmp_path / "sf.roads").write_bytes(encode_roads(town))
    (tmp_path / "slow.toml").write_text(text)
    options = SimulationOptions(scenario=tmp_path / "slow.toml", roads=tmp_path, locations=["sf"], days=1)
    with pytest.raises(ScenarioError) as refused:
        load_simulation(options)
    wanted = f"{key}.ping_interval_s: expected at most 32761 pings on the longest route, got "
    assert str(refused.value).startswith(wanted)


def test_forecast_counts_the_orders_of_the_build(dataset: Path, scenario: Path, roads: Path) -> None:
    forecast = fastgen.plan(scenario=scenario, roads=roads, days=DAYS)
    built: dict[int, int] = {}
    for day in read_manifest(dataset).days:
        built[day.location_id] = built.get(day.location_id, 0) + day.orders
    assert {one.location_id: one.orders for one in forecast.locations} == built


def test_tables_keep_the_keys_of_the_scenario(scenario: Path, roads: Path, tmp_path: Path) -> None:
    """The locations come from a folder of tables; what they have no column for comes from the file."""
    simulation = load_simulation(SimulationOptions(scenario=scenario, roads=roads, days=2))
    write_tables(simulation.dims, tmp_path)
    options = SimulationOptions(scenario=scenario, dimensions=tmp_path, roads=roads, days=2)
    again = load_simulation(options)
    assert again.dims.content_hash() == simulation.dims.content_hash()
    for one, other in zip(simulation.scenario.locations, again.scenario.locations, strict=True):
        for key in ("growth_orders_daily", "noise_high", "momentum", "baskets", "service_times", "driver"):
            assert getattr(one, key) == getattr(other, key)
