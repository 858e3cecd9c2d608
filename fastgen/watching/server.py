"""Serve a watch to browsers: a page, its script and style, and a stream of messages."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import ipaddress
import logging
import socket
from importlib import resources
from typing import TYPE_CHECKING, Any

from fastgen.errors import OutputError, ScenarioError
from fastgen.reporting.page_shell import make_variables, read_asset

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable
    from threading import Event

    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response

    from fastgen.watching.watch import Watch

# How often a folder is looked at, and a page is told what is new.
LOOK_S, TELL_S = 0.2, 0.25
# Pages at once; each may keep a message of some megabytes in memory.
PAGES_MAX = 32
# Faults that a stream counts, what to call them, and what they are.
FAULTS = (
    ("duplicates", "duplicates", "an event came again"),
    ("late", "late", "an event came after a newer one"),
    ("early", "early", "an event is more than a day ahead of all others"),
    ("malformed", "malformed", "a line is no JSON, or longer than 1,000,000 bytes"),
    ("incomplete", "incomplete", "a field is missing, null, or of another type"),
    ("lost", "lost", "an event of a delivered order never came, or not as a row that can be read"),
)
LOCAL_NAMES = frozenset({"localhost"})
_HEADERS = {
    # Everything is a file of this server; an empty picture in the page keeps browsers from asking for one.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


def make_app(
    watch: Watch,
    title: str,
    host: str,
    *,
    announce: Callable[[str], None] = lambda _: None,
    is_ending: Callable[[], bool] = lambda: False,
) -> Starlette:
    """Make the application.

    Parameters
    ----------
    watch
        What is watched; the application takes its steps while it runs.
    title
        What the page calls it.
    host
        Address or name that it is served on.
    announce
        Takes a line for each file that has something wrong.
    is_ending
        Says whether the server ends: streams of messages then end too.
    """
    from starlette.applications import Starlette  # noqa: PLC0415  # of the extra
    from starlette.middleware import Middleware  # noqa: PLC0415
    from starlette.responses import PlainTextResponse, Response, StreamingResponse  # noqa: PLC0415
    from starlette.routing import Route  # noqa: PLC0415

    page, script, style = make_page(title), make_script(), make_style()
    n_pages = 0

    def serve(text: str, kind: str) -> Callable[[Request], Response]:
        return lambda _: Response(text, media_type=kind)

    async def messages(request: Request) -> Response:
        if n_pages >= PAGES_MAX:
            return PlainTextResponse(f"Expected at most {PAGES_MAX} pages at once.\n", 503)
        if request.method == "HEAD":
            return Response(media_type="text/event-stream")
        return StreamingResponse(counted(), media_type="text/event-stream")

    async def counted() -> AsyncIterator[bytes]:
        nonlocal n_pages
        n_pages += 1
        try:
            async for message in tell(watch, is_ending):
                yield message
        finally:
            n_pages -= 1

    @contextlib.asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        task = asyncio.create_task(_step_on(watch, announce))
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    routes = [
        Route("/", serve(page, "text/html"), methods=["GET"]),
        Route("/watch.js", serve(script, "text/javascript"), methods=["GET"]),
        Route("/watch.css", serve(style, "text/css"), methods=["GET"]),
        Route("/messages", messages, methods=["GET"]),
    ]
    app = Starlette(routes=routes, middleware=[Middleware(_Guard, host=host)], lifespan=lifespan)
    app.router.redirect_slashes = False
    return app


async def tell(watch: Watch, is_ending: Callable[[], bool]) -> AsyncIterator[bytes]:
    """Give all that there is, then what changes; whoever reads too slowly for that gets all once more."""
    # After a loss of the connection, browsers come back after so many milliseconds.
    yield b"retry: 1000\n\n"
    version, message = await asyncio.to_thread(watch.tell_all)
    yield message
    while not is_ending():
        await asyncio.sleep(TELL_S)
        changes = watch.tell_since(version)
        if changes is None:
            version, message = await asyncio.to_thread(watch.tell_all)
            changes = [message]
        else:
            version += len(changes)
        for message in changes:
            yield message


async def _step_on(watch: Watch, announce: Callable[[str], None]) -> None:
    while True:
        # In a thread, so that a slow disk keeps no page waiting.
        for trouble in await asyncio.to_thread(watch.step):
            announce(trouble)
        await asyncio.sleep(LOOK_S if not watch.is_behind else 0)


class _Guard:
    """Refuses requests that name another host, and says in each answer what browsers may do with it.

    A page of another site can reach this server under a name of its own, by changing the address of that
    name; the browser then takes both for one site (DNS rebinding). It can't do so under an address.
    """

    def __init__(self, app: Any, host: str) -> None:
        self._app, self._names = app, LOCAL_NAMES | {host.lower()}

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        from starlette.datastructures import Headers, MutableHeaders  # noqa: PLC0415  # of the extra
        from starlette.responses import PlainTextResponse  # noqa: PLC0415

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_guarded(message: Any) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        app = self._app
        if not is_own_host(Headers(scope=scope).get("host", ""), self._names):
            app = PlainTextResponse("Expected the address of this machine as the host.\n", 421)
        await app(scope, receive, send_guarded)


def is_own_host(host: str, names: frozenset[str]) -> bool:
    """Say whether the header Host has an address, or one of some names; a port may follow."""
    name, bracket, port = host.partition("]")
    if bracket:
        name = name.removeprefix("[")
        port = port.removeprefix(":")
    else:
        name, _, port = host.partition(":")
    if port and not (port.isascii() and port.isdigit()):
        return False
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return name.lower() in names
    return True


def open_socket(host: str, port: int) -> socket.socket:
    """Open the socket that a server listens on; port 0 takes one that is free.

    Raises
    ------
    ScenarioError
        If the host is none of this machine.
    OutputError
        If the port can't be had.
    """
    try:
        family, kind, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
    except (OSError, UnicodeError):
        raise ScenarioError(f"--host: expected an address or a name of this machine, got {host}.") from None
    opened = socket.socket(family, kind)
    try:
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen()
    except OSError as error:
        opened.close()
        if error.errno == errno.EADDRNOTAVAIL:
            raise ScenarioError(f"--host: expected an address of this machine, got {host}.") from None
        got = "one in use" if error.errno == errno.EADDRINUSE else f": {error.strerror}"
        raise OutputError(
            f"--port {port}: expected a port that is free on {host}, got {got}. Name another, or 0 for any."
        ) from None
    return opened


def run_server(app: Starlette, opened: socket.socket, stop: Event) -> None:
    """Serve an application on a socket until `stop` is set."""
    import uvicorn  # noqa: PLC0415  # of the extra

    class Server(uvicorn.Server):  # type: ignore[misc]  # counts as untyped here
        def capture_signals(self) -> contextlib.AbstractContextManager[None]:
            return contextlib.nullcontext()  # signals are the caller's, who sets `stop`

        async def on_tick(self, counter: int) -> bool:
            return await super().on_tick(counter) or stop.is_set()

    # What uvicorn has to say is for those who run services, not for who watches a stream.
    logging.getLogger("uvicorn").setLevel(logging.CRITICAL + 1)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        ws="none",
        # A page that doesn't read must not keep the server from ending.
        timeout_graceful_shutdown=1,
    )
    Server(config).run(sockets=[opened])


def make_page(title: str) -> str:
    """Make the page."""
    import jinja2  # noqa: PLC0415  # of the extra

    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    text = _read("watch.html.jinja")
    page = environment.from_string(text).render(title=title, faults=FAULTS)
    # File names needn't be UTF-8.
    return page.encode("utf-8", "backslashreplace").decode()


def make_script() -> str:
    """Make the script of the page; none of its names is global."""
    classes = read_asset("map.js") + _read("watch.js")
    return f'(() => {{\n"use strict";\n{classes}}})();\n'


def make_style() -> str:
    """Make the style sheet of the page."""
    return make_variables() + read_asset("page.css") + read_asset("map.css") + _read("watch.css")


def _read(name: str) -> str:
    return resources.files("fastgen.watching").joinpath("assets", name).read_text("utf-8")
