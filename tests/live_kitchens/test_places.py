"""A kitchen's place is found by its position, by the table of known addresses, or by a server."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from fastgen.errors import DataError, FastgenError, OutputError, ScenarioError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.live_kitchens import places
from fastgen.live_kitchens.config import LiveConfig, make_config
from fastgen.live_kitchens.places import Place, find_place, known_places
from tests.live_kitchens.test_config import SANFRANCISCO

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS = "1 Nowhere Lane"


def config_at(gk_location: str, **more: Any) -> LiveConfig:
    return make_config({**SANFRANCISCO, "gk_location": gk_location, **more})


@contextmanager
def geocoder(status: int, body: bytes) -> Iterator[tuple[str, list[str]]]:
    """Answer every request alike; yield the address, and the list of what was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", asked
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def test_every_shipped_kitchen_is_known() -> None:
    known = {place.address: place for place in known_places()}
    for location in load_scenario(None).locations:
        place = known[location.address]
        shipped = (location.lat, location.lon, location.timezone, location.code)
        assert (place.lat, place.lon, place.timezone, place.network) == shipped


@pytest.mark.parametrize(
    "text",
    [
        "160 Spear St, San Francisco, CA 94105",
        "160  spear ST.; San Francisco CA  94105",
        "37.7916, -122.3931",
    ],
)
def test_a_known_address_needs_no_network(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("socket.socket", None)
    expected = Place("sf", 37.7916, -122.3931, "America/Los_Angeles")
    assert find_place(config_at(text)) == expected


def test_the_config_outweighs_the_time_zone_of_the_table() -> None:
    place = find_place(config_at("37.7916, -122.3931", timezone="Europe/Berlin"))
    assert place.timezone == "Europe/Berlin"


def test_another_place_has_a_network_by_its_name_and_a_zone_by_its_position() -> None:
    assert find_place(config_at("52.52, 13.405", location_name="berlin")) == Place(
        "berlin", 52.52, 13.405, "Europe/Berlin"
    )


def test_without_the_library_a_time_zone_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(places, "find_spec", lambda _: None)
    with pytest.raises(ScenarioError, match=r"^timezone: expected an IANA time zone .+fastgen\[timezones\]"):
        find_place(config_at("52.52, 13.405"))


@pytest.mark.parametrize("text", ["95, 0", "-85.1, 0", "0, 180.5", "0,-999"])
def test_a_position_off_the_earth_is_refused(text: str) -> None:
    with pytest.raises(
        ScenarioError, match=r"^gk_location: expected -85 <= lat <= 85 and -180 <= lon <= 180"
    ):
        find_place(config_at(text))


def test_an_unknown_address_needs_a_server() -> None:
    with pytest.raises(ScenarioError, match=r'^gk_location: expected a known address, .+ as "lat, lon"'):
        find_place(config_at(ADDRESS), online=False)


def test_a_server_finds_an_address() -> None:
    body = json.dumps([{"lat": "52.52", "lon": "13.405", "name": "x"}]).encode()
    with geocoder(200, body) as (url, asked):
        place = find_place(config_at(ADDRESS, location_name="berlin"), url)
    assert (place.lat, place.lon, place.timezone) == (52.52, 13.405, "Europe/Berlin")
    (path,) = asked
    assert urlsplit(path).path == "/search"
    assert parse_qs(urlsplit(path).query)["q"] == [ADDRESS]


@pytest.mark.parametrize(
    ("status", "body", "error", "words"),
    [
        (200, b"[]", DataError, "expected an address that it knows, got '1 Nowhere Lane'"),
        (200, b"{}", OutputError, "expected a list of places, got {}"),
        (200, b"<html>", OutputError, "expected a Nominatim answer in JSON, got "),
        (200, b'[{"lat": "x", "lon": "1"}]', OutputError, "expected a place with lat and lon, got "),
        (200, b'[{"lat": "99", "lon": "1"}]', ScenarioError, "expected -85 <= lat <= 85"),
        (200, b'[{"lat": NaN, "lon": 1}]', OutputError, "expected a Nominatim answer in JSON, got NaN"),
        (200, b'[{"lat": "nan", "lon": "1"}]', ScenarioError, "expected -85 <= lat <= 85"),
        (200, b" " * 1_100_000, OutputError, "expected an answer of at most 1000000 bytes, got more"),
        (429, b"", OutputError, "the server is busy (429"),
        (403, b"", OutputError, "expected a Nominatim answer, got HTTP status 403"),
    ],
    ids=lambda v: repr(v)[:20],
)
def test_a_server_that_finds_nothing_gives_one_line(
    status: int, body: bytes, error: type[FastgenError], words: str
) -> None:
    with geocoder(status, body) as (url, _), pytest.raises(error) as caught:
        find_place(config_at(ADDRESS), url)
    assert str(caught.value).startswith(f"gk_location: expected a place that can be found, got '{ADDRESS}' (")
    assert words in str(caught.value)
    assert 'state its position instead, as "lat, lon" in degrees.' in str(caught.value)


def test_a_server_that_is_not_there_and_an_address_that_is_none() -> None:
    with pytest.raises(OutputError, match="expected a Nominatim server, got Connection refused"):
        find_place(config_at(ADDRESS), "http://127.0.0.1:9")
    with pytest.raises(DataError, match="--geocoder: expected an address like https://nominatim"):
        find_place(config_at(ADDRESS), "ftp://jane:secret@host")
