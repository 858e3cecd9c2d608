"""docs/model.md is complete: a program that follows it makes the rows that fastgen makes, bit by bit."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.dataset.manifest import read_manifest
from fastgen.kernels.order_ids import IDS_6, IDS_7, write_order_ids
from fastgen.rng import Purpose, stream
from fastgen.roads.offline import read_builtin
from fastgen.roads.roads_file import decode_roads
from tests import second_program as model
from tests.own_keys import TEXT

if TYPE_CHECKING:
    from pathlib import Path

SCALE, DAYS, DAY = 0.4, 5, 4
EPOCH_S = 1_704_067_200
US = 10**6


Cities = dict[str, model.City]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return fastgen.build(tmp_path_factory.mktemp("second") / "dataset", scale=SCALE, days=DAYS).path


@pytest.fixture(scope="module")
def own_dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build a dataset whose locations have keys of their own."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "own.toml").write_text(TEXT)
    return fastgen.build(folder / "dataset", scenario=folder / "own.toml", scale=SCALE, days=DAYS).path


def customers(code: str, lat: float, lon: float, radius_mi: float) -> list[tuple[float, float, int, str]]:
    """Position, length of the route in millimetres, and street of each customer (docs/model.md, 2.3, 4.3)."""
    graph = decode_roads(read_builtin(code), code)
    lats, lons = graph.lat_e6 / 1e6, graph.lon_e6 / 1e6
    half = math.degrees((radius_mi * 1609.34 + 0.2) / 6_371_009)
    inside = (abs(lats - lat) <= half) & (abs(lons - lon) <= half / math.cos(math.radians(lat)))
    edges = list(
        zip(*(a.tolist() for a in (graph.edge_from(), graph.edge_to, graph.edge_length_mm)), strict=True)
    )
    directed, streets = nx.DiGraph(), dict[int, int]()
    for (tail, head, length), street in zip(edges, graph.edge_street.tolist(), strict=True):
        if inside[tail] and inside[head]:
            directed.add_edge(tail, head, length=length)
        if street >= 0:
            streets.setdefault(tail, street)
    for (_, head, _), street in zip(edges, graph.edge_street.tolist(), strict=True):
        if street >= 0:
            streets.setdefault(head, street)
    h = np.sin(np.radians(lats - lat) / 2) ** 2
    h += np.cos(np.radians(lats)) * math.cos(math.radians(lat)) * np.sin(np.radians(lons - lon) / 2) ** 2
    away = np.where(inside, np.round(2 * 6_371_009 * np.arcsin(np.sqrt(h)), 3), np.inf)
    kitchen, both = int(np.argmin(away)), nx.Graph()
    for tail, head, length in directed.edges(data="length"):
        known = both.get_edge_data(tail, head, {"length": length})["length"]
        both.add_edge(tail, head, length=min(length, known))
    lengths: Any = nx.single_source_dijkstra_path_length(both, kitchen, weight="length")
    lengths = lengths | nx.single_source_dijkstra_path_length(directed, kitchen, weight="length")
    names = [*graph.street_names, "Main St"]
    return [(lats[v], lons[v], lengths[v], names[streets.get(v, -1)]) for v in sorted(lengths)]


def make_rows(cities: Cities, code: str, dataset: Path) -> list[dict[str, Any]]:
    """Make the rows of a location-day, what a row has of the columns that are not null."""
    city = cities[code]
    names = ("brand_locations", "items", "locations")
    placed, items, places = (pl.read_parquet(dataset / f"{name}.parquet") for name in names)
    here = places.row(by_predicate=pl.col("location_code") == code, named=True)
    placements = placed.filter(location_id=city.location_id).sort("brand_id", "start_day").to_dicts()
    if city.momentum:
        rates = model.deal_growth(city, sorted({p["brand_id"] for p in placements}))
        placements = [p | {"growth_rate_monthly": rates[p["brand_id"]]} for p in placements]
    menus = {int(key[0]): frame.sort("id").to_dicts() for key, frame in items.group_by("brand_id")}
    before = [(other, day) for day in range(DAY) for other in cities.values()]
    before += [(other, DAY) for other in cities.values() if other.location_id < city.location_id]
    index = sum(sum(model.count_minutes(other, day, SCALE)) for other, day in before)
    homes = customers(code, here["lat"], here["lon"], city.radius_mi)
    made = list[dict[str, Any]]()
    for rank, (second, draw) in enumerate(model.creations(city, DAY, SCALE)):
        home, number = (model.word(model.CREATION, city.location_id, DAY, draw, k) for k in (1, 2))
        lat, lon, length_mm, street = homes[model.below(home, len(homes))]
        at = model.times_us(city, DAY, draw, (86_400 * DAY + second) * US)
        drive_us = round(length_mm * (3600 * US / (city.mph * 1609.34 * 1000)))
        n = max(1, drive_us // (city.ping_s * US))
        seconds = [EPOCH_S + us // US for us in at]
        seconds += [seconds[5] + city.ping_s * i for i in range(1, n)] + [EPOCH_S + (at[5] + drive_us) // US]
        order = model.order_id(index + rank)
        rows = [{"order_id": order, "ts_seconds": ts, "sequence": k} for k, ts in enumerate(seconds)]
        for row in (rows[0], rows[-1]):
            row |= {"customer_lat": float(np.float32(lat)), "customer_lon": float(np.float32(lon))}
        rows[0]["customer_addr"] = f"{1 + model.below(number, city.numbers)} {street}"
        rows[0]["items_json"] = model.items_json(city, DAY, draw, placements, menus)
        for i in range(1, n):
            rows[5 + i]["ping_progress"] = float(np.float32(100 * i / n))
        made += rows
    return made


@pytest.mark.parametrize("code", ["sv", "chicago"])
def test_rows_of_a_location_day_are_those_of_the_model(code: str, dataset: Path) -> None:
    check_rows(model.CITIES, code, dataset)


@pytest.mark.parametrize("code", ["bellevue", "chicago"])
def test_rows_of_a_location_with_its_own_keys_are_those_of_the_model(code: str, own_dataset: Path) -> None:
    check_rows(model.OWN_CITIES, code, own_dataset)


def check_rows(cities: Cities, code: str, dataset: Path) -> None:
    """Compare a location-day of a dataset with what the second program makes of it."""
    location_id, wanted = cities[code].location_id, make_rows(cities, code, dataset)
    (stated,) = [d for d in read_manifest(dataset).days if (d.location_id, d.day) == (location_id, DAY)]
    assert stated.rows == len(wanted) > 250
    ids = {row["order_id"] for row in wanted}
    made = fastgen.scan_events(dataset).filter(pl.col("order_id").is_in(ids)).collect()
    columns = {name: made.schema[name] for name in {**wanted[0], "ping_progress": 0.0}}
    assert made.select(*columns).equals(pl.DataFrame(wanted, schema=columns))


def test_orders_of_busy_minutes_are_those_of_the_model() -> None:
    """More than ten a minute are drawn in another way (docs/model.md, 4.2)."""
    counts = {code: model.count_minutes(city, 0, 40.0) for code, city in model.CITIES.items()}
    assert max(map(max, counts.values())) > 20
    planned = {place.code: place.orders for place in fastgen.plan(days=1, scale=40).locations}
    assert {code: sum(minutes) for code, minutes in counts.items()} == planned


@pytest.mark.parametrize("index", [0, 1, IDS_6 - 1, IDS_6, IDS_6 + IDS_7 - 1, IDS_6 + IDS_7])
def test_order_ids_are_those_of_the_model(index: int) -> None:
    view = np.empty((1, 2), np.int64)
    write_order_ids(stream(model.SEED, 0, Purpose.ORDER_ID), np.array([index]), view)
    raw = view.tobytes()
    assert raw[4 : 4 + raw[0]].decode() == model.order_id(index)
