"""Post a query to a server and take its answer, within a total time and a total size.

Sockets only bound the silence between two bytes, and decompression nothing: so the answer is decompressed
here, in pieces, and another thread is waited for no longer than the time allows.
"""

from __future__ import annotations

import zlib
from http.client import HTTPException
from queue import Empty, Full, Queue
from threading import Event, Thread
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from fastgen import __version__
from fastgen.errors import OutputError
from fastgen.roads.server_address import split_address

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests

    from fastgen.roads.server_address import ServerAddress

MAX_REDIRECTS = 5
HTTP_OK = 200
# What a server says while it has no slot for this caller, or is overloaded.
_BUSY = frozenset({429, 504})
_CHUNK, _MAX_REASON = 1 << 16, 60
_PLAIN, _PACKED = frozenset({"", "identity"}), frozenset({"gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB = zlib.MAX_WBITS + 32
# A thread that is given up must not fill the memory.
_MAX_CHUNKS_WAITING = 8


class Limits(NamedTuple):
    """What an answer may take.

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


def post_query(address: ServerAddress, query: str, limits: Limits) -> Iterator[bytes]:
    """Post a query, and yield the answer's bytes as they arrive.

    Parameters
    ----------
    address
        The server.
    query
        The query, in Overpass QL.
    limits
        What the answer may take.

    Raises
    ------
    OutputError
        If the server can't be reached, is busy, or the answer is an error, too late or too large. No message
        holds what is secret of the address.
    """
    transfer = _Transfer(address, query, limits)
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
            n_bytes += len(chunk)
            if n_bytes > limits.n_bytes:
                raise OutputError(f"expected an answer of at most {limits.n_bytes} bytes, got more")
            yield chunk
    finally:
        transfer.is_given_up.set()


class _Transfer:
    """The part that runs in a thread of its own: it can be given up, whatever it waits for.

    Attributes
    ----------
    chunks
        The answer's bytes, at last none of them, or an error.
    is_given_up
        Whether nobody waits for them any more.
    """

    def __init__(self, address: ServerAddress, query: str, limits: Limits) -> None:
        self._address, self._query, self._limits = address, query, limits
        self.chunks: Queue[bytes | Exception] = Queue(_MAX_CHUNKS_WAITING)
        self.is_given_up = Event()

    def run(self) -> None:
        """Make the request, and pass on what comes of it."""
        import requests  # noqa: PLC0415  # heavy
        import urllib3  # noqa: PLC0415  # heavy

        try:
            with requests.Session() as session, self._open(session) as response:
                _check_status(response)
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
        except Exception as error:  # noqa: BLE001  # whatever it is, somebody waits for it
            self._put(OutputError(f"expected an Overpass server, got {_reason(error)}"))

    def _put(self, chunk: bytes | Exception) -> bool:
        """Pass something on; False when nobody waits for it."""
        while not self.is_given_up.is_set():
            try:
                self.chunks.put(chunk, timeout=1.0)
            except Full:
                continue
            return True
        return False

    def _open(self, session: requests.Session) -> requests.Response:
        """Post the query wherever the server redirects to; the login goes to none but the server named."""
        from requests.auth import HTTPBasicAuth  # noqa: PLC0415  # heavy

        url = self._address.url
        # Requests writes texts in Latin-1, but takes bytes as they are.
        login = self._address.login and HTTPBasicAuth(*(text.encode() for text in self._address.login))
        for _ in range(MAX_REDIRECTS + 1):
            own = urlsplit(url)[:2] == urlsplit(self._address.url)[:2]
            response = session.post(
                url,
                data={"data": self._query},
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
                no_address = "expected an Overpass server, got a redirection to no address of the web"
                raise OutputError(no_address) from None
        raise OutputError(f"expected an Overpass server, got more than {MAX_REDIRECTS} redirections")


def _check_status(response: requests.Response) -> None:
    status = f"{response.status_code} {response.reason[:_MAX_REASON]}".strip()
    if response.status_code in _BUSY:
        raise OutputError(
            f"the server is busy ({status}): try again in some minutes, or name another one by --overpass-url"
        )
    if response.status_code != HTTP_OK:
        raise OutputError(f"expected an Overpass answer, got HTTP status {status}")


def _decompressed(response: requests.Response) -> Iterator[bytes]:
    """Read the answer in pieces that stay small however well they were compressed."""
    encoding = response.headers.get("Content-Encoding", "").strip().lower()
    if encoding not in _PLAIN | _PACKED:
        raise OutputError(f"expected an answer that is plain or in gzip, got the encoding {encoding!r}")
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
            if unpack.eof:
                unpack = zlib.decompressobj(_GZIP_OR_ZLIB)
            yield from filter(None, (unpack.decompress(packed, _CHUNK),))
            packed = unpack.unconsumed_tail or unpack.unused_data
    yield from filter(None, (unpack.flush(),))
    if not unpack.eof:
        raise OutputError("expected a whole answer, got one that is cut off")


def _reason(error: Exception) -> str:
    """Find the plain words of the system (such as "Connection refused") behind a chain of network errors.

    The errors' own texts name addresses, of proxies too, with all that is secret in them.
    """
    link: BaseException | None = error
    while link is not None:
        if isinstance(link, HTTPException):
            return "an answer that isn't HTTP"
        if isinstance(link, OSError) and link.strerror:
            return link.strerror
        link = link.__cause__ or link.__context__
    # Requests looks at the address, and at where it is redirected to, before anybody else.
    return "an address that is none" if isinstance(error, ValueError) else type(error).__name__
