"""What is no map, or none of the kitchen's surroundings, is refused in one line."""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING

import osmnx as ox
import pytest

from fastgen import extras
from fastgen.errors import DataError
from fastgen.roads.files import import_roads
from tests.roads.imports import import_town, osmnx_town
from tests.roads.town import ROADS, WAYS, TownWay, write_osm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def test_kitchen_far_from_any_road_is_refused_with_the_distance(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "town.osm.pbf")
    message = r"^\S+town\.osm\.pbf: expected a road within 1 km of the kitchen at 37\.790000, -122\.200000, "
    # The freeway's end lies 3.0 of the 16.7 km towards it.
    with pytest.raises(DataError, match=message + r"got the nearest 13\.7 km"):
        import_roads(path, 37.79, -122.2, 1.0)


def test_kitchen_far_from_any_junction_is_refused(town_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "town.graphml"
    ox.save_graphml(osmnx_town(town_folder), path)
    with pytest.raises(
        DataError, match=r"town\.graphml: expected a road within 1 km .* got the nearest 13\.7 km"
    ):
        import_roads(path, 37.79, -122.2, 1.0)


def test_file_without_drivable_roads_is_refused(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "park.osm", [way for way in WAYS if way not in ROADS])
    with pytest.raises(DataError, match=r"park\.osm: expected drivable roads around .*, got none"):
        import_town(path)


def test_square_without_a_whole_road_is_refused(tmp_path: Path) -> None:
    path = write_osm(tmp_path / "long.osm", [TownWay(1, (1, 93), {"highway": "trunk"})])
    with pytest.raises(DataError, match=r"expected drivable roads around .*, got none"):
        import_town(path)


DAMAGES: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda data: b"",  # noqa: ARG005
    "first_byte": lambda data: data[:1],
    "half": lambda data: data[: len(data) // 2],
    "last_byte_missing": lambda data: data.rstrip()[:-1],
    "text": lambda data: b"not a map\n" * (1 + len(data) // 10),
    "another_format": lambda data: b"<html><body>" + data + b"</body></html>",
    "flipped": lambda data: data[:40] + bytes([data[40] ^ 0x55]) + data[41:],
}


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("suffix", [".osm", ".osm.bz2", ".osm.gz", ".osm.pbf", ".graphml"])
def test_damaged_file_is_refused_in_one_line(
    suffix: str, damage: str, town_folder: Path, tmp_path: Path
) -> None:
    whole = tmp_path / f"whole{suffix}"
    if suffix == ".graphml":
        ox.save_graphml(osmnx_town(town_folder), whole)
    else:
        write_osm(whole)
    broken = tmp_path / f"broken{suffix}"
    broken.write_bytes(DAMAGES[damage](whole.read_bytes()))
    with pytest.raises(DataError, match=rf"^{re.escape(str(broken))}: expected a [^\n]+\.$"):
        import_town(broken)


GRAPHML_FAULTS = {
    "no length": (
        r'<data key="LENGTH">[^<]*</data>',
        "",
        "expected 0 <= length <= 2147483 m of the edge from",
    ),
    "length not a number": (r'(<data key="LENGTH">)[^<]*', r"\1nan", "expected 0 <= length"),
    "length negative": (r'(<data key="LENGTH">)[^<]*', r"\1-3.5", "expected 0 <= length"),
    "length in words": (r'(<data key="LENGTH">)[^<]*', r"\1long", "expected a graph saved by osmnx"),
    "no latitude": (r'<data key="Y">[^<]*</data>', "", "expected y and x of node 1 in degrees"),
    "metres for degrees": (
        r'(<data key="X">)[^<]*',
        r"\g<1>551234.5",
        "expected y and x of node 1 in degrees",
    ),
    "undirected": (r'edgedefault="directed"', 'edgedefault="undirected"', "expected a directed graph"),
    "bent geometry": (r"LINESTRING \(", "LINESTRING ((", "expected a graph saved by osmnx"),
}


@pytest.mark.parametrize("fault", GRAPHML_FAULTS)
def test_graphml_with_a_fault_is_refused_in_one_line(fault: str, town_folder: Path, tmp_path: Path) -> None:
    path = tmp_path / "fault.graphml"
    ox.save_graphml(osmnx_town(town_folder), path)
    text = path.read_text()
    pattern, replacement, message = GRAPHML_FAULTS[fault]
    for name in ("length", "y", "x"):
        key = re.search(rf'<key id="(d\d+)" for="(?:node|edge)" attr.name="{name}"', text)
        assert key
        pattern = pattern.replace(f'"{name.upper()}"', f'"{key[1]}"')
    changed, n_changes = re.subn(pattern, replacement, text)
    assert n_changes
    path.write_text(changed)
    with pytest.raises(DataError, match=rf"^\S+fault\.graphml: {re.escape(message)}[^\n]*$"):
        import_town(path)


@pytest.mark.parametrize("name", ["town.osm.zip", "town", "town.roads", "-"])
def test_unknown_ending_is_refused(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(b"?")
    with pytest.raises(DataError, match=r"expected a file ending in \.osm, \.osm\.bz2, .*\.graphml\.$"):
        import_town(tmp_path / name)


def test_missing_file_and_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(
        DataError, match=r"none\.osm: expected a readable file, got No such file or directory\.$"
    ):
        import_town(tmp_path / "none.osm")
    (tmp_path / "folder.osm").mkdir()
    with pytest.raises(DataError, match=r"folder\.osm: expected a readable file, got Is a directory\.$"):
        import_town(tmp_path / "folder.osm")


@pytest.mark.parametrize("package", ["networkx", "shapely"])
def test_without_the_extra_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    path = write_osm(tmp_path / "town.osm")
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == package else name)
    message = rf"needs {package}: run pip install 'fastgen\[osm\]', then try again\.$"
    with pytest.raises(DataError, match=message):
        import_town(path)


@pytest.mark.parametrize("name", ["town.osm", "town.graphml"])
def test_import_needs_no_other_package_of_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path = write_osm(tmp_path / "town.osm")
    if name.endswith(".graphml"):
        path = tmp_path / name
        ox.save_graphml(osmnx_town(tmp_path), path)
    for package in ("osmnx", "requests", "geopandas", "pandas", "scipy"):
        monkeypatch.setitem(sys.modules, package, None)  # importing it raises ImportError
    assert import_town(path).n_nodes > 0
