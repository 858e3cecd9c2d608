"""A server can neither keep a download for ever nor fill the memory, and redirections end."""

from __future__ import annotations

import gzip
import json
import re
import resource
import time
import zlib
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.errors import OutputError
from fastgen.roads import download as download_module
from tests.roads.overpass import Overpass, answer, download, redirect, running_overpass

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.server import BaseHTTPRequestHandler


MB = 1_000_000


def head(handler: BaseHTTPRequestHandler, **headers: str) -> None:
    handler.send_response(200)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()


def drip(handler: BaseHTTPRequestHandler) -> None:
    head(handler)
    for _ in range(600):
        handler.wfile.write(b" " * 5)
        time.sleep(0.05)


def drip_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
    for _ in range(600):
        handler.wfile.write(b"x")
        handler.wfile.flush()
        time.sleep(0.05)


def continue_for_ever(handler: BaseHTTPRequestHandler) -> None:
    for _ in range(600):
        handler.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        handler.wfile.flush()
        time.sleep(0.05)


def drip_packed(handler: BaseHTTPRequestHandler) -> None:
    head(handler, Content_Encoding="gzip")
    packer = zlib.compressobj(wbits=31)
    for _ in range(600):
        handler.wfile.write(packer.compress(b" ") + packer.flush(zlib.Z_SYNC_FLUSH))
        time.sleep(0.05)


@pytest.mark.parametrize("misbehave", [drip, drip_headers, continue_for_ever, drip_packed])
def test_server_that_drips_is_given_up(
    misbehave: Callable[[BaseHTTPRequestHandler], None], overpass: Overpass
) -> None:
    overpass.misbehave = misbehave
    began = time.monotonic()
    with pytest.raises(OutputError, match=r"^\S+: expected a whole answer within 0\.5 s, got none\.$"):
        download(overpass.url, max_time_s=0.5)
    assert time.monotonic() - began < 2


def answer_headers(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X-More: 1\r\n" * 1_000 + b"\r\n")


def answer_long_header(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 1_000_000)


def answer_text(handler: BaseHTTPRequestHandler) -> None:
    handler.wfile.write(b"jane, s3cr3t, k3y\r\n\r\n")


@pytest.mark.parametrize("misbehave", [answer_headers, answer_long_header, answer_text])
def test_answer_of_another_protocol_is_one_line(
    misbehave: Callable[[BaseHTTPRequestHandler], None], overpass: Overpass
) -> None:
    overpass.misbehave = misbehave
    with pytest.raises(
        OutputError, match=r"^\S+: expected an Overpass server, got an answer that isn't HTTP\.$"
    ):
        download(overpass.url)


def endless(handler: BaseHTTPRequestHandler) -> None:
    head(handler)
    while True:
        handler.wfile.write(b'{"elements": [' + b'{"type": "count"}, ' * 10_000)


def endless_blanks(handler: BaseHTTPRequestHandler) -> None:
    head(handler)
    while True:
        handler.wfile.write(b" " * 100_000)


def bomb(handler: BaseHTTPRequestHandler) -> None:
    head(handler, Content_Encoding="gzip")
    handler.wfile.write(gzip.compress(b" " * 60 * MB, 1))


def deflated_bomb(handler: BaseHTTPRequestHandler) -> None:
    head(handler, Content_Encoding="deflate")
    handler.wfile.write(zlib.compress(b" " * 60 * MB, 1))


@pytest.mark.parametrize("misbehave", [endless_blanks, bomb, deflated_bomb])
def test_answer_without_end_is_given_up(
    misbehave: Callable[[BaseHTTPRequestHandler], None], overpass: Overpass
) -> None:
    overpass.misbehave = misbehave
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(OutputError, match=r"^\S+: expected an answer of at most 20000000 bytes, got more\.$"):
        download(overpass.url, max_bytes=20 * MB, max_time_s=60)
    if misbehave is endless_blanks:  # the others' bombs are made in this process too
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 60_000


def test_endless_elements_are_bounded_too(overpass: Overpass) -> None:
    overpass.misbehave = endless
    with pytest.raises(OutputError, match=r"^\S+: expected an answer of at most 1000000 bytes, got more\.$"):
        download(overpass.url, max_bytes=MB, max_time_s=60)


def test_packed_answer_gives_the_same_network(overpass: Overpass) -> None:
    plain = download(overpass.url)

    def pack(handler: BaseHTTPRequestHandler) -> None:
        head(handler, Content_Encoding="gzip")
        handler.wfile.write(gzip.compress(json.dumps(answer(overpass.queries[-1])).encode()))

    overpass.misbehave = pack
    assert download(overpass.url).content_hash() == plain.content_hash()


@pytest.mark.parametrize("size", [1, 100, 1 << 20])
@pytest.mark.parametrize("tail", [b"", gzip.compress(b"")], ids=["nothing", "empty member"])
def test_gzip_of_several_members_gives_the_same_network(size: int, tail: bytes, overpass: Overpass) -> None:
    plain = download(overpass.url)

    def pack(handler: BaseHTTPRequestHandler) -> None:
        head(handler, Content_Encoding="gzip")
        data = json.dumps(answer(overpass.queries[-1])).encode()
        pieces = (data[i : i + size] for i in range(0, len(data), size))
        handler.wfile.write(b"".join(map(gzip.compress, pieces)) + tail)

    overpass.misbehave = pack
    assert download(overpass.url).content_hash() == plain.content_hash()


@pytest.mark.parametrize("work", ["draw_roads", "convert_graph"])
def test_work_after_the_last_byte_counts_into_the_total_time(
    work: str, overpass: Overpass, monkeypatch: pytest.MonkeyPatch
) -> None:
    do = getattr(download_module, work)

    def dawdle(*args: Any) -> Any:
        time.sleep(2)
        return do(*args)

    monkeypatch.setattr(download_module, work, dawdle)
    with pytest.raises(OutputError, match=r"expected a network within 2 s, got none: raise --max-time\.$"):
        download(overpass.url, max_time_s=2)


@pytest.mark.parametrize(
    ("encoding", "data", "message"),
    [
        (
            "gzip",
            gzip.compress(b"{" * 1000, mtime=0)[:-10],
            "expected a whole answer, got one that is cut off",
        ),
        (
            "gzip",
            gzip.compress(b" ", mtime=0) * 2 + gzip.compress(b" ", mtime=0)[:9],
            "expected a whole answer, got one that is cut off",
        ),
        ("gzip", b"no gzip at all", "expected an answer in gzip, got a damaged one"),
        ("br", b"\x8b", "expected an answer that is plain or in gzip, got the encoding 'br'"),
        ("gzip, gzip", b"", "expected an answer that is plain or in gzip, got the encoding 'gzip, gzip'"),
    ],
)
def test_encoding_that_cannot_be_read_is_one_line(
    encoding: str, data: bytes, message: str, overpass: Overpass
) -> None:
    def misbehave(handler: BaseHTTPRequestHandler) -> None:
        head(handler, Content_Encoding=encoding)
        handler.wfile.write(data)

    overpass.misbehave = misbehave
    with pytest.raises(OutputError, match=rf"^\S+: {re.escape(message)}\.$"):
        download(overpass.url)


def test_answer_shorter_than_announced_is_cut_off(overpass: Overpass) -> None:
    def misbehave(handler: BaseHTTPRequestHandler) -> None:
        head(handler, Content_Length="1000")
        handler.wfile.write(b'{"elements": []}')

    overpass.misbehave = misbehave
    with pytest.raises(OutputError, match=r"expected a whole answer, got one that is cut off\.$"):
        download(overpass.url)


@pytest.mark.parametrize("code", [301, 302, 307, 308])
def test_redirection_is_followed_without_the_login(code: int, overpass: Overpass) -> None:
    with running_overpass() as other:
        overpass.misbehave = redirect(code, f"{other.url}/interpreter")
        url = overpass.url.replace("//", "//jane:s3cr3t@")
        assert download(url).n_nodes == 11
        assert other.logins == [None]
        assert overpass.logins == ["Basic " + b64encode(b"jane:s3cr3t").decode()]


def test_redirections_end(overpass: Overpass) -> None:
    overpass.misbehave = redirect(302, "/api/interpreter")
    with pytest.raises(OutputError, match=r"got more than 5 redirections\.$"):
        download(overpass.url)


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("file:///etc/passwd", "a redirection to no address of the web"),
        ("http://host:port/", "a redirection to no address of the web"),
        ("http://[::1", "an address that can't be read"),
        ("http://.example/", "an address that can't be read"),
    ],
)
def test_redirection_to_no_address_is_one_line(place: str, message: str, overpass: Overpass) -> None:
    overpass.misbehave = redirect(302, place)
    with pytest.raises(OutputError, match=rf": expected an Overpass server, got {message}\.$"):
        download(overpass.url)
