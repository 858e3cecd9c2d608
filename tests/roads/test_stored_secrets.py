"""Secrets that older versions stored with a network are not shown."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from click.testing import CliRunner

from fastgen.building.build import build
from fastgen.cli import cli
from fastgen.dataset.manifest import read_manifest
from fastgen.model.road_graph import Provenance, RoadGraph
from fastgen.roads import cache, roads_file
from fastgen.roads.cache import map_route_table
from fastgen.roads.roads_file import decode_roads, encode_roads, load_roads
from tests.helpers import write_town
from tests.roads.test_cache import Loader
from tests.small_town import make_town

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

ASKED = "OpenStreetMap, Overpass server https://jane:s3cr3t@overpass.example/api?key=k3y, data of 2024-01-01"
SHOWN = "OpenStreetMap, Overpass server https://overpass.example/api, data of 2024-01-01"


def with_secret() -> bytes:
    graph = make_town(5)
    columns = (graph.lat_e6, graph.lon_e6, graph.edge_from(), graph.edge_to)
    provenance = Provenance(ASKED, "ODbL", synthetic=False)
    return encode_roads(
        RoadGraph.from_edges(
            *columns, graph.edge_length_mm, graph.edge_street, graph.street_names, provenance
        )
    )


def test_secrets_of_an_older_file_are_not_shown(tmp_path: Path) -> None:
    data = with_secret()
    assert b"s3cr3t" in data
    assert decode_roads(data, "old").provenance.source == SHOWN
    assert decode_roads(data, "old").content_hash() == make_town(5).content_hash()
    (tmp_path / "sf.roads").write_bytes(data)
    for args in (["show", str(tmp_path / "sf.roads")], ["list", "--roads", str(tmp_path), "--json"]):
        output = CliRunner().invoke(cli, ["roads", *args]).output
        assert SHOWN in output
        assert "s3cr3t" not in output


def test_secrets_of_an_older_dataset_are_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    roads = write_town(tmp_path / "roads", ("sf",))
    town = load_roads(roads / "sf.roads")
    asked = town.provenance._replace(source=ASKED)
    (roads / "sf.roads").write_bytes(encode_roads(dataclasses.replace(town, provenance=asked)))
    with monkeypatch.context() as older:
        older.setattr(roads_file, "strip_secrets", str)
        older.setattr(cache, "strip_secrets", str)
        build(tmp_path / "old", locations=("sf",), days=1, scale=0.2, roads=roads, workers=1)
    build(tmp_path / "new", locations=("sf",), days=1, scale=0.2, roads=roads, workers=1)
    assert "s3cr3t" in (tmp_path / "old" / "manifest.json").read_text()
    for dataset in ("old", "new"):
        for args in (["info"], ["info", "--json"], ["verify"]):
            result = CliRunner().invoke(cli, [args[0], str(tmp_path / dataset), *args[1:]])
            assert result.exit_code == 0
            assert "s3cr3t" not in result.output
            assert (SHOWN in result.output) == (args[0] == "info")
    assert [p for p in (tmp_path / "new").rglob("*") if p.is_file() and b"s3cr3t" in p.read_bytes()] == []
    assert read_manifest(tmp_path / "old").digest == read_manifest(tmp_path / "new").digest


def test_secrets_of_an_older_cache_are_not_mapped(tmp_path: Path) -> None:
    loader = Loader(tmp_path)
    loader.load(with_secret())
    path = loader.file()
    line, body = path.read_bytes().split(b"\n", 1)
    line = line.rstrip().replace(SHOWN.encode(), ASKED.encode())
    path.write_bytes(line + b" " * (-(len(line) + 1) % 64) + b"\n" + body)
    table = map_route_table(path)
    assert table is not None
    assert table.provenance.source == SHOWN
