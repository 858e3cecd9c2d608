"""A file gives the same roads whatever its ids, its order, its repetitions and its deleted elements."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

import osmium
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from osmium.osm import mutable

from fastgen.roads.area import Area
from fastgen.roads.drive_filter import Direction, is_drivable, travel_direction
from fastgen.roads.osm_attributes import read_degrees
from fastgen.roads.osm_file import load_osm
from tests.effort import repeats
from tests.roads.osm_text import PACKERS, count, grid, import_text, node, osm, way
from tests.roads.town import KITCHEN, METRES, NODES, RADIUS_MI, WAYS, TownWay, place, write_osm

if TYPE_CHECKING:
    from pathlib import Path

MARGIN_M = 1609.34 + 500
MEMORY_MB = 220
FAR_AWAY = place(40_000, 0)


Segment = tuple[int, int, str]


class Copy(NamedTuple):
    """One version of an element: a node's position, or a way's nodes and tags."""

    kind: str
    id: int
    version: int
    content: Any
    deleted: bool = False


def make_mess(chance: Random, low: int, high: int, *, deletions: bool) -> tuple[list[Copy], Counter[Segment]]:
    """Elements of a file in any order, and the segments that it should give, by the town's own node ids."""
    ways = chance.sample(WAYS, chance.randint(1, len(WAYS)))
    ids = {town_id: chance.randint(low, high) for town_id in NODES}
    gone = set(chance.sample(sorted(NODES), chance.randint(0, 4))) if deletions else set()
    copies, segments = [], Counter[Segment]()
    for town_id, number in ids.items():
        if town_id not in gone and chance.random() < 0.3:
            older = chance.choice([FAR_AWAY, *NODES.values()])
            copies.append(Copy("node", number, chance.randint(0, 3), older))
        copies.append(Copy("node", number, chance.randint(4, 9), NODES[town_id], deleted=town_id in gone))
    for road in ways:
        number, deleted = chance.randint(low, high), deletions and chance.random() < 0.3
        drawn = [road] if deleted or chance.random() < 0.5 else [chance.choice(WAYS), road]
        for version, one in enumerate(drawn):
            content = one._replace(nodes=tuple(ids[town_id] for town_id in one.nodes))
            copies.append(Copy("way", number, version, content, deleted=deleted))
        if not deleted:
            segments += expected_segments(road, gone)
    copies += chance.sample(copies, 5)
    chance.shuffle(copies)
    return copies, segments


def expected_segments(road: TownWay, gone: set[int]) -> Counter[Segment]:
    """List what a way draws, by the rules alone."""
    if not is_drivable(road.tags):
        return Counter[Segment]()
    there = {n for n, (x, y) in METRES.items() if abs(x) <= MARGIN_M and abs(y) <= MARGIN_M} - gone
    forward = [(u, v) for u, v in pairwise(road.nodes) if u != v and {u, v} <= there]
    backward = [(v, u) for u, v in forward]
    direction = travel_direction(road.tags)
    drawn = forward * (direction is not Direction.BACKWARD) + backward * (direction is not Direction.FORWARD)
    return Counter((u, v, road.tags.get("name", "")) for u, v in drawn)


def drawn_segments(path: Path) -> Counter[Segment]:
    streets = load_osm(path, Area(*KITCHEN, RADIUS_MI))
    town_id = {position: number for number, position in NODES.items()}
    town = {number: town_id[data["y"], data["x"]] for number, data in streets.nodes(data=True)}
    return Counter((town[u], town[v], data.get("name", "")) for u, v, data in streets.edges(data=True))


def write_copies(path: Path, copies: list[Copy]) -> None:
    """Write XML, each deleted element marked in one of the two ways."""
    elements = []
    for copy in copies:
        mark = ('visible="false"', 'action="delete"')[copy.id % 2] if copy.deleted else ""
        attributes = f'version="{copy.version}" {mark}'
        if copy.kind == "node":
            elements.append(node(copy.id, copy.content[0], copy.content[1], attributes))
        else:
            tags = "".join(
                f'<tag k="{key}" v="{value}"/>'.replace("\n", "&#10;")
                for key, value in copy.content.tags.items()
            )
            elements.append(way(copy.id, copy.content.nodes, tags, attributes))
    suffix = "".join(path.suffixes)
    path.write_bytes(PACKERS[suffix](osm(*elements).encode()))


@pytest.mark.parametrize("suffix", PACKERS)
@given(seed=st.integers(0, 2**32))
@settings(max_examples=repeats(20, 500), deadline=None)
def test_messy_xml_gives_the_roads_of_its_newest_versions(
    suffix: str, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    copies, segments = make_mess(Random(seed), -(2**63), 2**63 - 1, deletions=True)  # noqa: S311  # no secret
    if segments:
        path = tmp_path_factory.mktemp("messy") / f"messy{suffix}"
        write_copies(path, copies)
        assert drawn_segments(path) == segments


@pytest.mark.parametrize("dense", ["true", "false"])
@given(seed=st.integers(0, 2**32))
@settings(max_examples=repeats(20, 500), deadline=None)
def test_messy_pbf_gives_the_roads_of_its_newest_versions(
    dense: str, tmp_path_factory: pytest.TempPathFactory, seed: int
) -> None:
    copies, segments = make_mess(Random(seed), -(2**62), 2**62, deletions=False)  # noqa: S311  # no secret
    if segments:
        path = tmp_path_factory.mktemp("messy") / "messy.osm.pbf"
        form = osmium.io.File(str(path), f"pbf,pbf_dense_nodes={dense}")
        with osmium.SimpleWriter(form) as writer:
            for copy in copies:
                if copy.kind == "node":
                    location = copy.content[::-1]
                    writer.add(mutable.Node(id=copy.id, version=copy.version, location=location))
                else:
                    _, nodes, tags = copy.content
                    writer.add(mutable.Way(id=copy.id, version=copy.version, nodes=nodes, tags=tags))
        assert drawn_segments(path) == segments


@pytest.mark.parametrize("compression", ["zlib", "lz4", "none"])
def test_every_compression_of_blocks_gives_the_same_roads(compression: str, tmp_path: Path) -> None:
    whole = write_osm(tmp_path / "town.osm")
    path = tmp_path / "town.osm.pbf"
    form = osmium.io.File(str(path), f"pbf,pbf_compression={compression}")
    with osmium.SimpleWriter(form) as writer:
        for element in osmium.FileProcessor(whole):
            writer.add(element)
    assert drawn_segments(path) == drawn_segments(whole)


@given(
    st.integers(-(9 * 10**8), 9 * 10**8).map(lambda units: f"{units / 1e7:.7f}")
    | st.integers(-(9 * 10**9), 9 * 10**9).map(lambda units: f"{units / 1e8:.8f}")
    | st.floats(-90, 90).map(lambda value: f"{value:.12f}")
    | st.integers(-90, 90).map(str)
)
def test_positions_are_osmiums_to_the_last_digit(text: str) -> None:
    data = osm(node(1, text, 0)).encode()
    for found in osmium.FileProcessor(osmium.io.FileBuffer(data, "osm")):
        assert read_degrees(text) == found.lat


@pytest.mark.parametrize("text", ["4.19e1", "41900000.0e-6", "419E-1", "+41.9", "41.90000000000000001"])
def test_positions_may_be_in_scientific_notation(text: str) -> None:
    assert read_degrees(text) == 41.9


IDS = {
    "scattered": [i * 7_919_191 % 12_900_000_000 + 1 for i in range(16)],
    "negative": [-i for i in range(1, 17)],
    "beyond 2^58": [2**58 + i for i in range(16)],
    "largest": [2**63 - 1 - i for i in range(16)],
    "smallest": [-(2**63) + i for i in range(16)],
    "mixed": [(-1) ** i * 3**i for i in range(16)],
}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("ids", IDS)
def test_town_is_whole_with_any_ids(ids: str, suffix: str, tmp_path: Path) -> None:
    nodes, ways = grid(4, IDS[ids])
    assert count(import_text(osm(*nodes, *ways), tmp_path, suffix)) == (12, 40, 4.8 / 2)


def test_memory_follows_the_square_not_the_ids(tmp_path: Path) -> None:
    ids = [1 + i * 5_159_833_711 % 12_900_000_000 for i in range(2500)]
    nodes, ways = grid(50, ids)
    path = tmp_path / "scattered.osm"
    path.write_text(osm(*nodes, *ways))
    script = (
        "import json, sys, pathlib, re\n"
        "from fastgen.roads.files import import_roads\n"
        "graph = import_roads(pathlib.Path(sys.argv[1]), 41.9, -87.7, 4.0)\n"
        "peak_kb = re.search(r'VmHWM:\\s+(\\d+)', pathlib.Path('/proc/self/status').read_text())[1]\n"
        "print(json.dumps([graph.n_nodes, int(peak_kb) / 1000]))\n"
    )
    run = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, check=True)
    n_nodes, peak_mb = json.loads(run.stdout)
    assert n_nodes == 2496
    assert peak_mb < MEMORY_MB
