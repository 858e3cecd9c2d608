"""A cached table of anyone's making fits its request, or is made anew."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.roads.cache import map_route_table
from fastgen.roads.routes import compute_route_table
from tests.roads.odd_places import DEEP, PLACES
from tests.roads.test_cache import REQUEST, TOWN, Loader, same

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def cached(folder: Path) -> tuple[Loader, Path, dict[str, Any], bytes]:
    loader = Loader(folder)
    loader.load()
    line, body = loader.file().read_bytes().split(b"\n", 1)
    return loader, loader.file(), json.loads(line), body


def write_cache(path: Path, header: dict[str, Any], body: bytes) -> None:
    line = json.dumps(header).encode()
    path.write_bytes(line + b" " * (-(len(line) + 1) % 64) + b"\n" + body)


def shift(header: dict[str, Any], name: str, **changes: Any) -> None:
    dtype, offset, size = header["arrays"][name]
    found = {"dtype": dtype, "offset": offset, "size": size, **changes}
    header["arrays"][name] = [found["dtype"], found["offset"], found["size"]]


CACHES: dict[str, Callable[[dict[str, Any]], object]] = {
    "other type": lambda header: shift(header, "street", dtype="<f4"),
    "object": lambda header: shift(header, "street", dtype="O"),
    "no type": lambda header: shift(header, "street", dtype="x" * 100),
    "shorter": lambda header: shift(header, "by_path", size=1),
    "none": lambda header: shift(header, "lat", size=0),
    "longer": lambda header: shift(header, "text", size=10**9),
    "before its start": lambda header: shift(header, "text", offset=-1),
    "other offsets": lambda header: shift(header, "text_start", offset=0),
    "text of streets": lambda header: shift(header, "street_text", size=3),
    "digits": lambda header: shift(header, "text", size=10**4000),
    "missing array": lambda header: header["arrays"].pop("text"),
    "one more": lambda header: header["arrays"].update(more=["<i4", 0, 1]),
    "no provenance": lambda header: header.update(provenance=None),
    "no source": lambda header: header["provenance"].update(source=3),
    "distance": lambda header: header.update(kitchen_dist_m=[]),
    "size": lambda header: header.update(size="x"),
}


@pytest.mark.parametrize("change", CACHES)
def test_cached_table_that_does_not_fit_is_made_anew(change: str, tmp_path: Path) -> None:
    loader, path, header, body = cached(tmp_path)
    CACHES[change](header)
    write_cache(path, header, body)
    assert map_route_table(path) is None
    assert same(loader.load(), compute_route_table(TOWN, REQUEST, "town"))


@pytest.mark.parametrize("kind", PLACES)
def test_cache_that_is_no_file_of_a_table_is_passed_over(kind: str, tmp_path: Path) -> None:
    PLACES[kind](tmp_path / "table.bin")
    began = time.perf_counter()
    assert map_route_table(tmp_path / "table.bin") is None
    assert time.perf_counter() - began < 2


@pytest.mark.parametrize(
    "line", [DEEP, b"9" * 5_000, b"[]", b"{}", b'{"size": 0, "xxh3": "2d06800538d394c2"}']
)
def test_cached_header_that_is_none_is_passed_over(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "table.bin"
    path.write_bytes(line + b"\n")
    assert map_route_table(path) is None
