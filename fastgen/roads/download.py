"""Download a road network from an Overpass server, by way of osmnx."""

from __future__ import annotations

import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastgen.errors import DataError, OutputError
from fastgen.roads.area import Area
from fastgen.roads.extras import quote_error, require_osm_extra
from fastgen.roads.osmnx_graph import convert_graph

if TYPE_CHECKING:
    from collections.abc import Iterator

    import networkx as nx
    import requests

    from fastgen.model.road_graph import RoadGraph

DEFAULT_URL = "https://overpass-api.de/api"
DEFAULT_TIMEOUT_S = 180
HTTP_OK = 200
# What a server says while it has no slot for this caller, or is overloaded.
_BUSY = frozenset({429, 504})


def download_roads(
    lat: float,
    lon: float,
    radius_mi: float,
    overpass_url: str | None = None,
    timeout_s: int = DEFAULT_TIMEOUT_S,
) -> RoadGraph:
    """Download the drivable roads of a kitchen's delivery square.

    Parameters
    ----------
    lat, lon
        The kitchen, decimal degrees.
    radius_mi
        Half the side of the delivery square, miles.
    overpass_url
        Address of the server's API, with or without "/interpreter"; None for the public one.
    timeout_s
        How long the server may be silent, and work on the query, seconds.

    Raises
    ------
    DataError
        If the address is none, the area has no road within 1 km of the kitchen, or the extra `fastgen[osm]`
        is not installed.
    OutputError
        If the server can't be reached, is busy, or answers with something else than a road network.
    """
    url = (overpass_url or DEFAULT_URL).rstrip("/").removesuffix("/interpreter")
    if not url.startswith(("http://", "https://")):
        raise DataError(f"Expected an Overpass address like {DEFAULT_URL}, got {url!r}.")
    require_osm_extra()
    area, answer = Area(lat, lon, radius_mi), _AnswerCheck(url)
    with _osmnx_settings(
        overpass_url=url,
        overpass_rate_limit=False,
        doh_url_template=None,
        requests_timeout=timeout_s,
        requests_kwargs={"hooks": {"response": answer.check}},
        use_cache=False,
    ):
        streets = _query(area, url, timeout_s)
    return convert_graph(streets, area, answer.source(), url)


def _query(area: Area, url: str, timeout_s: int) -> nx.MultiDiGraph:
    """Let osmnx ask for the drive network of the square, and translate what can go wrong."""
    import osmnx as ox  # noqa: PLC0415  # heavy
    import requests  # noqa: PLC0415  # heavy

    try:
        # All components: which one to keep is the kitchen's matter, not their size's.
        return ox.graph_from_point(
            (area.lat, area.lon), area.radius_m, dist_type="bbox", network_type="drive", retain_all=True
        )
    except requests.Timeout:
        raise OutputError(f"{url}: expected an answer within {timeout_s} s, got none.") from None
    except requests.RequestException as error:
        raise OutputError(f"{url}: expected an Overpass server, got {_reason(error)}.") from None
    except ValueError as error:
        place = f"{area.lat:.6f}, {area.lon:.6f}"
        reason = quote_error(error)
        raise DataError(f"{url}: expected drivable roads around {place}, got none ({reason}).") from None
    except (KeyError, TypeError, AttributeError) as error:
        reason = quote_error(error)
        raise OutputError(f"{url}: expected nodes and ways, got what osmnx can't use ({reason}).") from None


class _AnswerCheck:
    """Look at each answer before osmnx, which retries a busy server for ever and overlooks other trouble."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.data_time = ""

    def check(self, response: requests.Response, **_: Any) -> None:
        """Raise an OutputError unless the answer is a whole Overpass answer."""
        if response.is_redirect:
            return
        body = response.content  # read to its end before any error, which frees the connection
        status = f"{response.status_code} {response.reason}".strip()
        if response.status_code in _BUSY:
            raise OutputError(
                f"{self.url}: the server is busy ({status}): try again in some minutes, "
                "or name another one by --overpass-url."
            )
        if response.status_code != HTTP_OK:
            raise OutputError(f"{self.url}: expected an Overpass answer, got HTTP status {status}.")
        try:
            answer = response.json()
        except ValueError:
            answer = None  # judged below, with other JSON than an object
        if not isinstance(answer, dict) or not isinstance(answer.get("elements"), list):
            start = body[:60].decode("utf-8", "replace")
            raise OutputError(f"{self.url}: expected an Overpass answer in JSON, got {start!r}.")
        if "remark" in answer:
            # Status 200, and yet the query ran out of time or memory: the elements are not all there.
            raise OutputError(f"{self.url}: expected a whole answer, got the remark {answer['remark']!r}.")
        header = answer.get("osm3s")
        if isinstance(header, dict):
            self.data_time = str(header.get("timestamp_osm_base", ""))

    def source(self) -> str:
        """Provenance of the network in words."""
        dated = f", data of {self.data_time}" if self.data_time else ""
        return f"OpenStreetMap, Overpass server {self.url}{dated}"


@contextmanager
def _osmnx_settings(**values: Any) -> Iterator[None]:
    """Set osmnx's global settings for a while; also take back the resolver that it puts into `socket`."""
    from osmnx import settings  # noqa: PLC0415  # heavy

    before = {key: getattr(settings, key) for key in values}
    resolver = socket.getaddrinfo
    try:
        for key, value in values.items():
            setattr(settings, key, value)
        yield
    finally:
        socket.getaddrinfo = resolver
        for key, value in before.items():
            setattr(settings, key, value)


def _reason(error: Exception) -> str:
    """Find the plain words of the system (such as "Connection refused") behind a chain of network errors."""
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        link = link.__cause__ or link.__context__
    return quote_error(error)
