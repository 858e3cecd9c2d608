"""A download must give the map's roads or one clear line, and never hang: a real loopback server shows it."""

from __future__ import annotations

import json
import socket
import sys
from typing import TYPE_CHECKING

import pytest
from osmnx import settings

from fastgen import extras
from fastgen.errors import DataError, FastgenError, OutputError
from fastgen.roads.download import download_roads
from fastgen.roads.files import import_roads
from tests.roads.overpass import DATA_TIME, Overpass
from tests.roads.town import KITCHEN, RADIUS_MI, write_osm

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.road_graph import RoadGraph


def download_town(url: str) -> RoadGraph:
    return download_roads(*KITCHEN, RADIUS_MI, url, timeout_s=5)


@pytest.mark.parametrize("ending", ["", "/", "/interpreter"])
def test_download_and_import_give_the_same_graph(ending: str, overpass: Overpass, tmp_path: Path) -> None:
    graph = download_town(overpass.url + ending)
    imported = import_roads(write_osm(tmp_path / "town.osm"), *KITCHEN, RADIUS_MI)
    assert graph.content_hash() == imported.content_hash()
    assert graph.provenance.source == f"OpenStreetMap, Overpass server {overpass.url}, data of {DATA_TIME}"
    assert graph.provenance.licence == "ODbL 1.0, © OpenStreetMap contributors"
    assert len(overpass.queries) == 1, "no cache, no second try"


def test_download_leaves_osmnx_and_the_resolver_as_they_were(
    overpass: Overpass, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    before = {key: getattr(settings, key) for key in dir(settings) if not key.startswith("_")}
    resolver = socket.getaddrinfo
    download_town(overpass.url)
    overpass.status = 500
    with pytest.raises(OutputError):
        download_town(overpass.url)
    assert {key: getattr(settings, key) for key in before} == before
    assert socket.getaddrinfo is resolver
    assert not list(tmp_path.iterdir()), "no cache folder"


def test_download_does_without_osmnx(overpass: Overpass, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "osmnx", None)  # importing it raises ImportError
    assert download_town(overpass.url).n_nodes > 0


@pytest.mark.parametrize("package", ["networkx", "requests", "shapely"])
def test_package_that_is_missing_is_named(
    package: str, overpass: Overpass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == package else name)
    with pytest.raises(DataError, match=rf"needs {package}: run pip install 'fastgen\[osm\]'"):
        download_town(overpass.url)
    assert overpass.queries == []


@pytest.mark.parametrize("status", [429, 504])
def test_busy_server_is_an_error_and_not_a_wait(status: int, overpass: Overpass) -> None:
    overpass.status = status
    with pytest.raises(
        OutputError, match=rf"the server is busy \({status} .*\): try again .* --overpass-url\.$"
    ):
        download_town(overpass.url)
    assert len(overpass.queries) == 1


@pytest.mark.parametrize("body", [b'{"error": "no"}', b"<html>", b""])
@pytest.mark.parametrize("status", [400, 403, 404, 500, 502])
def test_http_error_is_one_line_whatever_its_body(status: int, body: bytes, overpass: Overpass) -> None:
    overpass.status, overpass.body = status, body
    with pytest.raises(
        OutputError, match=rf"^{overpass.url}: expected an Overpass answer, got HTTP status {status} "
    ):
        download_town(overpass.url)


@pytest.mark.parametrize(
    "body", [b"", b"garbage", b"[]", b"{}", b'{"elements": 3}', b"\xff\xfe\x00", b"null"]
)
def test_garbage_is_refused_in_one_line(body: bytes, overpass: Overpass) -> None:
    overpass.body = body
    with pytest.raises(OutputError, match=r"^[^\n]+: expected an Overpass answer in JSON, got [^\n]+\.$"):
        download_town(overpass.url)


@pytest.mark.parametrize(
    "element",
    [
        {"id": 1},
        {"type": "node", "id": 1},
        {"type": "way", "id": 1},
        {"type": "way", "id": 1, "nodes": 7, "tags": {"highway": "primary"}},
        {"type": "way", "id": 1, "nodes": [1, 2], "tags": {"highway": "primary"}},
        {"type": "node", "id": 1, "lat": "north", "lon": 3},
        "node",
        None,
    ],
)
def test_broken_element_is_refused_in_one_line(element: object, overpass: Overpass) -> None:
    overpass.body = json.dumps({"elements": [element]}).encode()
    with pytest.raises(FastgenError, match=rf"^{overpass.url}: expected [^\n]+$"):
        download_town(overpass.url)


def test_remark_of_an_incomplete_answer_is_an_error(overpass: Overpass) -> None:
    overpass.body = json.dumps({"elements": [], "remark": "runtime error: Query timed out"}).encode()
    with pytest.raises(OutputError, match=r"got the remark 'runtime error: Query timed out'\.$"):
        download_town(overpass.url)


def test_empty_area_is_refused(overpass: Overpass) -> None:
    overpass.body = b'{"elements": []}'
    with pytest.raises(DataError, match=r"expected drivable roads around 37\.790000, -122\.390000, got none"):
        download_town(overpass.url)


def test_kitchen_far_from_any_road_is_refused(overpass: Overpass) -> None:
    with pytest.raises(
        DataError, match=r"expected a road within 1 km of the kitchen .* got the nearest 1\.7 km\.$"
    ):
        download_roads(37.81, -122.39, 2.0, overpass.url, timeout_s=5)


def test_silent_server_is_given_up(overpass: Overpass) -> None:
    overpass.delay_s = 3.0
    with pytest.raises(OutputError, match=r"expected an answer within 1 s, got none\.$"):
        download_roads(*KITCHEN, RADIUS_MI, overpass.url, timeout_s=1)


def test_unreachable_server_is_one_line() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/api"
        with pytest.raises(
            OutputError, match=rf"^{url}: expected an Overpass server, got Connection refused\.$"
        ):
            download_town(url)


def test_unknown_host_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> str:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "gethostbyname", fail)
    monkeypatch.setattr("osmnx._http._original_getaddrinfo", fail)
    with pytest.raises(OutputError, match=r"expected an Overpass server, got Name or service not known\.$"):
        download_town("http://overpass.invalid/api")


@pytest.mark.parametrize("url", ["overpass.example", "ftp://overpass.example/api", "http:", "/api"])
def test_address_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(DataError, match=r"Expected an Overpass address like https://"):
        download_town(url)
