"""Secrets of a server's address are used, and never stored, shown or named in an error."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.errors import DataError, FastgenError, OutputError
from fastgen.roads.server_address import split_address, strip_address, strip_secrets
from tests.roads.overpass import Overpass, download, redirect

if TYPE_CHECKING:
    from collections.abc import Callable

SECRETS = ("s3cr3t", "jane", "k3y")


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
