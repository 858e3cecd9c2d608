"""Read road networks from files of other programs and of ours; make inputs of their binary forms."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from functools import cache
from typing import TYPE_CHECKING

import osmium
import xxhash
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.model.route_table import RouteRequest
from fastgen.roads.cache import encode_route_table, map_route_table
from fastgen.roads.download import download_roads
from fastgen.roads.files import import_roads
from fastgen.roads.roads_file import _FILTERS, _header_check, decode_roads, encode_roads, load_roads
from fastgen.roads.routes import compute_route_table
from fastgen.roads.summary import summarise_roads
from tests.fuzzing.material import overpass, scratch
from tests.fuzzing.mutations import mutated_bytes, mutated_json
from tests.roads.overpass import DATA_TIME
from tests.roads.town import KITCHEN, NODES, RADIUS_MI, ROADS, write_osm
from tests.small_town import KITCHENS, make_town

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph


def read_import(suffix: str, data: bytes, folder: Path) -> bytes:
    """Import the roads around the town's kitchen from a file with this ending."""
    path = folder / f"town{suffix}"
    path.write_bytes(data)
    return _encoded(import_roads(path, *KITCHEN, RADIUS_MI))


def read_stored(data: bytes, folder: Path) -> tuple[object, ...]:
    """Load and describe a .roads file."""
    path = folder / "town.roads"
    path.write_bytes(data)
    graph = load_roads(path)
    return summarise_roads(graph), _encoded(graph)


def read_answer(data: bytes, folder: Path) -> bytes:
    """Download the roads around the town's kitchen from a server that answers so."""
    del folder
    server = overpass()
    server.body = data
    return _encoded(download_roads(*KITCHEN, RADIUS_MI, server.url))


def read_cached(data: bytes, folder: Path) -> object:
    """Map a cached route table; what is none is computed anew."""
    # The first file stays as it is while it is mapped.
    path, copy = folder / "routes.bin", folder / "again.bin"
    path.write_bytes(data)
    table = map_route_table(path)
    if table is None:
        return None
    again = encode_route_table(table)
    copy.write_bytes(again)
    mapped = map_route_table(copy)
    assert mapped is not None
    assert encode_route_table(mapped) == again
    return again, table.n_customers, table.max_pings, table.events_per_order


def _encoded(graph: RoadGraph) -> bytes:
    encoded = encode_roads(graph)
    assert encode_roads(decode_roads(encoded, "again")) == encoded
    return encoded


@cache
def _some_osm() -> bytes:
    return write_osm(scratch() / "town.osm", ROADS[:8]).read_bytes()


def some_files(suffix: str) -> list[bytes]:
    """Write some roads of the town in a form of OpenStreetMap."""
    made: dict[str, Callable[[], list[bytes]]] = {
        ".osm": lambda: [_some_osm()],
        ".osm.gz": lambda: [gzip.compress(_some_osm(), mtime=0)],
        ".osm.bz2": lambda: [bz2.compress(_some_osm())],
        # Without compression, mutations reach what is in the blocks.
        ".osm.pbf": lambda: [
            _some_pbf("pbf,pbf_compression=none"),
            _some_pbf("pbf,pbf_compression=none,pbf_dense_nodes=false"),
            _some_pbf("pbf,pbf_compression=none,locations_on_ways=true"),
            _some_pbf("pbf"),
        ],
    }
    return made[suffix]()


def _some_pbf(form: str) -> bytes:
    path = scratch() / "town.osm.pbf"
    _some_osm()
    with osmium.SimpleWriter(osmium.io.File(str(path), form), overwrite=True) as writer:
        for entity in osmium.FileProcessor(str(scratch() / "town.osm")):
            writer.add(entity)
    return path.read_bytes()


def some_answers() -> list[bytes]:
    """Answer as an Overpass server does, with some roads of the town."""
    nodes = [{"type": "node", "id": n, "lat": lat, "lon": lon} for n, (lat, lon) in NODES.items()]
    ways = [{"type": "way", "id": w.id, "nodes": list(w.nodes), "tags": w.tags} for w in ROADS[:8]]
    head = {"version": 0.6, "osm3s": {"timestamp_osm_base": DATA_TIME}}
    some = (nodes[:9] + ways[:3], ways + nodes)
    return [json.dumps({**head, "elements": elements}).encode() for elements in some]


@cache
def some_cached() -> list[bytes]:
    """Encode a table of routes."""
    request = RouteRequest(*KITCHENS["sf"], 4.0, 25.0, 60, "distance", "Main St")
    return [encode_route_table(compute_route_table(make_town(3), request, "town"))]


def seal_cached(data: bytes) -> bytes:
    """Give a cached table the checksum of what follows its header."""
    line, _, body = data.partition(b"\n")
    try:
        header = {**json.loads(line), "size": len(body), "xxh3": xxhash.xxh3_64_hexdigest(body)}
    except (ValueError, TypeError, RecursionError):
        return data
    return json.dumps(header).encode() + b"\n" + body


def some_stored() -> list[bytes]:
    """Encode small towns."""
    return [encode_roads(make_town(n)) for n in (2, 3)]


def _is_whole(data: bytes) -> bool:
    try:
        decode_roads(data, "input")
    except DataError:
        return False
    return True


@st.composite
def mutated_roads(draw: st.DrawFn, seeds: Sequence[bytes]) -> bytes:
    """Draw a .roads file with changes of its header or its arrays, mostly with checks that are right."""
    data = draw(st.sampled_from([data for data in seeds if _is_whole(data)]))
    header, _, body = data.partition(b"\n")
    kind = draw(st.sampled_from(("bytes", "header", "arrays")))
    if kind == "bytes":
        return draw(mutated_bytes(seeds))
    if kind == "arrays":
        arrays = draw(mutated_bytes([lzma.decompress(body)]))
        return header + b"\n" + lzma.compress(arrays, lzma.FORMAT_XZ, lzma.CHECK_CRC32, filters=_FILTERS)
    header = draw(mutated_json([header]))
    try:
        tree = json.loads(header)
        header = json.dumps({**tree, "check": _header_check(tree)}).encode()
    except (ValueError, TypeError, RecursionError):
        pass  # no object any more
    return header + b"\n" + body
