"""Live customers live within the radius, and drivers reach them at the speed that the config says.

Positions are compared at p < 1e-4 (see `tests.significance`), with a fixed seed. All else is exact: SciPy
measures the routes once more, on the network itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from fastgen.live_kitchens.places import find_place
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads
from tests.reference import METRES_A_MILE
from tests.significance import check_counts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.live_kitchens.config import LiveConfig
    from tests.live_kitchens.streams import Stream

EARTH_RADIUS_M = 6_371_009
ROUNDING_M = 0.2


class Customers(NamedTuple):
    """Nodes that can be reached from the kitchen, and the metres of the way there."""

    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    metres: NDArray[np.float64]


@pytest.fixture(scope="module")
def customers(figures: LiveConfig) -> Customers:
    place = find_place(figures)
    graph = decode_roads(*find_network(place.code, None))
    lat, lon = graph.lat_e6 / 1e6, graph.lon_e6 / 1e6
    half = np.degrees((figures.radius_mi * METRES_A_MILE + ROUNDING_M) / EARTH_RADIUS_M)
    scale = np.cos(np.radians(place.lat))
    inside = np.flatnonzero((abs(lat - place.lat) <= half) & (abs(lon - place.lon) * scale <= half))
    lengths = csr_array(
        (graph.edge_length_mm.astype(float), graph.edge_to, graph.edge_start), (graph.n_nodes, graph.n_nodes)
    )
    roads = lengths[inside][:, inside]
    kitchen = int(np.argmin(graph.distances_m(place.lat, place.lon)[inside]))
    _, component = connected_components(roads, directed=False)
    distance = dijkstra(roads, indices=kitchen)
    both_ways = dijkstra(roads, directed=False, indices=kitchen)
    metres = np.where(np.isfinite(distance), distance, both_ways) / 1e3
    reached = component == component[kitchen]
    return Customers(lat[inside][reached], lon[inside][reached], metres[reached])


def customer_of_orders(stream: Stream, customers: Customers) -> NDArray[np.int64]:
    """Find the customer of each order by the position, as float32 has it; -1 where nobody lives."""
    at = stream.orders.select("customer_lat", "customer_lon").to_numpy().astype(np.float32)
    positions = np.column_stack([customers.lat, customers.lon]).astype(np.float32)
    number = {tuple(one): i for i, one in enumerate(positions.tolist())}
    return np.array([number.get(tuple(one), -1) for one in at.tolist()])


def test_customers_are_uniform_over_the_nodes_in_the_square(stream: Stream, customers: Customers) -> None:
    """None lives elsewhere, so none outside of the radius."""
    number = customer_of_orders(stream, customers)
    assert (number >= 0).all()
    check_counts(np.bincount(number, minlength=len(customers.lat)), np.ones(len(customers.lat)))


def test_drives_are_as_long_as_the_way_at_the_speed(stream: Stream, customers: Customers) -> None:
    metres = customers.metres[customer_of_orders(stream, customers)]
    wanted = metres / METRES_A_MILE / stream.config.driver_mph * 60
    minutes = stream.minutes("driver_picked_up", "delivered").to_numpy()
    assert abs(minutes - wanted).max() * 60e6 <= 1
    assert abs(stream.orders["eta_mins"].to_numpy() - minutes).max() <= 0.05 + 1e-9
    assert minutes.max() > 10


def test_routes_lead_from_the_kitchen_to_the_customer(stream: Stream) -> None:
    route = stream.orders["route_points"].list
    ends = [route.get(i).list.get(j).to_numpy() for i in (0, -1) for j in (0, 1)]
    assert np.ptp(ends[0]) == np.ptp(ends[1]) == 0
    assert abs(ends[2] - stream.orders["customer_lat"].to_numpy()).max() < 1e-5
    assert abs(ends[3] - stream.orders["customer_lon"].to_numpy()).max() < 1e-5


def test_pings_come_at_their_interval(stream: Stream) -> None:
    """One every `ping_sec` from the pick-up on, progress in equal steps, none at the delivery itself."""
    interval = stream.config.ping_sec
    drive = (pl.col("delivered") - pl.col("driver_picked_up")).dt.total_microseconds()
    orders = stream.orders.select(
        "order_id", "driver_picked_up", n=pl.max_horizontal(1, drive // (interval * 1_000_000))
    )
    pings = stream.pings.join(orders, on="order_id").sort("order_id", "ts")
    assert pings.height == (orders["n"] - 1).sum()
    number = pl.col("order_id").cum_count().over("order_id")
    waited = (pl.col("ts") - pl.col("driver_picked_up")).dt.total_microseconds()
    errors = pings.select(
        late=(waited - number * interval * 1_000_000).abs(),
        ahead=(pl.col("progress_pct") - 100 * number / pl.col("n")).abs(),
    )
    assert errors["late"].to_numpy().max() == 0
    assert errors["ahead"].to_numpy().max() < 0.01
