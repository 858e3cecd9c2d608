"""An independent slow reference, written from docs/model.md, 4, must give data like fastgen's."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import polars as pl
import pytest

from fastgen.building.build import build
from fastgen.dataset.reading.scan import scan_events
from fastgen.inputs.loading import load_inputs
from tests import reference
from tests.reference import Brand, City
from tests.significance import check_independent, check_same_distribution
from tests.small_town import KITCHENS, make_town, write_towns

if TYPE_CHECKING:
    from numpy.typing import NDArray

EPOCH_S = 1_704_067_200
FOREVER = math.inf
# Canonical placements: brand, first day, day it leaves, growth a month.
PLACED: dict[str, list[tuple[int, int, float, float]]] = {
    "sv": [
        *(
            (b, 0, FOREVER, g)
            for b, g in ((2, 0.30), (8, 0.35), (10, 0.28), (12, 0.05), (14, 0.20), (1, 0.02))
        ),
        (19, 45, FOREVER, 0.50),
    ],
    "chicago": [
        *((b, 0, FOREVER, g) for b, g in ((21, -0.20), (22, -0.10), (23, -0.08), (24, -0.12))),
        (14, 0, 60, -0.25),
    ],
}
DAYS = 63
SCALES = {"sv": 1.5, "chicago": 0.3}


def make_city(code: str) -> City:
    """Make the city on the road graph that fastgen is given, with the items that its tables list."""
    town = make_town(9, kitchen=KITCHENS[code], seed=list(KITCHENS).index(code) + 1)
    nodes = list(zip((town.lat_e6 / 1e6).tolist(), (town.lon_e6 / 1e6).tolist(), strict=True))
    tail, head, length_m = (
        town.edge_from().tolist(),
        town.edge_to.tolist(),
        (town.edge_length_mm / 1e3).tolist(),
    )
    items = load_inputs(None, None)[1].items
    brands = [
        Brand(b, start, end, growth, tuple(items.id[items.brand_id == b].tolist()))
        for b, start, end, growth in PLACED[code]
    ]
    base, growth = {"sv": (50, 0.0135), "chicago": (300, -0.004)}[code]
    kitchen = min(range(len(nodes)), key=lambda v: math.dist(nodes[v], KITCHENS[code]))
    roads = reference.road_graph(nodes, list(zip(tail, head, length_m, strict=True)))
    return City(base * SCALES[code], growth, code != "sv", code == "sv", tuple(brands), roads, kitchen)


class Made(NamedTuple):
    """One city, made by fastgen and by the reference."""

    city: City
    events: pl.DataFrame
    orders: list[reference.Order]


@pytest.fixture(scope="module", params=["sv", "chicago"])
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    code, folder = str(request.param), tmp_path_factory.mktemp("reference")
    roads = write_towns(folder / "roads", n_side=9)
    build(folder / "data", days=DAYS, scale=SCALES[code], locations=[code], roads=roads, workers=1)
    events = (
        scan_events(folder / "data").with_columns((pl.col("ts_seconds") - EPOCH_S).alias("second")).collect()
    )
    city = make_city(code)
    orders = list(reference.simulate(city, DAYS, np.random.default_rng(17)))
    return Made(city, events, orders)


def seconds(made: Made, kind: int) -> NDArray[np.int64]:
    """Whole seconds of the events of a type, in the order of the orders."""
    return made.events.filter(pl.col("event_type_id") == kind)["second"].to_numpy()


def created(made: Made) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = made.events.filter(pl.col("event_type_id") == 1).to_dicts()
    return rows


def test_counts_a_day_agree(made: Made) -> None:
    """Orders over the day's target: noise and chance together."""
    targets = np.array([reference.target_orders(made.city, day) for day in range(DAYS)])
    ours = np.bincount(seconds(made, 1) // 86_400, minlength=DAYS) / targets
    theirs = np.bincount([o.day for o in made.orders], minlength=DAYS) / targets
    check_same_distribution(ours, theirs)


def test_time_of_day_agrees(made: Made) -> None:
    ours, theirs = seconds(made, 1), np.array([o.created for o in made.orders])
    for step, period in ((900, 86_400), (1, 60)):
        table = [np.bincount(times % period // step, minlength=period // step) for times in (ours, theirs)]
        check_independent(table)


@pytest.mark.parametrize(
    ("kind", "before", "name", "name_before"),
    [
        (2, 1, "started", "created"),
        (3, 2, "finished", "started"),
        (4, 3, "ready", "finished"),
        (5, 1, "arrived", "created"),
        (6, 4, "picked_up", "ready"),
        (6, 5, "picked_up", "arrived"),
        (8, 6, "delivered", "picked_up"),
        (8, 1, "delivered", "created"),
    ],
)
def test_stages_agree(made: Made, kind: int, before: int, name: str, name_before: str) -> None:
    ours = seconds(made, kind) - seconds(made, before)
    theirs = [math.floor(getattr(o, name)) - math.floor(getattr(o, name_before)) for o in made.orders]
    check_same_distribution(ours, theirs)
    borders = np.unique(np.quantile(np.concatenate([ours, theirs]), np.linspace(0.02, 0.98, 49)))
    table = [np.bincount(np.digitize(times, borders), minlength=len(borders) + 1) for times in (ours, theirs)]
    check_independent(table)


def test_events_an_order_agree(made: Made) -> None:
    ours = made.events.group_by("order_id").len()["len"].to_numpy()
    theirs = [o.n_events for o in made.orders]
    longest = max(int(ours.max()), *theirs) + 1
    check_independent([np.bincount(ours, minlength=longest), np.bincount(theirs, minlength=longest)])


def test_customers_agree(made: Made) -> None:
    places = {made.city.place(v): k for k, v in enumerate(made.city.customers)}
    nearest = {(np.float32(lat), np.float32(lon)): k for (lat, lon), k in places.items()}
    ours = [nearest[np.float32(r["customer_lat"]), np.float32(r["customer_lon"])] for r in created(made)]
    theirs = [made.city.customers.index(o.customer) for o in made.orders]
    n = len(places)
    check_independent([np.bincount(ours, minlength=n), np.bincount(theirs, minlength=n)])


def test_baskets_agree(made: Made) -> None:
    """Lines, quantities, number of brands, first brand by month, items."""
    ours = [reference.parse_items(row["items_json"]) for row in created(made)]
    months = seconds(made, 1) // 86_400 // 30
    brands = [list(dict.fromkeys(item["brand_id"] for item in items)) for items in ours]
    pairs = [
        ([len(i) for i in ours], [len(o.items) for o in made.orders]),
        ([sum(x["qty"] for x in i) for i in ours], [sum(o.quantities) for o in made.orders]),
        ([len(b) for b in brands], [len(o.brands) for o in made.orders]),
        ([x["id"] for i in ours for x in i], [x for o in made.orders for x in o.items]),
        (
            [32 * int(m) + b[0] for m, b in zip(months, brands, strict=True)],
            [32 * (o.day // 30) + o.brands[0] for o in made.orders],
        ),
    ]
    for one, other in pairs:
        most = max(*one, *other) + 1
        check_independent([np.bincount(one, minlength=most), np.bincount(other, minlength=most)])


def test_house_numbers_agree(made: Made) -> None:
    ours = [int(row["customer_addr"].split(" ", 1)[0]) for row in created(made)]
    check_same_distribution(ours, [o.house_number for o in made.orders])


def test_positions_of_pings_agree(made: Made) -> None:
    pings = made.events.filter(pl.col("event_type_id") == 7)
    theirs = np.array([p[1:] for o in made.orders for p in o.pings])
    for column, values in zip(("ping_lat", "ping_lon", "ping_progress"), theirs.T, strict=True):
        check_same_distribution(pings[column].to_numpy(), values.astype(np.float32))


def test_route_drive_and_pings_are_exact(made: Made) -> None:
    """For each customer the reference's path length, its time, and every ping on the path."""
    places = {f"{lat:.6f},{lon:.6f}": v for v in made.city.customers for lat, lon in [made.city.place(v)]}
    orders = made.events.partition_by("order_id", maintain_order=True)
    seen = set()
    for order in orders:
        rows = order.to_dicts()
        route = rows[5]["route_json"]
        if route in seen:
            continue
        seen.add(route)
        path = [places[f"{lat:.6f},{lon:.6f}"] for lat, lon in json.loads(route)]
        assert reference.route_json(made.city, path) == route
        best = made.city.route(path[-1])
        length_m = sum(made.city.legs_m(path))
        assert length_m == pytest.approx(sum(made.city.legs_m(best)), abs=1e-6)
        took = rows[-1]["second"] - rows[5]["second"]
        assert abs(took - reference.drive_seconds(length_m)) < 1.001
        assert (rows[-1]["customer_lat"], rows[-1]["customer_lon"]) == pytest.approx(
            made.city.place(path[-1]), abs=8e-6
        )
        wanted = reference.place_pings(made.city, path)
        assert len(rows) == 7 + len(wanted)
        for row, (after_s, lat, lon, progress) in zip(rows[6:-1], wanted, strict=True):
            assert row["second"] == rows[5]["second"] + after_s
            assert row["ping_lat"] == pytest.approx(lat, abs=4e-6)
            assert row["ping_lon"] == pytest.approx(lon, abs=8e-6)
            assert row["ping_progress"] == np.float32(progress)
    assert len(seen) == len(made.city.customers)


def test_types_and_sequences_are_those_of_the_model(made: Made) -> None:
    for order in made.events.head(3000).partition_by("order_id", maintain_order=True)[:-1]:
        n_pings = len(order) - 7
        assert order["event_type_id"].to_list() == [1, 2, 3, 4, 5, 6, *[7] * n_pings, 8]
        assert order["sequence"].to_list() == list(range(len(order)))
