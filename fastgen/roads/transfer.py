"""Send a request to a server and take its answer, within a total time and a total size.

A socket's timeout bounds only the silence between two bytes, and requests decompresses without a bound. So
another thread receives and decompresses the answer in pieces, and is given up when the time is over.
"""

from __future__ import annotations

import zlib
from http.client import HTTPException
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from fastgen.errors import OutputError
from fastgen.roads.server_address import split_address
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import requests

    from fastgen.roads.server_address import ServerAddress

MAX_REDIRECTS = 5  # one to https, one to a moved path; more than these few are a loop
HTTP_OK = 200
# What a server says while it has no slot for this caller, or is overloaded.
_BUSY = frozenset({429, 504})
_CHUNK = 1 << 16  # bytes
# A server words its reason freely; an error has room for this much of it.
_MAX_REASON = 60  # characters
_PLAIN, _PACKED = frozenset({"", "identity"}), frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS + 32  # tells zlib to detect either format
# Bounds the memory of a thread that receives faster than the answer is read, or is given up.
_MAX_CHUNKS_WAITING = 8


class Limits(NamedTuple):
    """Limits of time and size for an answer.

    Attributes
    ----------
    silence_s
        Longest silence of the server, seconds.
    total_s
        Total time, seconds: name resolution, redirections and all.
    n_bytes
        Total size, decompressed.
    """

    silence_s: float
    total_s: float
    n_bytes: int


class Request(NamedTuple):
    """What to ask a server.

    Attributes
    ----------
    method
        "GET" with the parameters in the address, or "POST" with them as a form.
    parameters
        The parameters.
    service
        What the server is, for errors: "an Overpass" or "a Nominatim".
    option
        The option that names another server.
    """

    method: str
    parameters: Mapping[str, str]
    service: str
    option: str


def post_query(address: ServerAddress, query: str, limits: Limits) -> Iterator[bytes]:
    """Post a query in Overpass QL; see `send_request`."""
    return send_request(address, Request("POST", {"data": query}, "an Overpass", "--overpass-url"), limits)


def send_request(address: ServerAddress, request: Request, limits: Limits) -> Iterator[bytes]:
    """Send a request, and yield the answer's bytes as they arrive.

    Parameters
    ----------
    address
        The server.
    request
        The request.
    limits
        Limits of time and size.

    Raises
    ------
    OutputError
        If the server can't be reached, is busy, or the answer is an error, too late or too large. Messages
        contain no secrets of the address.
    """
    transfer = _Transfer(address, request, limits)
    # A daemon: the program can end while the thread still waits for a silent server.
    thread = Thread(target=transfer.run, daemon=True)
    deadline = monotonic() + limits.total_s
    thread.start()
    n_bytes = 0
    try:
        while True:
            left_s = deadline - monotonic()
            try:
                chunk = transfer.chunks.get(timeout=max(0.0, left_s))
            except Empty:
                left_s = 0.0
            if left_s <= 0:
                raise OutputError(f"expected a whole answer within {limits.total_s:g} s, got none")
            if isinstance(chunk, Exception):
                raise chunk
            if not chunk:
                return
            # Counted here rather than by Content-Length, which a server may leave out or get wrong.
            n_bytes += len(chunk)
            if n_bytes > limits.n_bytes:
                raise OutputError(f"expected an answer of at most {limits.n_bytes} bytes, got more")
            yield chunk
    finally:
        transfer.is_given_up.set()


class _Transfer:
    """The request, run in a thread of its own, so that the caller can give it up at any moment.

    Attributes
    ----------
    chunks
        The answer's bytes; an empty chunk at its end, or an error.
    is_given_up
        Set when nobody will read another chunk.
    """

    def __init__(self, address: ServerAddress, request: Request, limits: Limits) -> None:
        self._address, self._request, self._limits = address, request, limits
        self.chunks: Queue[bytes | Exception] = Queue(_MAX_CHUNKS_WAITING)
        self.is_given_up = Event()

    def run(self) -> None:
        """Make the request, and pass on the answer or the error."""
        import requests  # noqa: PLC0415  # heavy
        import urllib3  # noqa: PLC0415  # heavy

        try:
            # Errors travel through the queue: raised here, they would end the thread and nothing else.
            with requests.Session() as session, self._open(session) as response:
                _check_status(response, self._request)
                for chunk in _decompressed(response):
                    if not self._put(chunk):
                        return
            self._put(b"")
        except OutputError as error:
            self._put(error)
        except (requests.Timeout, urllib3.exceptions.TimeoutError):
            self._put(OutputError(f"expected an answer within {self._limits.silence_s:g} s, got none"))
        except urllib3.exceptions.ProtocolError:
            self._put(OutputError("expected a whole answer, got one that is cut off"))
        except Exception as error:  # noqa: BLE001  # every error ends the wait for the next chunk
            self._put(OutputError(f"expected {self._request.service} server, got {_reason(error)}"))

    def _put(self, chunk: bytes | Exception) -> bool:
        """Pass a chunk on; return False when nobody reads it."""
        while not self.is_given_up.is_set():
            # Wakes up every second to see whether it is given up: a full queue may stay full for ever.
            try:
                self.chunks.put(chunk, timeout=1.0)
            except Full:
                continue
            return True
        return False

    def _open(self, session: requests.Session) -> requests.Response:
        """Send the request, and follow redirections; only the server named gets the login."""
        from requests.auth import HTTPBasicAuth  # noqa: PLC0415  # heavy

        url, expected = self._address.url, f"expected {self._request.service} server"
        # requests encodes text as Latin-1, and leaves bytes unchanged.
        login = self._address.login and HTTPBasicAuth(*(text.encode() for text in self._address.login))
        is_get = self._request.method == "GET"
        # requests would follow by itself, but turn a POST into a GET without the query, and check no address.
        for _ in range(MAX_REDIRECTS + 1):
            own = urlsplit(url)[:2] == urlsplit(self._address.url)[:2]
            response = session.request(
                self._request.method,
                url,
                params=self._request.parameters if is_get else None,
                data=None if is_get else self._request.parameters,
                # The public servers want programs to name themselves. `_unpack` knows gzip alone.
                headers={"User-Agent": f"fastgen/{__version__}", "Accept-Encoding": "gzip"},
                auth=login if own else None,
                timeout=self._limits.silence_s,
                allow_redirects=False,
                stream=True,
            )
            if not response.is_redirect:
                return response
            response.close()
            try:
                url = urljoin(url, response.headers["location"])
                split_address(url)
            except ValueError:
                raise OutputError(f"{expected}, got a redirection to no address of the web") from None
        raise OutputError(f"{expected}, got more than {MAX_REDIRECTS} redirections")


def _check_status(response: requests.Response, request: Request) -> None:
    status = f"{response.status_code} {response.reason[:_MAX_REASON]}".strip()
    if response.status_code in _BUSY:
        raise OutputError(
            f"the server is busy ({status}): try again in some minutes, or name another one by "
            f"{request.option}"
        )
    if response.status_code != HTTP_OK:
        raise OutputError(f"expected {request.service} answer, got HTTP status {status}")


def _decompressed(response: requests.Response) -> Iterator[bytes]:
    """Yield the answer in pieces, small even where it is highly compressed."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _PLAIN | _PACKED:
        raise OutputError(f"expected an answer that is plain or in gzip, got the encoding {encoding!r}")
    # As received: urllib3 may decompress all that a chunk holds at once, however much that is.
    chunks = iter(lambda: response.raw.read(_CHUNK, decode_content=False), b"")
    try:
        yield from _unpack(chunks) if encoding in _PACKED else chunks
    except zlib.error:
        raise OutputError("expected an answer in gzip, got a damaged one") from None


def _unpack(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Decompress gzip, of one member or of several, or zlib's own format."""
    unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
    for chunk in chunks:
        packed = chunk
        while packed:
            if unpack.eof:  # and bytes are left: another member begins
                unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
            yield from filter(None, (unpack.decompress(packed, _CHUNK),))
            packed = unpack.unconsumed_tail or unpack.unused_data
    yield from filter(None, (unpack.flush(),))
    if not unpack.eof:
        raise OutputError("expected a whole answer, got one that is cut off")


def _reason(error: Exception) -> str:
    """Find the operating system's reason (such as "Connection refused") behind a chain of network errors.

    The errors' own texts name addresses, also of proxies, with their passwords and keys.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, HTTPException):
            return "an answer that isn't HTTP"
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        link = link.__cause__ or link.__context__
    # requests raises ValueError for addresses, of redirections too, that it can't parse.
    return "an address that can't be read" if isinstance(error, ValueError) else type(error).__name__
