"""Read road networks from files of other programs and of ours; make inputs of their binary forms."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
from functools import cache
from typing import TYPE_CHECKING

import osmium
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from fastgen.roads.roads_file import _FILTERS, _header_check, decode_roads, encode_roads, load_roads
from fastgen.roads.summary import summarise_roads
from tests.fuzzing.material import scratch
from tests.fuzzing.mutations import mutated_bytes, mutated_json
from tests.roads.town import KITCHEN, RADIUS_MI, ROADS, write_osm
from tests.small_town import make_town

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


def _encoded(graph: RoadGraph) -> bytes:
    encoded = encode_roads(graph)
    assert encode_roads(decode_roads(encoded, "again")) == encoded
    return encoded


@cache
def _some_osm() -> bytes:
    return write_osm(scratch() / "town.osm", ROADS[:8]).read_bytes()


def some_files(suffix: str) -> list[bytes]:
    """Write some roads of the town in a form of OpenStreetMap."""
    made: dict[str, Callable[[], bytes]] = {
        ".osm": _some_osm,
        ".osm.gz": lambda: gzip.compress(_some_osm(), mtime=0),
        ".osm.bz2": lambda: bz2.compress(_some_osm()),
        ".osm.pbf": _some_pbf,
    }
    return [made[suffix]()]


def _some_pbf() -> bytes:
    """Write the roads without compression, so that mutations reach what is in the blocks."""
    path = scratch() / "town.osm.pbf"
    _some_osm()
    with osmium.SimpleWriter(osmium.io.File(str(path), "pbf,pbf_compression=none"), overwrite=True) as writer:
        for entity in osmium.FileProcessor(str(scratch() / "town.osm")):
            writer.add(entity)
    return path.read_bytes()


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
