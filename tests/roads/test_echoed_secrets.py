"""A server that repeats the secrets of its own address gets them into no error."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError, FastgenError
from fastgen.roads.extras import quote_value
from fastgen.roads.server_address import split_address, strip_address, strip_secrets
from tests.roads.overpass import Overpass, download

if TYPE_CHECKING:
    from http.server import BaseHTTPRequestHandler

SECRETS = ("s3cr3t", "k3yk3y", "jane", b64encode(b"jane:s3cr3t").decode(), "t0k'n")


def echo(handler: BaseHTTPRequestHandler) -> str:
    """Repeat the request's path and login."""
    return f"{handler.path} {handler.headers['Authorization']} {SECRETS}"


def send(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, reason: str = "", form: str = ""
) -> None:
    handler.send_response(status, reason or None)
    handler.send_header("Content-Length", str(len(body)))
    handler.send_header("Content-Encoding", form or "identity")
    handler.end_headers()
    handler.wfile.write(body)


def as_json(handler: BaseHTTPRequestHandler, *elements: Any, **more: Any) -> None:
    send(handler, json.dumps({"elements": elements, **more}).encode())


FAULTS = {
    "page": lambda h: send(h, f"<html>{echo(h)}".encode()),
    "text": lambda h: send(h, echo(h).encode()),
    "remark": lambda h: as_json(h, remark=echo(h)),
    "reason": lambda h: send(h, b"", 403, f"No {echo(h)}"),
    "busy": lambda h: send(h, b"", 429, echo(h)),
    "encoding": lambda h: send(h, b"", form=echo(h)),
    "element": lambda h: as_json(h, echo(h)),
    "kind": lambda h: as_json(h, {"type": echo(h), "id": 1}),
    "id": lambda h: as_json(h, {"type": "node", "id": echo(h)}),
    "position": lambda h: as_json(h, {"type": "node", "id": 1, "lat": echo(h)}),
    "nodes": lambda h: as_json(h, {"type": "way", "id": 1, "nodes": echo(h), "tags": {"highway": "a"}}),
    "tags": lambda h: as_json(h, {"type": "way", "id": 1, "nodes": [1, 2], "tags": echo(h)}),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    "end", ["/api?key=k3yk3y&b=t0k%27n", "/api;key=k3yk3y?t0k%27n", "/api?k3yk3y&t0k%27n#x"]
)
def test_what_a_server_repeats_is_hidden(fault: str, end: str, overpass: Overpass) -> None:
    overpass.misbehave = FAULTS[fault]
    url = overpass.url.replace("//", "//jane:s3cr3t@").removesuffix("/api") + end
    with pytest.raises(FastgenError) as caught:
        download(url)
    message = str(caught.value)
    assert message.startswith((f"{overpass.url}: expected", f"{overpass.url}: the server is busy"))
    assert "***" in message
    for secret in (*SECRETS, "t0k%27n", "t0k&#x27;n"):
        pieces = {secret[:4], secret[-4:]} if len(secret) > 4 else {secret}
        assert not any(piece in message for piece in pieces), message


letters = st.text("abcXYZ019%+ /?&'\"\\é<", min_size=4, max_size=90)


@settings(deadline=None)
@given(
    letters,
    st.sampled_from(
        [str, quote, quote_plus, lambda t: quote(t, safe=""), lambda t: b64encode(t.encode()).decode()]
    ),
    st.text("-. ", max_size=70),
)
@example("0" * 18 + "<" * 6 + "é", quote, "." * 37)
@example("<" + "0" * 21 + "<" * 15 + "é<", quote, ".")
def test_secret_is_hidden_in_any_spelling_and_however_it_is_cut(secret: str, spell: Any, front: str) -> None:
    address = split_address(f"https://user:{quote(secret, safe='')}@host.example/api")
    shown = address.hide(f"{address.shown}: expected an answer, got {quote_value(front + spell(secret))}.")
    assert shown.startswith("https://host.example/api: expected an answer, got ")
    left = shown.removeprefix("https://host.example/api: expected an answer, got ")
    spelt = spell(secret)
    assert not any(spelt[i : i + 6] in left for i in range(max(1, len(spelt) - 5))), left


@pytest.mark.parametrize("mark", "?#/")
@pytest.mark.parametrize("digits", ["12", "1", "", "65535", "x"])
def test_password_that_should_be_encoded_is_no_host(mark: str, digits: str) -> None:
    url = f"http://jane:{digits}{mark}s3cr3t@host.example/api"
    with pytest.raises(DataError, match=r"^Expected an Overpass address like .*, got something else\.$"):
        download(url)
    assert "s3cr3t" not in strip_address(url)
    assert "jane" not in strip_address(url) or mark == "/"


@pytest.mark.parametrize("code", ["%3F", "%253F", "%25253f", "%2523", "%253B", "%2526"])
def test_encoded_end_of_a_path_is_not_shown(code: str) -> None:
    url = f"https://host.example/api{code}key=s3cr3t"
    assert split_address(url).shown == strip_address(url) == "https://host.example/api"
    assert "s3cr3t" in split_address(url).secrets


@pytest.mark.parametrize("password", ["pass word", "a, b", " x", "a b?c d", "a\nb", "12 3#4"])
def test_stored_password_with_blanks_is_stripped(password: str) -> None:
    words = (
        f"OpenStreetMap, Overpass server https://jane:{password}@host.example/api?key=k3y, data of 2024-01-01"
    )
    assert (
        strip_secrets(words) == "OpenStreetMap, Overpass server https://host.example/api, data of 2024-01-01"
    )
