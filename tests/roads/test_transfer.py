"""A server can neither keep a download for ever, nor fill the memory, nor get or leak a secret."""

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
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import DataError, FastgenError, OutputError
from fastgen.roads import download as download_module
from fastgen.roads.download import download_roads
from fastgen.roads.server_address import split_address, strip_address, strip_secrets
from tests.roads.overpass import Overpass, answer, running_overpass
from tests.roads.town import KITCHEN, RADIUS_MI

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from http.server import BaseHTTPRequestHandler

    from fastgen.model.road_graph import RoadGraph

MB = 1_000_000
SECRETS = ("s3cr3t", "jane", "k3y")


@pytest.fixture
def overpass() -> Iterator[Overpass]:
    with running_overpass() as server:
        yield server


def download(url: str, **limits: Any) -> RoadGraph:
    return download_roads(*KITCHEN, RADIUS_MI, url, **{"timeout_s": 5, **limits})


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


def redirect(code: int, place: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def misbehave(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(code)
        handler.send_header("Location", place)
        handler.end_headers()
        handler.wfile.write(b"x" * 1000)

    return misbehave


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
        ("http://[::1", "an address that is none"),
        ("http://.example/", "an address that is none"),
    ],
)
def test_redirection_to_no_address_is_one_line(place: str, message: str, overpass: Overpass) -> None:
    overpass.misbehave = redirect(302, place)
    with pytest.raises(OutputError, match=rf": expected an Overpass server, got {message}\.$"):
        download(overpass.url)


def test_secrets_are_used_and_never_stored(overpass: Overpass) -> None:
    url = overpass.url.replace("//", "//jane:s3cr3t@") + "/interpreter?key=k3y#k3y"
    graph = download(url)
    assert overpass.paths == ["/api/interpreter?key=k3y"]
    assert overpass.logins == ["Basic " + b64encode(b"jane:s3cr3t").decode()]
    assert f"Overpass server {overpass.url}, data of " in graph.provenance.source
    assert not any(secret in graph.provenance.source for secret in SECRETS)


@pytest.mark.parametrize(
    "path",
    [
        "/api;key=k3y",
        "/api;jsessionid=k3y/x",
        "/api%3Fkey=k3y",
        "/api&key=k3y",
        "/api%3bkey=k3y?x",
        "/api%23k3y",
    ],
)
@pytest.mark.parametrize("login", ["", "jane:1;s3cr3t@", "jane:1%3Fs3cr3t@", "jane:1&s3cr3t@"])
def test_secrets_behind_a_path_are_used_and_never_shown(path: str, login: str) -> None:
    url = f"https://{login}host.example{path}"
    address = split_address(url)
    assert address.shown == strip_address(url) == "https://host.example/api"
    assert address.url.startswith(f"https://host.example{path.partition('?')[0]}/interpreter")
    source = "OpenStreetMap, Overpass server {}, data of 2024-01-01"
    assert strip_secrets(source.format(url)) == source.format(address.shown)


FAULTS: dict[str, Callable[[Overpass], object]] = {
    "status": lambda server: setattr(server, "status", 403),
    "busy": lambda server: setattr(server, "status", 429),
    "garbage": lambda server: setattr(server, "body", b"garbage"),
    "remark": lambda server: setattr(server, "body", b'{"elements": [], "remark": "no"}'),
    "empty": lambda server: setattr(server, "body", b'{"elements": []}'),
    "broken element": lambda server: setattr(server, "body", b'{"elements": [7]}'),
    "silence": lambda server: setattr(server, "delay_s", 1.0),
    "no answer": lambda server: setattr(server, "misbehave", lambda handler: handler.wfile.write(b"")),
    "redirection": lambda server: setattr(server, "misbehave", redirect(302, "ftp://x")),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_secrets_are_in_no_error(fault: str, overpass: Overpass) -> None:
    FAULTS[fault](overpass)
    url = overpass.url.replace("//", "//jane:s3cr3t@") + "?key=k3y"
    with pytest.raises(FastgenError) as caught:
        download(url, timeout_s=0.5)
    assert str(caught.value).startswith(f"{overpass.url}: expected ") or "busy" in str(caught.value)
    assert not any(secret in str(caught.value) for secret in SECRETS)
    assert caught.value.__context__ is None or caught.value.__suppress_context__


@pytest.mark.parametrize(
    "proxy", ["http://jane:s3cr3t@127.0.0.1:1", "jane:s3cr3t@:x", "http://jane:s3cr3t@", "s3cr3t://jane@x"]
)
def test_proxys_password_is_in_no_error(
    proxy: str, overpass: Overpass, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", proxy)
    monkeypatch.setenv("no_proxy", "")
    with pytest.raises(OutputError) as caught:
        download(overpass.url)
    assert str(caught.value).startswith(f"{overpass.url}: expected an Overpass server, got ")
    assert not any(secret in str(caught.value) for secret in SECRETS)


@pytest.mark.parametrize(
    "url",
    [
        "ftp://jane:s3cr3t@host/api?key=k3y",
        "jane:s3cr3t@host/api?key=k3y#k3y",
        "http://jane:s3cr3t/x@host/api",
        "http://jane:s3cr3t@host:port/api",
        "http://jane:s3cr3t?x@host/api?k3y",
        "http://jane:s3cr3t@[::1/api",
        "jane:s3cr3t://x@y",
        "http://jane:s3cr3t%40host/api",
        "http://jane%3As3cr3t%40host/api",
        "http://jane/s3cr3t@host/api",
        "key=k3y",
        "http://key=k3y/api",
        "http:key=k3y",
        "?key=k3y",
        "jane:s3cr3t",
    ],
)
def test_address_that_is_none_is_shown_without_secrets(url: str) -> None:
    with pytest.raises(DataError, match=r"^Expected an Overpass address like https://") as caught:
        download(url)
    assert not any(secret in str(caught.value) for secret in SECRETS)


words = st.text("abcxyz019%._~-", min_size=1, max_size=8)


@given(user=words, password=words, key=words, host=words.map("h{}.example".format), port=st.integers(1, 9999))
def test_address_is_taken_apart(user: str, password: str, key: str, host: str, port: int) -> None:
    host = host.replace("%", "").replace("_", "").replace("~", "")
    secret = f"https://{user}:{password}@{host}:{port}/api?key={key}#{key}"
    address = split_address(secret)
    assert address.url == f"https://{host}:{port}/api/interpreter?key={key}"
    assert address.shown == strip_address(secret) == f"https://{host}:{port}/api"
    sentence = "OpenStreetMap, Overpass server {}, data of 2024-01-01T00:00:00Z"
    assert strip_secrets(sentence.format(secret)) == sentence.format(address.shown)


@pytest.mark.parametrize(
    "words",
    [
        "OpenStreetMap, Overpass server https://overpass-api.de/api, data of 2024-01-01T00:00:00Z",
        "OpenStreetMap extract, a@b?c#d.osm.pbf",
        "built-in synthetic network",
        "http://[::1]:8080/api",
    ],
)
def test_words_without_secrets_stay(words: str) -> None:
    assert strip_secrets(words) == words
