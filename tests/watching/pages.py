"""See a watch as a page does: serve it, read its messages, and put them together."""

from __future__ import annotations

import base64
import http.client
import json
import socket
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from fastgen.watching.server import make_app, open_socket, run_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.watching.watch import Watch

WAIT_S = 60.0


def unpack(packed: dict[str, Any]) -> list[int]:
    """Read whole numbers as map.js does."""
    bits = int.from_bytes(base64.b64decode(packed["data"]), "little")
    width = packed["bits"]
    return [packed["low"] + ((bits >> (width * k)) & ((1 << width) - 1)) for k in range(packed["n"])]


def decode(message: bytes) -> dict[str, Any]:
    """Read an event of a stream of server-sent events."""
    assert message.startswith(b"data: ")
    assert message.endswith(b"\n\n")
    found: dict[str, Any] = json.loads(message.removeprefix(b"data: "))
    return found


class Shown:
    """What a page has put together from messages."""

    def __init__(self) -> None:
        self.points: dict[int, list[tuple[int, int, int]]] = {}
        self.flow: dict[int, list[int]] = {}
        self.orders: dict[int, list[Any]] = {}
        self.state: dict[str, Any] = {}

    def take(self, told: dict[str, Any]) -> None:
        """Take a message."""
        if told.get("whole"):
            self.points, self.flow, self.orders = {}, {}, {}
        for number, place in enumerate(told["places"]):
            number = place.get("number", number)  # noqa: PLW2901  # those of changes state it
            points = self.points.setdefault(number, [])
            columns = (unpack(place[key]) for key in ("lat", "lon", "parent"))
            points += zip(*columns, strict=True)
            flow = self.flow.setdefault(number, [])
            flow += unpack(place["orders"]) if "orders" in place else []
            flow += [0] * (len(points) - len(flow))
            for point in unpack(place["picked_up"]) if "picked_up" in place else []:
                flow[point] += 1
        self.orders.update({order[0]: order for order in told["orders"]})
        for number in told.get("gone", ()):
            self.orders.pop(number, None)
        self.state = {key: told[key] for key in ("time", "n_events", "faults", "counts")}

    def without_empty(self) -> tuple[Any, ...]:
        """Give all of it, but for places of which there is nothing to draw."""
        points = {number: points for number, points in self.points.items() if points}
        return points, {number: self.flow[number] for number in points}, self.orders, self.state


@contextmanager
def served(
    watch: Watch, host: str = "127.0.0.1", title: str = "landing", port: int = 0
) -> Iterator[tuple[str, int]]:
    """Serve a watch in a thread; give host and port."""
    stop = threading.Event()
    with open_socket(host, port) as opened:
        app = make_app(watch, title, host, is_ending=stop.is_set)
        thread = threading.Thread(target=run_server, args=(app, opened, stop))
        thread.start()
        try:
            yield opened.getsockname()[:2]
        finally:
            stop.set()
            thread.join(WAIT_S)
    assert not thread.is_alive()


def ask(
    at: tuple[str, int], path: str = "/", method: str = "GET", **headers: str
) -> tuple[int, dict[str, str], str]:
    """Ask for a path: status, headers (in small letters), and text."""
    connection = http.client.HTTPConnection(*at, timeout=WAIT_S)
    connection.request(method, path, headers=headers)
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    return answer.status, {key.lower(): value for key, value in answer.getheaders()}, text


@contextmanager
def listening(at: tuple[str, int], buffer: int | None = None) -> Iterator[Iterator[dict[str, Any]]]:
    """Open the stream of messages; a small buffer makes a reader that holds little."""
    connection = socket.create_connection(at, WAIT_S)
    if buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
    connection.sendall(f"GET /messages HTTP/1.1\r\nHost: {at[0]}\r\n\r\n".encode())
    with connection, connection.makefile("rb") as lines:

        def messages() -> Iterator[dict[str, Any]]:
            for line in lines:
                if line.startswith(b"data: "):
                    yield json.loads(line.removeprefix(b"data: "))

        yield messages()
