"""The model (docs/model.md, 4) once more, an order at a time, in plain NumPy and networkx, without fastgen.

It is slow and draws other numbers, so what is random agrees in distribution, and what is not agrees exactly.
"""

from __future__ import annotations

import itertools
import json
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import networkx as nx
import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

METRES_A_MILE = 1609.34
MPH = 25.0
PING_S = 60.0
WEEKDAYS = (1.00, 1.05, 1.08, 1.10, 1.25, 1.35, 1.15)
SERVICE = ((2.0, 1.0), (10.0, 3.0), (2.0, 1.0), (6.0, 2.0))  # mean and sd of each step, minutes


class Brand(NamedTuple):
    """A brand at the location: first day, day it leaves, growth a month, number of items."""

    brand_id: int
    start: int
    end: float
    growth: float
    items: tuple[int, ...]


@dataclass
class City:
    """What the model knows of a location."""

    base: float
    growth: float
    weekdays: bool
    night: bool
    brands: tuple[Brand, ...]
    roads: nx.MultiDiGraph
    kitchen: int
    routes: dict[int, list[int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Know which customers have a directed path, and the roads without their one-way rules."""
        self.reachable: set[int] = {self.kitchen, *nx.descendants(self.roads, self.kitchen)}
        self.both_ways = nx.MultiGraph()
        self.both_ways.add_nodes_from(self.roads.nodes)
        self.both_ways.add_edges_from(self.roads.edges(data=True))

    def roads_to(self, customer: int) -> nx.MultiGraph:
        """Roads with their one-way rules, or without where there is no other way to the customer."""
        return self.roads if customer in self.reachable else self.both_ways

    def route(self, customer: int) -> list[int]:
        """Shortest path by length."""
        if customer not in self.routes:
            roads = self.roads_to(customer)
            self.routes[customer] = nx.shortest_path(roads, self.kitchen, customer, weight="length")
        return self.routes[customer]

    def legs_m(self, path: Sequence[int]) -> list[float]:
        """Length of each leg of a path: the shortest road between its ends."""
        roads = self.roads_to(path[-1])
        legs = itertools.pairwise(path)
        return [min(float(road["length"]) for road in roads[a][b].values()) for a, b in legs]

    @property
    def customers(self) -> list[int]:
        """Nodes connected with the kitchen."""
        return sorted(nx.node_connected_component(self.both_ways, self.kitchen))

    def place(self, node: int) -> tuple[float, float]:
        """Latitude and longitude of a node."""
        data = self.roads.nodes[node]
        return data["lat"], data["lon"]


class Order(NamedTuple):
    """One order; times in seconds from midnight of day 0."""

    day: int
    target: float
    created: int
    started: float
    finished: float
    ready: float
    arrived: float
    picked_up: float
    delivered: float
    customer: int
    late: bool
    house_number: int
    brands: tuple[int, ...]
    items: tuple[int, ...]
    quantities: tuple[int, ...]
    pings: tuple[tuple[float, float, float, float], ...]

    @property
    def n_events(self) -> int:
        """Events of the order: seven and its pings."""
        return 7 + len(self.pings)


def minute_weights(*, night: bool) -> list[float]:
    """Relative demand of each minute."""
    weights = []
    for m in range(1440):
        hour, w = m / 60, 1.0
        if 11 <= hour < 13.5:
            w += 2.0 * math.sin(math.pi * (hour - 11) / 2.5) ** 2
        if 17 <= hour < 20:
            w += 2.5 * math.sin(math.pi * (hour - 17) / 3) ** 2
        if night and hour >= 21:
            w += math.sin(math.pi * (hour - 21) / 3) ** 2
        if night and hour < 1:
            w += 1.0
        weights.append(w)
    return weights


def target_orders(city: City, day: int) -> float:
    """Orders that a day aims at, before its noise."""
    return city.base * (1 + city.growth) ** day * (WEEKDAYS[day % 7] if city.weekdays else 1.0)


def popularity(brand: Brand, day: int) -> float:
    """Popularity of an open brand."""
    return float(max(0.1, (1 + brand.growth) ** ((day - brand.start) / 30)))


def draw_basket(
    rng: np.random.Generator, brands: Sequence[Brand], day: int
) -> tuple[list[int], list[int], list[int]]:
    """Brands, items and quantities of an order."""
    wanted = 1 if rng.random() < 0.7 else int(rng.integers(2, 4))
    weights = np.array([popularity(b, day) for b in brands])
    chosen = rng.choice(len(brands), min(wanted, len(brands)), replace=False, p=weights / weights.sum())
    items, quantities = [], []
    for b in chosen:
        menu = brands[b].items
        n = min(int(rng.integers(1, 4)), len(menu))
        items += [int(i) for i in rng.choice(menu, n, replace=False)]
        quantities += [int(q) for q in rng.integers(1, 3, n)]
    return [brands[b].brand_id for b in chosen], items, quantities


def drive_seconds(length_m: float, mph: float = MPH) -> float:
    """Time to drive a way."""
    return length_m / METRES_A_MILE / mph * 3600


def place_pings(city: City, path: list[int], by: str = "distance") -> list[tuple[float, float, float, float]]:
    """Pings of a route: seconds after pick-up, latitude, longitude, progress in percent."""
    ends = np.cumsum([0.0, *city.legs_m(path)])
    n = max(1, math.floor(round(drive_seconds(ends[-1]), 6) / PING_S))
    lat, lon = zip(*(city.place(v) for v in path), strict=True)
    pings = []
    for i in range(1, n):
        if by == "distance":
            here = (
                float(np.interp(i / n * ends[-1], ends, lat)),
                float(np.interp(i / n * ends[-1], ends, lon)),
            )
        else:
            here = city.place(path[i * (len(path) - 1) // n])
        pings.append((PING_S * i, *here, 100 * i / n))
    return pings


def simulate(city: City, n_days: int, rng: np.random.Generator) -> Iterator[Order]:
    """Simulate every order of some days."""
    weights = np.array(minute_weights(night=city.night))
    customers = city.customers
    for day in range(n_days):
        brands = [b for b in city.brands if b.start <= day < b.end]
        target = math.floor(target_orders(city, day) * rng.uniform(0.9, 1.1)) if brands else 0
        for minute, n in enumerate(rng.poisson(target * weights / weights.sum()).tolist()):
            for second in sorted(rng.integers(0, 60, n).tolist()):
                yield simulate_order(city, rng, day, brands, customers, 86_400 * day + 60 * minute + second)


def simulate_order(
    city: City,
    rng: np.random.Generator,
    day: int,
    brands: Sequence[Brand],
    customers: Sequence[int],
    created: int,
) -> Order:
    """Simulate one order."""
    started, finished, ready, picked_up = created + 60 * np.cumsum(
        [max(0.1, rng.normal(mean, sd)) for mean, sd in SERVICE]
    )
    late = bool(rng.random() < 0.5)
    low, high = (ready, picked_up) if late else (created, ready)
    arrived = low + rng.beta(3, 3) * (high - low)
    customer = int(rng.choice(customers))
    path = city.route(customer)
    length_m = sum(city.legs_m(path))
    basket = draw_basket(rng, brands, day)
    return Order(
        day=day,
        target=target_orders(city, day),
        created=created,
        started=float(started),
        finished=float(finished),
        ready=float(ready),
        arrived=float(arrived),
        picked_up=float(picked_up),
        delivered=float(picked_up + drive_seconds(length_m)),
        customer=customer,
        late=late,
        house_number=int(rng.integers(1, 10_000)),
        brands=tuple(basket[0]),
        items=tuple(basket[1]),
        quantities=tuple(basket[2]),
        pings=tuple(place_pings(city, path)),
    )


def road_graph(
    nodes: Sequence[tuple[float, float]], edges: Sequence[tuple[int, int, float]]
) -> nx.MultiDiGraph:
    """Make the graph of a city: positions of its nodes, and roads with their lengths in metres."""
    roads = nx.MultiDiGraph()
    for v, (lat, lon) in enumerate(nodes):
        roads.add_node(v, lat=lat, lon=lon)
    for a, b, length_m in edges:
        roads.add_edge(a, b, length=length_m)
    return roads


def route_json(city: City, path: Sequence[int]) -> str:
    """Nodes of a path as text (docs/model.md, 5.3)."""
    return "[" + ",".join("[{:.6f},{:.6f}]".format(*city.place(v)) for v in path) + "]"


def parse_items(items_json: str) -> list[dict[str, Any]]:
    """Items of an order, with their keys in order (docs/model.md, 5.3)."""
    items: list[dict[str, Any]] = json.loads(items_json)
    for item in items:
        assert list(item) == ["id", "category_id", "menu_id", "brand_id", "name", "price", "qty"]
    return items
