"""Measure the time of each stage of a build, to see what a change of a kernel costs or saves."""

from __future__ import annotations

import statistics
import time
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from benchmarks.frames import begin_span, expand_span
from benchmarks.processes import ROADS
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.events.buffers import EventBuffers
from fastgen.events.digest import digest_day
from fastgen.events.row_group import GroupEncoder
from fastgen.generating.maker import EventMaker
from fastgen.model.route_table import RouteRequest
from fastgen.orders import draws as draws_module
from fastgen.parquet.codecs import COMPRESSIONS, Compression, make_codec
from fastgen.parquet.pages import make_chunk
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.kernels.dijkstra import shortest_path_tree
from fastgen.roads.network import find_network
from fastgen.roads.roads_file import decode_roads
from fastgen.roads.routes import compute_route_table

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.conftest import Bench
    from fastgen.building.plan import BuildPlan
    from fastgen.generating.simulation import Span
    from fastgen.model.day_orders import DayOrders
    from fastgen.model.road_graph import RoadGraph

# A part of the size that builds write, about half a million events.
SCALE = 10
CITY = "chicago"


class Part(NamedTuple):
    """A part as `fastgen build --scale 10` makes it, simulated and expanded."""

    plan: BuildPlan
    span: Span
    orders: DayOrders
    expansion: EventBuffers

    @property
    def n_orders(self) -> int:
        """Orders of the part."""
        return len(self.orders.draw)

    @property
    def n_rows(self) -> int:
        """Events of the part."""
        return self.expansion.count_rows(self.n_orders)


@pytest.fixture(scope="module")
def part() -> Part:
    plan = prepare(BuildOptions(scale=SCALE, locations=[CITY], roads=ROADS))
    span = plan.files[0].spans[0]
    buffers = expand_span(plan, span)
    return Part(plan, span, buffers.orders, buffers)


def record_price(bench: Bench, stage: str, part: Part, seconds: float | None = None) -> None:
    """Record the time of a stage for each event.

    `seconds` is the time for the part; None for the median that the benchmark has measured.
    """
    seconds = bench.benchmark.stats.stats.median if seconds is None else seconds
    detail = f"{seconds / part.n_orders * 1e9:.0f} ns an order"
    bench.record(f"stage: {stage}", seconds / part.n_rows * 1e9, "ns an event", detail=detail)


def test_draws(bench: Bench, part: Part, monkeypatch: pytest.MonkeyPatch) -> None:
    """Time every kernel of the statistical source while it draws the orders of a part."""
    seconds: dict[str, list[float]] = {}

    def timed(kernel: Callable[..., object], times: list[float]) -> Callable[..., object]:
        def call(*arguments: object) -> object:
            began = time.perf_counter()
            result = kernel(*arguments)
            times[-1] += time.perf_counter() - began
            return result

        return call

    for name, kernel in list(vars(draws_module).items()):
        if callable(kernel) and kernel.__module__.startswith("fastgen.orders.kernels"):
            seconds[name] = []
            monkeypatch.setattr(draws_module, name, timed(kernel, seconds[name]))

    def begin_round() -> None:
        for times in seconds.values():
            times.append(0.0)

    def draw() -> None:
        begin_span(part.plan, part.span, EventMaker(part.plan))

    bench.benchmark.pedantic(draw, setup=begin_round, rounds=30, warmup_rounds=1)
    called = {name: times for name, times in seconds.items() if any(times)}  # the plan has counted minutes
    for name, times in called.items():
        record_price(bench, name, part, statistics.median(times[1:]))
    record_price(bench, "all draws, fresh arrays", part)


def test_expand(bench: Bench, part: Part) -> None:
    bench.benchmark(part.expansion.expand, 0, part.n_orders)
    record_price(bench, "expand, warm memory", part)


def test_expand_fresh(bench: Bench, part: Part) -> None:
    """Expand into new memory, as for the first part of every worker."""

    def expand() -> None:
        plan, buffers = part.plan, EventBuffers()
        routes, interval_s = part.expansion.routes, plan.scenario.driver.ping_interval_s
        buffers.begin(part.orders, routes, plan.items, plan.epoch_s, interval_s)
        buffers.expand(0, part.n_orders)

    bench.benchmark(expand)
    record_price(bench, "expand, fresh memory", part)


def test_digest(bench: Bench, part: Part) -> None:
    plan, (location_id, first_day, last_day) = part.plan, part.span

    def digest() -> int:
        at, n_bytes = 0, 0
        for day in range(first_day, last_day + 1):
            n = int(plan.source.n_orders[location_id][day])
            n_bytes += digest_day(location_id, day, part.expansion, at, at + n).bytes
            at += n
        return n_bytes

    n_bytes = bench.benchmark(digest)
    record_price(bench, f"digest of {n_bytes / 1e6:.0f} MB", part)


def group_edges(part: Part) -> list[tuple[int, int]]:
    """Cut the orders of a part into row groups."""
    n_groups = round(part.n_rows / ROW_GROUP_ROWS)
    return list(pairwise(part.n_orders * group // n_groups for group in range(n_groups + 1)))


def test_encode(bench: Bench, part: Part) -> None:
    encoder = GroupEncoder(part.plan.tables[part.span.location_id], None)

    def encode() -> int:
        groups = group_edges(part)
        return sum(len(v.body) for first, last in groups for v in encoder.encode(part.expansion, first, last))

    bench.benchmark(encode)
    record_price(bench, "encode pages", part)


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_compress(bench: Bench, part: Part, compression: Compression) -> None:
    """Make compressed pages and their headers; the time includes the encoding."""
    encoder, codec = GroupEncoder(part.plan.tables[part.span.location_id], None), make_codec(compression)

    def compress() -> int:
        groups = group_edges(part)
        encoded = (v for first, last in groups for v in encoder.encode(part.expansion, first, last))
        return sum(make_chunk(values, codec).n_bytes for values in encoded)

    n_bytes = bench.benchmark(compress)
    record_price(bench, f"encode and compress, {compression}, to {n_bytes / 1e6:.1f} MB", part)


class City(NamedTuple):
    """A road network, its file, and the request for its route table."""

    roads: bytes
    name: str
    graph: RoadGraph
    request: RouteRequest


@pytest.fixture(scope="module")
def city() -> City:
    scenario = prepare(BuildOptions(days=1, locations=[CITY], roads=ROADS)).scenario
    location = next(location for location in scenario.locations if location.code == CITY)
    roads, name = find_network(CITY, Path(ROADS) if ROADS else None)
    driver, delivery = scenario.driver, scenario.delivery
    request = RouteRequest(
        location.lat,
        location.lon,
        delivery.radius_mi,
        driver.speed_mph,
        driver.ping_interval_s,
        driver.ping_position,
        delivery.address_street,
    )
    return City(roads, name, decode_roads(roads, name), request)


def test_shortest_paths(bench: Bench, city: City) -> None:
    graph = city.graph
    kitchen = int(graph.distances_m(city.request.lat, city.request.lon).argmin())
    length_mm, node_bits = graph.edge_length_mm, max(1, graph.n_nodes.bit_length())
    matrix = csr_array(
        (length_mm.astype(np.float64), graph.edge_to, graph.edge_start), (graph.n_nodes, graph.n_nodes)
    )

    def own(_: Path) -> object:
        return shortest_path_tree(graph.edge_start, graph.edge_to, length_mm, kitchen, node_bits)

    def rival(_: Path) -> object:
        return dijkstra(matrix, indices=kitchen, return_predecessors=True)

    own_s, rival_s = bench.compare(own, rival, rounds=30)
    bench.record(
        f"one-to-all shortest paths of {CITY} / scipy.sparse.csgraph.dijkstra",
        own_s / rival_s,
        detail=f"{own_s * 1e3:.2f} ms; {rival_s * 1e3:.2f} ms, {graph.n_nodes} nodes, {graph.n_edges} edges",
    )


def test_route_table(bench: Bench, city: City) -> None:
    table = bench.benchmark.pedantic(
        compute_route_table, args=(city.graph, city.request, city.name), rounds=10, warmup_rounds=1
    )
    seconds = bench.benchmark.stats.stats.median
    detail = f"{table.n_customers} routes, {len(table.text) / 1e6:.0f} MB of text"
    bench.record(f"route table of {CITY}, computed", seconds * 1e3, "ms", detail=detail)


def test_cached_route_table(bench: Bench, city: City) -> None:
    def load() -> object:
        return load_route_table(city.roads, city.name, city.request, default_cache_dir(), lambda _: None)

    bench.benchmark(load)
    bench.record(f"route table of {CITY}, from the cache", bench.benchmark.stats.stats.median * 1e3, "ms")
