"""A loopback Overpass server that answers osmnx's own query over the town, filters included."""

from __future__ import annotations

import json
import re
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

from fastgen.roads.download import download_roads
from tests.roads.town import KITCHEN, NODES, RADIUS_MI, WAYS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from fastgen.model.road_graph import RoadGraph

_FILTER = re.compile(r'\["(\w+)"(?:!~"([^"]*)")?\]')
DATA_TIME = "2024-01-01T00:00:00Z"


def passes(query: str, tags: dict[str, str]) -> bool:
    """Apply a query's tag filters as Overpass does: ["key"] has it, ["key"!~"regex"] has nothing like it."""
    return all(
        key in tags if regex == "" else re.search(regex, tags.get(key, "")) is None
        for key, regex in _FILTER.findall(query)
    )


def answer(query: str) -> dict[str, Any]:
    """Answer a query with the ways that touch the polygon's bounding box, and all their nodes."""
    match = re.search(r"poly:'([^']*)'", query)
    assert match
    numbers = [float(number) for number in match[1].split()]
    lats, lons = numbers[::2], numbers[1::2]

    def inside(node: int) -> bool:
        lat, lon = NODES[node]
        return min(lats) <= lat <= max(lats) and min(lons) <= lon <= max(lons)

    ways = [way for way in WAYS if passes(query, way.tags) and any(map(inside, way.nodes))]
    nodes = sorted({node for way in ways for node in way.nodes})
    return {
        "version": 0.6,
        "osm3s": {"timestamp_osm_base": DATA_TIME},
        "elements": [
            *({"type": "node", "id": n, "lat": NODES[n][0], "lon": NODES[n][1]} for n in nodes),
            *({"type": "way", "id": w.id, "nodes": list(w.nodes), "tags": w.tags} for w in ways),
        ],
    }


class Overpass(ThreadingHTTPServer):
    """The server; `status`, `body`, `delay_s`, `misbehave` say how it answers, lists what it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status = 200
        self.body: bytes | None = None
        self.delay_s = 0.0
        self.misbehave: Callable[[BaseHTTPRequestHandler], None] | None = None
        self.queries: list[str] = []
        self.paths: list[str] = []
        self.logins: list[str | None] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/api"


class _Handler(BaseHTTPRequestHandler):
    server: Overpass

    def do_GET(self) -> None:
        self._send(b"Connected as: 1\n\n\n\n2 slots available now.\n")

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        query = parse_qs(form)["data"][0]
        self.server.queries.append(query)
        self.server.paths.append(self.path)
        self.server.logins.append(self.headers["Authorization"])
        if self.server.misbehave is not None:
            with suppress(ConnectionError):
                self.server.misbehave(self)
            return
        time.sleep(self.server.delay_s)
        body = self.server.body
        self._send(json.dumps(answer(query)).encode() if body is None else body)

    def _send(self, body: bytes) -> None:
        with suppress(ConnectionError):  # a caller that ran out of patience has hung up
            self.send_response(self.server.status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep the tests' output quiet."""


@contextmanager
def running_overpass() -> Iterator[Overpass]:
    """Run the server in a thread for a while."""
    with Overpass() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def download(url: str, **limits: Any) -> RoadGraph:
    """Download the town's roads."""
    return download_roads(*KITCHEN, RADIUS_MI, url, **{"timeout_s": 5, **limits})


def redirect(code: int, place: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Make an answer that redirects to a place."""

    def misbehave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Location", place)
        handler.end_headers()
        handler.wfile.write(b"x" * 1000)

    return misbehave
