"""Ask a Nominatim server for the position of an address.

The query is osmnx's own. osmnx would wait without end for a busy server, and take an answer of any size.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.errors import DataError, FastgenError, OutputError
from fastgen.records import parse_json
from fastgen.roads.extras import FOR_SERVERS, quote_value, require_osm_extra
from fastgen.roads.server_address import show_host, split_address
from fastgen.roads.transfer import Limits, Request, send_request

if TYPE_CHECKING:
    from fastgen.roads.server_address import ServerAddress

# OpenStreetMap's own server, which osmnx asks too. Its rules allow one request a second: a command sends one.
DEFAULT_URL, _SERVICE = "https://nominatim.openstreetmap.org", "/search"
# An answer is one place of a few kilobytes, and a user waits for it.
_LIMITS = Limits(silence_s=10, total_s=30, n_bytes=1_000_000)


def geocode(address: str, server: str | None = None) -> tuple[float, float]:
    """Find the position of an address.

    Parameters
    ----------
    address
        The address.
    server
        Address of a server's search; None: OpenStreetMap's.

    Returns
    -------
    tuple of (float, float)
        Latitude and longitude, degrees.

    Raises
    ------
    DataError
        If the server doesn't know the address, `server` is no address of the web, or the extra
        `fastgen[osm]` is not installed.
    OutputError
        If the server can't be reached, or answers too late, too much, or with something else.
    """
    try:
        place = split_address(DEFAULT_URL if server is None else server, _SERVICE)
    except ValueError:
        host = show_host(str(server))
        got = quote_value(host) if host else "something else"
        raise DataError(f"--geocoder: expected an address like {DEFAULT_URL}, got {got}.") from None
    require_osm_extra(FOR_SERVERS)
    try:
        return _ask(place, address)
    except FastgenError as error:
        raise type(error)(place.hide(f"{place.shown}: {error}.")) from None


def _ask(server: ServerAddress, address: str) -> tuple[float, float]:
    """Send the query; errors may quote the server, and so hold secrets of its address."""
    # As osmnx sends it, so that both find the same place.
    parameters = {"format": "json", "limit": "1", "dedupe": "0", "q": address}
    request = Request("GET", parameters, "a Nominatim", "--geocoder")
    try:
        found = parse_json(b"".join(send_request(server, request, _LIMITS)))
    except ValueError as error:
        raise OutputError(f"expected a Nominatim answer in JSON, got {error}") from None
    if not isinstance(found, list):
        raise OutputError(f"expected a list of places, got {quote_value(found)}")
    if not found:
        raise DataError(f"expected an address that it knows, got {quote_value(address)}")
    try:
        # Nominatim writes degrees as texts.
        lat, lon = float(found[0]["lat"]), float(found[0]["lon"])
    except (TypeError, KeyError, ValueError):
        raise OutputError(f"expected a place with lat and lon, got {quote_value(found[0])}") from None
    return lat, lon
