"""Make orders one at a time, with networkx, pandas and json: the baseline that fastgen is measured against.

It is the model of the canonical dataset as a first version would have it, and as the tool that fastgen
replaces had it: a loop over the orders of a day, pandas filters for brands and items, a shortest-path search
for each order on a graph from osmnx, a dict for each event, and a Parquet file at the end of the day. Nothing
is slow on purpose: what can be prepared once is prepared in `SlowKitchen.__init__`, which isn't timed.
"""

from __future__ import annotations

import datetime as dt
import itertools
import json
import string
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.road_graph import RoadGraph
    from fastgen.model.scenario import Scenario

LETTERS = np.array(list(string.ascii_uppercase + string.digits))
SERVICE_MIN = ((2, 1), (10, 3), (2, 1), (6, 2))  # mean and standard deviation of each step, minutes
M_PER_S = 25 * 1609.34 / 3600  # 25 miles an hour
PING_S = 60  # seconds between two pings


class SlowKitchen:
    """The kitchen of one location, which simulates its days order by order.

    Parameters
    ----------
    scenario, dims
        The canonical scenario and its tables.
    code
        Code of the location.
    roads
        Its road network.
    """

    def __init__(self, scenario: Scenario, dims: Dimensions, code: str, roads: RoadGraph) -> None:
        location = next(location for location in scenario.locations if location.code == code)
        self.location_id, self._base, self._growth = (
            location.location_id,
            location.base_orders_day,
            location.growth_rate_daily,
        )
        self._weekday = location.weekday_factors or scenario.demand.weekday_factors
        windows = [
            (w.start_min, w.end_min, w.peak, w.shape) for w in (*scenario.demand.windows, *location.windows)
        ]
        weights = np.array([_minute_weight(minute, windows) for minute in range(1440)])
        self._minute_share = weights / weights.sum()
        self._epoch_s = dt.datetime.combine(scenario.start, dt.time(), dt.UTC).timestamp()
        self._start = scenario.start
        self._brand_locations = pd.DataFrame(dims.brand_locations._asdict())
        self._items = pd.DataFrame(dims.items._asdict())
        self._rng = np.random.default_rng([scenario.seed, location.location_id])
        self._ids: set[str] = set()
        self._graph = _networkx_graph(roads)
        self._kitchen = int(roads.distances_m(location.lat, location.lon).argmin())
        component = nx.node_connected_component(self._graph.to_undirected(as_view=True), self._kitchen)
        self._customers = sorted(component)
        self._undirected = self._graph.to_undirected()

    def make_day(self, day: int, path: Path) -> tuple[int, int]:
        """Simulate a day and write its events; return the number of orders and of events."""
        noise = self._rng.uniform(0.9, 1.1)
        weekday = self._weekday[(self._start + dt.timedelta(days=day)).weekday()]
        target = int(self._base * (1 + self._growth) ** day * weekday * noise)
        rows: list[dict[str, Any]] = []
        n_orders = 0
        for minute in range(1440):
            for _ in range(self._rng.poisson(target * self._minute_share[minute])):
                created_s = day * 86400 + minute * 60 + int(self._rng.integers(0, 60))
                rows += self._make_order(day, created_s)
                n_orders += 1
        pd.DataFrame(rows).to_parquet(path, compression="zstd")
        return n_orders, len(rows)

    def _make_order(self, day: int, created_s: float) -> list[dict[str, Any]]:
        rng = self._rng
        times = [created_s]
        for mean, sd in SERVICE_MIN:
            times.append(times[-1] + 60 * max(0.1, rng.normal(mean, sd)))
        created, started, finished, ready, picked_up = times
        earliest = ready if rng.random() < 0.5 else created
        latest = picked_up if earliest == ready else ready
        arrived = earliest + rng.beta(3, 3) * (latest - earliest)
        customer = self._customers[rng.integers(len(self._customers))]
        items = self._draw_items(day)
        points, distance_m = self._find_route(customer)
        lat, lon = points[-1]
        home = {"customer_lat": lat, "customer_lon": lon}
        address = f"{rng.integers(1, 10000)} Main St"
        events: list[tuple[int, float, dict[str, Any]]] = [
            (1, created, {**home, "customer_addr": address, "items_json": json.dumps(items)}),
            (2, started, {}),
            (3, finished, {}),
            (4, ready, {}),
            (5, arrived, {}),
            (6, picked_up, {"route_json": json.dumps(points)}),
        ]
        drive_s = distance_m[-1] / M_PER_S
        n_parts = max(1, int(drive_s // PING_S))
        for i in range(1, n_parts):
            ping_lat, ping_lon = _locate(points, distance_m, distance_m[-1] * i / n_parts)
            ping = {"ping_lat": ping_lat, "ping_lon": ping_lon, "ping_progress": 100 * i / n_parts}
            events.append((7, picked_up + PING_S * i, ping))
        events.append((8, picked_up + drive_s, home))
        order_id = self._new_id()
        return [
            {
                "order_id": order_id,
                "location_id": self.location_id,
                "event_type_id": kind,
                "ts_seconds": int(self._epoch_s + time_s),
                "sequence": sequence,
                **body,
            }
            for sequence, (kind, time_s, body) in enumerate(events)
        ]

    def _draw_items(self, day: int) -> list[dict[str, Any]]:
        rng, placed = self._rng, self._brand_locations
        here = placed[placed.location_id == self.location_id]
        here = here[(here.start_day <= day) & (here.end_day.isna() | (day < here.end_day))]
        months = (day - here.start_day) / 30
        popularity = np.maximum(0.1, (1 + here.growth_rate_monthly) ** months).to_numpy()
        n_brands = 1 if rng.random() < 0.7 else min(int(rng.integers(2, 4)), len(here))
        shares = popularity / popularity.sum()
        lines = []
        for brand_id in rng.choice(here.brand_id.to_numpy(), n_brands, replace=False, p=shares):
            menu = self._items[self._items.brand_id == brand_id]
            chosen = menu.sample(min(int(rng.integers(1, 4)), len(menu)), random_state=rng)
            lines += [item | {"qty": int(rng.integers(1, 3))} for item in chosen.to_dict("records")]
        return lines

    def _find_route(self, customer: int) -> tuple[list[list[float]], list[float]]:
        """Search the shortest path; return its nodes' [lat, lon], and the metres driven at each."""
        graph = self._graph
        try:
            route = nx.shortest_path(graph, self._kitchen, customer, weight="length")
        except nx.NetworkXNoPath:  # one-way streets cut the customer off: ignore their directions
            graph = self._undirected
            route = nx.shortest_path(graph, self._kitchen, customer, weight="length")
        distance_m = [0.0]
        for a, b in itertools.pairwise(route):
            distance_m.append(distance_m[-1] + min(edge["length"] for edge in graph[a][b].values()))
        return [[graph.nodes[v]["y"], graph.nodes[v]["x"]] for v in route], distance_m

    def _new_id(self) -> str:
        while True:
            order_id = "".join(self._rng.choice(LETTERS, 6))
            if order_id not in self._ids:
                self._ids.add(order_id)
                return order_id


def _locate(points: list[list[float]], distance_m: list[float], at_m: float) -> tuple[float, float]:
    """Find the point that is `at_m` metres down a route."""
    leg = next(i for i, reached_m in enumerate(distance_m) if reached_m >= at_m)
    (lat_a, lon_a), (lat_b, lon_b) = points[leg - 1], points[leg]
    share = (at_m - distance_m[leg - 1]) / (distance_m[leg] - distance_m[leg - 1])
    return lat_a + share * (lat_b - lat_a), lon_a + share * (lon_b - lon_a)


def _minute_weight(minute: int, windows: Sequence[tuple[int, int, float, str]]) -> float:
    weight = 1.0
    for start, end, peak, shape in windows:
        if start <= minute < end:
            bell = np.sin(np.pi * (minute - start) / (end - start)) ** 2
            weight += (peak - 1) * (bell if shape == "bell" else 1.0)
    return weight


def _networkx_graph(roads: RoadGraph) -> nx.MultiDiGraph:
    """Convert a road network to the graph that osmnx would return."""
    graph = nx.MultiDiGraph()
    for node in range(roads.n_nodes):
        graph.add_node(node, y=roads.lat_e6[node] / 1e6, x=roads.lon_e6[node] / 1e6)
    edges = zip(
        roads.edge_from().tolist(), roads.edge_to.tolist(), roads.edge_length_mm.tolist(), strict=True
    )
    for tail, head, length_mm in edges:
        graph.add_edge(tail, head, length=length_mm / 1000)
    return graph
