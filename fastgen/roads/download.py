"""Download a road network from an Overpass server.

The query is osmnx's own for its network type "drive", and what comes back is drawn like a file's roads: so an
imported extract and a downloaded area give the same network.
"""

from __future__ import annotations

import math
from time import monotonic
from typing import TYPE_CHECKING

from fastgen.errors import DataError, FastgenError, OutputError
from fastgen.roads.area import Area
from fastgen.roads.drive_filter import EXCLUDED
from fastgen.roads.extras import FOR_SERVERS, FOR_STREETS, quote_value, require_osm_extra
from fastgen.roads.osm_file import draw_roads
from fastgen.roads.osmnx_graph import MARGIN_M, convert_graph
from fastgen.roads.overpass_answer import read_answer
from fastgen.roads.server_address import show_host, split_address
from fastgen.roads.transfer import Limits, post_query
from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.model.road_graph import RoadGraph
    from fastgen.roads.server_address import ServerAddress

# The public server that osmnx asks too.
DEFAULT_URL = "https://overpass-api.de/api"
# As long as osmnx waits, and as a server works on a query that states no time.
DEFAULT_TIMEOUT_S = 180
DEFAULT_TOTAL_S = 900
# Bytes, decompressed: a bound for a wrong or hostile server, far above the answer for any city.
DEFAULT_BYTES = 500_000_000
# No download takes longer: such a time is a slip in its unit.
MAX_TIME_S = 7 * 86_400
HALF_TURN = 180.0  # degrees


def download_roads(
    lat: float,
    lon: float,
    radius_mi: float,
    overpass_url: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
    max_time_s: float = DEFAULT_TOTAL_S,
    max_bytes: int = DEFAULT_BYTES,
    announce: Callable[[str], None] = lambda _: None,
) -> RoadGraph:
    """Download the drivable roads of a kitchen's delivery square.

    Parameters
    ----------
    lat, lon
        The kitchen, decimal degrees.
    radius_mi
        Half the side of the delivery square, miles.
    overpass_url
        Address of the server's API, with or without "/interpreter"; None for the public one. User, password,
        parameters, query and fragment are never stored, nor part of an error; the path is.
    timeout_s
        How long the server may be silent, and work on the query, seconds.
    max_time_s
        How long all of it may take, seconds.
    max_bytes
        How large the answer may be, decompressed.
    announce
        Called with one line where the roads nearest to the kitchen are an island and others are taken.

    Raises
    ------
    DataError
        If the address is not one of the web, a time is out of range, the answer has a form without roads,
        no road is within 1 km of the kitchen, or the extra `fastgen[osm]` is not installed.
    OutputError
        If the server can't be reached, is busy, or answers too late, too much, or with something else.
    """
    try:
        address = split_address(DEFAULT_URL if overpass_url is None else overpass_url)
    except ValueError:
        # What can't be split may hold a password anywhere, so at most the host is quoted.
        host = show_host(str(overpass_url))
        got = quote_value(host) if host else "something else"
        raise DataError(
            f"Expected an Overpass address like {DEFAULT_URL} (a password's or key's @ is %40), got {got}."
        ) from None
    for option, seconds in (("--timeout", timeout_s), ("--max-time", max_time_s)):
        if not 0 < seconds <= MAX_TIME_S:
            raise DataError(f"{option}: expected a time above 0 and of at most a week, got {seconds:g} s.")
    require_osm_extra(FOR_STREETS + FOR_SERVERS)
    try:
        return _download(
            address, Area(lat, lon, radius_mi), Limits(timeout_s, max_time_s, max_bytes), announce
        )
    except FastgenError as error:
        # A server's error page may repeat the address with its key.
        raise type(error)(address.hide(str(error))) from None


def _download(
    address: ServerAddress, area: Area, limits: Limits, announce: Callable[[str], None]
) -> RoadGraph:
    """Download the roads; errors may quote the server, and so hold secrets of the address."""
    # For the time after the last byte: `post_query` keeps to the limits while the answer arrives.
    deadline = monotonic() + limits.total_s
    try:
        answer = read_answer(post_query(address, make_query(area, limits.silence_s), limits))
    except FastgenError as error:
        raise type(error)(f"{address.shown}: {error}.") from None
    if answer.remark:
        # The query ran out of time or memory: the elements are not all there.
        remark = quote_value(answer.remark)
        raise OutputError(f"{address.shown}: expected a whole answer, got the remark {remark}.")
    if not answer.has_nodes:
        raise DataError(
            f"{address.shown}: expected drivable roads around {area.lat:.6f}, {area.lon:.6f}, got none."
        )
    # The licence asks for the source, and a later download of the same area differs: so the date is stored.
    dated = f", data of {answer.data_time}" if answer.data_time else ""
    source = f"OpenStreetMap, Overpass server {address.shown}{dated}"
    try:
        streets = draw_roads(answer, area, address.shown)
    except ValueError as error:
        raise DataError(f"{address.shown}: expected a whole answer, got {error}.") from None
    _check_time(deadline, limits.total_s, address.shown)
    # A dense square takes a while to simplify, so the time is checked before and after.
    graph = convert_graph(streets, area, source, address.shown, announce)
    _check_time(deadline, limits.total_s, address.shown)
    return graph


def _check_time(deadline: float, max_time_s: float, name: str) -> None:
    if monotonic() > deadline:
        raise OutputError(f"{name}: expected a network within {max_time_s:g} s, got none: raise --max-time.")


def make_query(area: Area, timeout_s: float) -> str:
    """Write the query, in Overpass QL, for the drivable ways around a square, and their nodes.

    Parameters
    ----------
    area
        The kitchen and its square.
    timeout_s
        How long the server may work on it, seconds.
    """
    half_lat = math.degrees((area.radius_m + MARGIN_M) / EARTH_RADIUS_M)
    # Degrees of longitude shrink towards the poles: near them the square spans all of them.
    half_lon = min(half_lat / math.cos(math.radians(area.lat)), HALF_TURN)
    south, north = max(area.lat - half_lat, -90.0), min(area.lat + half_lat, 90.0)
    # Overpass matches `!~` anywhere in a value, which `drive_filter` does alike for files.
    excluded = "".join(f'["{key}"!~"{"|".join(words)}"]' for key, words in EXCLUDED.items())
    ways = "".join(
        f'way["highway"]{excluded}(poly:\'{south:.6f} {west:.6f} {south:.6f} {east:.6f} '
        f"{north:.6f} {east:.6f} {north:.6f} {west:.6f}');"
        for west, east in _split_at_antimeridian(area.lon - half_lon, area.lon + half_lon)
    )
    # `>;` adds the nodes of the ways, without which they have no positions. The time is in whole seconds.
    return f"[out:json][timeout:{max(1, round(timeout_s))}];({ways}>;);out;"


def _split_at_antimeridian(west: float, east: float) -> list[tuple[float, float]]:
    """Cut a range of longitudes at the 180th degree: a polygon over it would go around the other way."""
    if west < -HALF_TURN:
        return [(west + 2 * HALF_TURN, HALF_TURN), (-HALF_TURN, east)]
    if east > HALF_TURN:
        return [(west, HALF_TURN), (-HALF_TURN, east - 2 * HALF_TURN)]
    return [(west, east)]
