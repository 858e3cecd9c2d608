"""The cache may never change a route, and a damaged or unwritable one may never stop a build."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.errors import DataError
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.cache import default_cache_dir, load_route_table
from fastgen.roads.roads_file import encode_roads
from fastgen.roads.routes import compute_route_table
from tests.small_town import KITCHENS, make_town

if TYPE_CHECKING:
    from collections.abc import Callable

TOWN = make_town(5)
ROADS = encode_roads(TOWN)
REQUEST = RouteRequest(*KITCHENS["sf"], 4.0, 25.0, 60, "distance", "Main St")


class Loader:
    """Loads through one folder, and counts how often a table was computed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.announced = folder, list[str]()

    def load(self, roads: bytes = ROADS, request: RouteRequest = REQUEST) -> RouteTable:
        return load_route_table(roads, "town.roads", request, self.folder, self.announced.append)

    def file(self) -> Path:
        (path,) = self.folder.iterdir()
        return path


@pytest.fixture
def loader(tmp_path: Path) -> Loader:
    return Loader(tmp_path / "deep" / "cache")


def same(one: RouteTable, other: RouteTable) -> bool:
    pairs = [(getattr(one, f.name), getattr(other, f.name)) for f in dataclasses.fields(RouteTable)]
    return all(
        np.array_equal(a, b) and a.dtype == b.dtype if isinstance(a, np.ndarray) else a == b for a, b in pairs
    )


def test_second_time_is_mapped_and_the_same(loader: Loader) -> None:
    computed, mapped = loader.load(), loader.load()
    assert len(loader.announced) == 1
    assert "town.roads" in loader.announced[0]
    wanted = compute_route_table(TOWN, REQUEST, "town")
    assert same(computed, wanted)
    assert same(mapped, wanted)
    assert not mapped.text.flags.writeable


CHANGES: dict[str, RouteRequest] = {
    "lat": dataclasses.replace(REQUEST, lat=REQUEST.lat + 1e-4),
    "lon": dataclasses.replace(REQUEST, lon=REQUEST.lon + 1e-4),
    "radius_mi": dataclasses.replace(REQUEST, radius_mi=3.0),
    "speed_mph": dataclasses.replace(REQUEST, speed_mph=20.0),
    "ping_interval_s": dataclasses.replace(REQUEST, ping_interval_s=30),
    "ping_position": dataclasses.replace(REQUEST, ping_position="node"),
    "street": dataclasses.replace(REQUEST, street="Elm St"),
}


def test_every_part_of_a_request_is_told_apart(loader: Loader) -> None:
    assert set(CHANGES) == {f.name for f in dataclasses.fields(RouteRequest)}
    loader.load()
    for request in CHANGES.values():
        assert same(loader.load(request=request), compute_route_table(TOWN, request, "town"))
    assert len(loader.announced) == 1 + len(CHANGES)


def test_another_network_is_told_apart(loader: Loader) -> None:
    loader.load()
    other = make_town(5, seed=2)
    assert same(loader.load(encode_roads(other)), compute_route_table(other, REQUEST, "town"))


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def _flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def _empty(path: Path) -> None:
    path.write_bytes(b"")


def _other(path: Path) -> None:
    path.write_bytes(b'{"cache_version": 1}\n')


def _text(path: Path) -> None:
    path.write_bytes(b"[1, 2]\n" * 40)


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


@pytest.mark.parametrize("damage", [_cut, _flip, _empty, _other, _text, _folder])
def test_damaged_cache_is_made_anew(loader: Loader, damage: Callable[[Path], None]) -> None:
    wanted = loader.load()
    damage(loader.file())
    assert same(loader.load(), wanted)
    assert len(loader.announced) == 2


def test_made_anew_once(loader: Loader) -> None:
    loader.load()
    _flip(loader.file())
    loader.load()
    loader.load()
    assert len(loader.announced) == 2


def test_unwritable_folder_keeps_tables_in_memory(tmp_path: Path) -> None:
    """A file stands where the folder should be: not even root can write there."""
    blocked = tmp_path / "file"
    blocked.write_text("")
    loader = Loader(blocked / "cache")
    assert same(loader.load(), compute_route_table(TOWN, REQUEST, "town"))
    assert blocked.read_text() == ""


def test_damaged_roads_are_refused_and_nothing_kept(loader: Loader) -> None:
    with pytest.raises(DataError, match=r"^town\.roads: "):
        loader.load(ROADS[:-40])
    assert not loader.folder.exists() or not list(loader.folder.iterdir())


def test_folder_is_the_environments(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FASTGEN_CACHE_DIR", "/somewhere/own")
    assert default_cache_dir() == Path("/somewhere/own")
    monkeypatch.delenv("FASTGEN_CACHE_DIR")
    monkeypatch.setenv("XDG_CACHE_HOME", "/somewhere/xdg")
    assert default_cache_dir() == Path("/somewhere/xdg/fastgen")
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", "/somewhere/home")
    assert default_cache_dir() == Path("/somewhere/home/.cache/fastgen")
