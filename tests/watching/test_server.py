"""The server gives a page and its messages, to this machine alone, and to each page as fast as it reads."""

from __future__ import annotations

import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import OutputError, ScenarioError
from fastgen.watching import server
from fastgen.watching import watch as watched
from fastgen.watching.folder import Folder
from fastgen.watching.server import is_own_host, make_page, make_script, open_socket
from fastgen.watching.watch import Watch
from tests.watching.lines import encode, life, put
from tests.watching.pages import Shown, ask, listening, served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    put(tmp_path / "in", 1, encode([*life("A"), *life("B", 600, upto=6)]))
    return tmp_path / "in"


@pytest.fixture
def at(folder: Path) -> Iterator[tuple[str, int]]:
    with served(Watch(Folder(folder))) as address:
        yield address


def test_serves_the_page_and_what_it_needs(at: tuple[str, int]) -> None:
    for path, kind in (("/", "text/html"), ("/watch.js", "text/javascript"), ("/watch.css", "text/css")):
        status, headers, text = ask(at, path)
        assert (status, headers["content-type"].split(";")[0]) == (200, kind)
        assert len(text) > 1000
        assert ask(at, path, "HEAD")[0] == 200


def test_every_answer_says_what_browsers_may_do(at: tuple[str, int]) -> None:
    for path in ("/", "/watch.js", "/nowhere", "/../../etc/passwd", "/?x=<script>"):
        _, headers, _ = ask(at, path)
        assert headers["content-security-policy"].startswith("default-src 'none'; script-src 'self';")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert not [name for name in headers if name.startswith("access-control")]


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "PATCH"])
def test_nothing_can_be_changed(method: str, at: tuple[str, int]) -> None:
    for path in ("/", "/messages", "/watch.js"):
        assert ask(at, path, method)[0] == 405


def test_other_paths_are_not_there(at: tuple[str, int]) -> None:
    for path in ("/nowhere", "/messages/", "//", "/watch.js/..", "/%2e%2e/"):
        assert ask(at, path)[0] == 404


def test_a_request_under_another_name_is_refused(at: tuple[str, int]) -> None:
    for path in ("/", "/messages", "/nowhere"):
        status, headers, text = ask(at, path, Host="evil.example")
        assert (status, text) == (421, "Expected the address of this machine as the host.\n")
        assert "content-security-policy" in headers


@pytest.mark.parametrize(
    ("host", "is_own"),
    [
        ("127.0.0.1", True),
        ("127.0.0.1:8765", True),
        ("localhost:1", True),
        ("LOCALHOST", True),
        ("[::1]:8765", True),
        ("[::1]", True),
        ("10.1.2.3", True),
        ("kitchen.local:80", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("localhost:80@evil", False),
        ("127.0.0.1.evil.example", False),
        ("", False),
        ("[::1", False),
        ("[localhost]evil", False),
    ],
)
def test_own_hosts_are_addresses_and_the_names_that_were_asked_for(host: str, is_own: bool) -> None:  # noqa: FBT001  # a case
    assert is_own_host(host, frozenset({"localhost", "kitchen.local"})) is is_own


def test_a_page_gets_all_and_then_what_changes(at: tuple[str, int], folder: Path) -> None:
    with listening(at) as messages, listening(at) as second:
        shown, other = Shown(), Shown()
        for page, told in ((shown, messages), (other, second)):
            page.take(next(told))
        put(folder, 2, encode(life("C", 700)))
        for page, told in ((shown, messages), (other, second)):
            while page.state["n_events"] < 22:
                page.take(next(told))
        assert shown.state["counts"][0]["created"] == 3
        assert shown.without_empty()[:3] == other.without_empty()[:3]


def test_a_page_that_does_not_read_keeps_nobody_waiting(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "KEPT", 3)
    watch = Watch(Folder(folder))
    with served(watch) as at, listening(at, buffer=2048) as slow, listening(at) as quick:
        first = next(slow)
        assert first["whole"]
        shown = Shown()
        for number in range(2, 22):
            put(
                folder,
                number,
                encode(row for k in range(40) for row in life(f"{number}.{k}", 60 * number + k)),
            )
            n_before = 14 + 320 * (number - 1)
            while shown.state.get("n_events", 0) < n_before:
                shown.take(next(quick))
        begun = time.monotonic()
        late = Shown()
        late.take(first)
        while late.state["n_events"] < n_before:
            late.take(next(slow))
        assert late.without_empty()[:3] == shown.without_empty()[:3]
        assert time.monotonic() - begun < 60
        assert sum(len(message) for _, message in watch._kept) < 200_000


def test_pages_are_limited_and_make_room_when_they_go(
    at: tuple[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "PAGES_MAX", 1)
    with listening(at) as messages:
        assert next(messages)["whole"]
        assert ask(at, "/messages")[0] == 503
    for _ in range(200):
        if ask(at, "/messages", "HEAD")[0] == 200:
            return
        time.sleep(0.1)
    raise AssertionError


def test_ends_at_once_whoever_still_listens(folder: Path) -> None:
    with served(Watch(Folder(folder))) as at, listening(at) as messages, listening(at, buffer=2048):
        assert next(messages)["whole"]
        begun = time.monotonic()
    assert time.monotonic() - begun < 20
    assert threading.active_count() < 20


def test_a_port_that_is_taken_and_a_host_of_another_machine_are_one_line() -> None:
    with open_socket("127.0.0.1", 0) as opened:
        port = opened.getsockname()[1]
        with pytest.raises(
            OutputError, match=rf"^--port {port}: expected a port that is free .*, got one in use\."
        ):
            open_socket("127.0.0.1", port)
    for host in ("192.0.2.1", "no such host", "\x00", "a" * 300):
        with pytest.raises(ScenarioError, match=r"^--host: expected an address[^\n]*\.$"):
            open_socket(host, 0)


def test_a_port_can_be_had_again_at_once(folder: Path) -> None:
    with served(Watch(Folder(folder))) as at, listening(at) as messages:
        next(messages)
    open_socket(*at).close()


def test_loopback_of_ipv6(folder: Path) -> None:
    if not socket.has_ipv6:
        pytest.skip("needs IPv6")
    try:
        with served(Watch(Folder(folder)), "::1") as at:
            assert ask(at)[0] == 200
    except ScenarioError:
        pytest.skip("needs IPv6")


def test_names_are_text_and_never_html() -> None:
    page = make_page('<script>alert("x")</script>&\udcff')
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;&amp;\\udcff" in page
    for text in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert text not in make_script()
