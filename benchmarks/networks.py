"""Hold the built-in road networks against a real one: measure them all alike, and draw them.

``python -m benchmarks.networks [--extract FILE.osm.bz2]``; the extract is one of northern San Francisco.
"""

from __future__ import annotations

import argparse
import importlib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from benchmarks.cities.sources import numpy_draws
from benchmarks.drives import measure_drives
from fastgen.model.road_graph import RoadGraph
from fastgen.roads.measures import find_streets, measure_streets
from fastgen.roads.offline import load_builtin
from fastgen.roads.synthetic.assembly import lay_out, to_graph
from fastgen.roads.synthetic.plane import Frame

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from fastgen.roads.synthetic.plan import CityPlan

HERE = Path(__file__).parent
PICTURES = HERE / "pictures"
RADIUS_MI = 4.0
ATTRIBUTION = "© OpenStreetMap contributors"
# South, north, west and east border of the real extract, within the square of ±4 miles.
EXTRACT = (37.7805, 37.811, -122.4661, -122.3942)
GROWTH_DAYS = 90
Measures = dict[str, float]


class Kitchen(NamedTuple):
    """A location of the canonical scenario: position, orders a day, growth a day, mean weekday factor."""

    title: str
    lat: float
    lon: float
    orders_day: float
    growth: float
    weekday: float


WEEK = (1.00 + 1.05 + 1.08 + 1.10 + 1.25 + 1.35 + 1.15) / 7
KITCHENS = {
    "sf": Kitchen("sf (San Francisco)", 37.791024, -122.392865, 150, 0.0065, WEEK),
    "sv": Kitchen("sv (Palo Alto, Los Altos)", 37.402937, -122.110740, 50, 0.0135, 1.0),
    "bellevue": Kitchen("bellevue (Seattle)", 47.614422, -122.338964, 200, 0.0, WEEK),
    "chicago": Kitchen("chicago", 41.890664, -87.632079, 300, -0.004, WEEK),
}
ROWS = (
    ("nodes", "n_nodes", "{:,}"),
    ("streets", "n_streets", "{:,}"),
    ("street names", "n_street_names", "{:,}"),
    ("streets a node", "streets_per_node", "{:.2f}"),
    ("dead ends", "dead_ends", "{:.0%}"),
    ("three-way", "three_way", "{:.0%}"),
    ("four-way", "four_way", "{:.0%}"),
    ("five and more", "five_way", "{:.1%}"),
    ("one-way streets", "one_way", "{:.0%}"),
    ("intersections a km²", "intersections_per_km2", "{:.0f}"),
    ("street km a km²", "street_km_per_km2", "{:.1f}"),
    ("mean street, m", "mean_street_m", "{:.0f}"),
    ("median street, m", "median_street_m", "{:.0f}"),
    ("circuity", "circuity", "{:.3f}"),
    ("orientation entropy", "orientation_entropy", "{:.2f}"),
    ("orientation order", "orientation_order", "{:.2f}"),
    ("without a directed path", "unreached", "{:.1%}"),
    ("route ÷ straight line, median", "detour", "{:.2f}"),
    ("mean drive, minutes", "drive_min", "{:.1f}"),
    ("events an order", "events_per_order", "{:.2f}"),
)


def cut_to_box(graph: RoadGraph, box: tuple[float, float, float, float]) -> RoadGraph:
    """Keep the edges whose both ends lie in a box (south, north, west, east)."""
    south, north, west, east = (round(degrees * 1e6) for degrees in box)
    within = (
        (graph.lat_e6 >= south) & (graph.lat_e6 <= north) & (graph.lon_e6 >= west) & (graph.lon_e6 <= east)
    )
    tail, head = graph.edge_from(), graph.edge_to
    keep = within[tail] & within[head]
    return RoadGraph.from_edges(
        graph.lat_e6,
        graph.lon_e6,
        tail[keep],
        head[keep],
        graph.edge_length_mm[keep],
        graph.edge_street[keep],
        graph.street_names,
        graph.provenance,
    )


def measure(graph: RoadGraph, kitchen: Kitchen) -> Measures:
    """Measure a network around a kitchen, by the names that `ROWS` has."""
    counts = {
        "n_nodes": graph.n_nodes,
        "n_streets": len(find_streets(graph)[0]),
        "n_street_names": len(graph.street_names),
    }
    streets, drives = measure_streets(graph), measure_drives(graph, kitchen.lat, kitchen.lon)
    return {**counts, **streets._asdict(), **drives._asdict()}


def mean_events(measures: dict[str, Measures]) -> float:
    """Weigh each location's events an order with its orders over the canonical 90 days."""
    days = np.arange(GROWTH_DAYS)
    orders = {c: (k.orders_day * k.weekday * (1 + k.growth) ** days).sum() for c, k in KITCHENS.items()}
    return float(sum(orders[c] * measures[c]["events_per_order"] for c in KITCHENS) / sum(orders.values()))


def city_plan(code: str) -> CityPlan:
    """Load the plan that a built-in network is laid out by."""
    plan: CityPlan = importlib.import_module(f"benchmarks.cities.{code}").PLAN
    return plan


class Drawing(NamedTuple):
    """Lines to draw, each (n, 2) of longitudes and latitudes; which are one-way, and which main streets."""

    lines: list[NDArray[np.float64]]
    one_way: NDArray[np.bool_]
    main: NDArray[np.bool_]


def straight_lines(graph: RoadGraph, code: str) -> Drawing:
    """Draw each street of a network as the straight line between its nodes."""
    tail, head = graph.edge_from().astype(np.int64), graph.edge_to.astype(np.int64)
    key = np.minimum(tail, head) * graph.n_nodes + np.maximum(tail, head)
    _, first, count = np.unique(key, return_index=True, return_counts=True)
    lat, lon = graph.lat_e6 / 1e6, graph.lon_e6 / 1e6
    ends = np.stack([np.column_stack([lon[n], lat[n]]) for n in (tail[first], head[first])], axis=1)
    known = {road.name for road in city_plan(code).roads}
    named = np.array([*(name in known for name in graph.street_names), False])
    return Drawing(list(ends), count == 1, named[graph.edge_street[first]])


def course_lines(graph: RoadGraph, code: str) -> Drawing:
    """Draw each street of a built-in network along its course, as the generator lays it out."""
    plan = city_plan(code)
    network = lay_out(plan, numpy_draws)
    if to_graph(network, plan).content_hash() != graph.content_hash():
        message = f"Expected {code}.roads as the generator makes it; run python -m benchmarks.cities."
        raise SystemExit(message)
    frame, known = Frame(*plan.kitchen), {road.name for road in plan.roads}
    lines = []
    for edge in network.edges:
        lat, lon = frame.to_e6(network.line(edge))
        lines.append(np.column_stack([lon, lat]) / 1e6)
    main = [network.table[e.street].name in known for e in network.edges]
    return Drawing(lines, np.array([e.one_way for e in network.edges]), np.array(main))


def draw(axes: Axes, drawing: Drawing, title: str, box: tuple[float, float, float, float]) -> None:
    """Draw a network: two-way streets grey, one-way streets red, two-way main streets blue."""
    from matplotlib.collections import LineCollection  # noqa: PLC0415  # heavy

    lines, one_way, main = drawing
    for mask, colour, factor in (
        (~one_way & ~main, "0.35", 1.0),
        (one_way, "tab:red", 1.1),
        (main & ~one_way, "tab:blue", 2.0),
    ):
        some = [lines[k] for k in np.flatnonzero(mask)]
        axes.add_collection(LineCollection(some, colors=colour, linewidths=0.45 * factor))
    south, north, west, east = box
    axes.set(
        xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect=1 / np.cos(np.radians(south))
    )
    axes.set_title(title, fontsize=9)


def square(kitchen: Kitchen) -> tuple[float, float, float, float]:
    """Compute the square of ±4 miles: south, north, west, east."""
    up = np.degrees(RADIUS_MI * 1609.34 / 6_371_009.0)
    aside = up / np.cos(np.radians(kitchen.lat))
    return kitchen.lat - up, kitchen.lat + up, kitchen.lon - aside, kitchen.lon + aside


def draw_all(graphs: dict[str, RoadGraph], real: RoadGraph | None) -> None:
    """Write one picture a network, and one of the real extract beside the built-in network's same part."""
    import matplotlib as mpl  # noqa: PLC0415  # heavy

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415  # heavy

    PICTURES.mkdir(exist_ok=True)
    for code, graph in graphs.items():
        figure, axes = plt.subplots(figsize=(7, 7), layout="constrained")
        title = f"{KITCHENS[code].title}: synthetic streets"
        draw(axes, course_lines(graph, code), title, square(KITCHENS[code]))
        kitchen = KITCHENS[code]
        axes.plot(kitchen.lon, kitchen.lat, "k*", markersize=7)
        _save(figure, f"{code}.png")
    if real is not None:
        figure, (upper, lower) = plt.subplots(2, 1, figsize=(7, 5.6), layout="constrained")
        draw(upper, straight_lines(real, "sf"), f"real ({ATTRIBUTION})", EXTRACT)
        part = straight_lines(cut_to_box(graphs["sf"], EXTRACT), "sf")
        draw(lower, part, "built-in sf, the same part: synthetic", EXTRACT)
        _save(figure, "sf-real-and-built-in.png")


def _save(figure: object, name: str) -> None:
    from PIL import Image  # noqa: PLC0415  # comes with matplotlib

    path = PICTURES / name
    figure.savefig(path, dpi=100)  # type: ignore[attr-defined]
    # Sixty-four colours are plenty for line drawings, and a third of the bytes.
    Image.open(path).convert("RGB").quantize(64).save(path, optimize=True)
    print(path.name, path.stat().st_size)


def table(columns: dict[str, Measures]) -> str:
    """Lay the measures out as a Markdown table."""
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for label, name, form in ROWS:
        cells = (form.format(m[name]) for m in columns.values())
        lines.append(f"| {label} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def main() -> None:
    """Measure, draw and write."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--extract", type=Path, help="real OpenStreetMap extract of northern San Francisco")
    arguments = parser.parse_args()
    graphs = {code: load_builtin(code) for code in KITCHENS}
    measures = {c: measure(g, KITCHENS[c]) for c, g in graphs.items()}
    columns = {KITCHENS[c].title: m for c, m in measures.items()}
    sf = KITCHENS["sf"]
    columns["sf, the extract's part"] = measure(cut_to_box(graphs["sf"], EXTRACT), sf)
    real = None
    if arguments.extract:
        from fastgen.roads.files import import_roads  # noqa: PLC0415  # heavy

        real = import_roads(arguments.extract, sf.lat, sf.lon, RADIUS_MI)
        columns["real extract, sf"] = measure(real, sf)
    print(table(columns))
    print(f"events an order over the canonical mix: {mean_events(measures):.2f}")
    draw_all(graphs, real)


if __name__ == "__main__":
    main()
