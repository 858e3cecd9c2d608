"""The page in a browser: what it shows while a stream fills the folder, to whom, and how it bears trouble."""

from __future__ import annotations

import json
import threading
import time
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.watching.folder import Folder
from fastgen.watching.watch import Watch
from tests.browsers import LOADED_MS
from tests.cli.processes import run_fastgen
from tests.cli.watches import watching
from tests.helpers import build_small
from tests.watching.lines import KITCHEN, encode, event, in_time, life, put
from tests.watching.pages import served
from tests.watching.test_folder import new_stream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from playwright.sync_api import Browser, Page

    Open = Callable[..., Page]

AXE_TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]
# What the page has, under short names.
NAMES = "const page = document.body.page, {map, clock, parts} = page;"
POSITIONS = "map.drivers.map(({x, y, order}) => [order.number, Math.round(x), Math.round(y)])"


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Open]:
    """Open pages; at the end, whatever a console says is a fault, and so is a request to elsewhere."""
    said: list[str] = []
    with ExitStack() as stack:

        def open_url(url: str, **options: Any) -> Page:
            context = browser.new_context(**{"viewport": {"width": 1100, "height": 900}, **options})
            stack.callback(context.close)
            context.set_default_timeout(LOADED_MS)
            page = context.new_page()
            page.on("console", lambda message: said.append(message.text))
            page.on("pageerror", lambda error: said.append(str(error)))
            page.on(
                "request", lambda request: said.extend([] if request.url.startswith(url) else [request.url])
            )
            page.goto(url)
            return page

        yield open_url
    # Chromium writes one for a server that has gone, which pages can't prevent.
    assert [
        text for text in said if "ERR_CONNECTION_REFUSED" not in text and "ERR_INCOMPLETE" not in text
    ] == []


def ask(page: Page, javascript: str) -> Any:
    return page.evaluate(f"(() => {{ {NAMES} return ({javascript}); }})()")


def wait(page: Page, condition: str) -> None:
    """Wait until there is a message and a condition holds, two minutes at most: machines may be loaded."""
    for _ in range(2400):
        if ask(page, f"page.told && ({condition})"):
            return
        page.wait_for_timeout(50)
    raise AssertionError(condition, ask(page, "page.told"))


def number(page: Page, name: str) -> int:
    return int(page.inner_text(f"[data-watch={name}]").replace(",", ""))


@contextmanager
def shown(folder: Path, title: str = "landing", port: int = 0) -> Iterator[str]:
    """Serve a folder in this process; give the address."""
    with served(Watch(Folder(folder)), title=title, port=port) as (host, at):
        yield f"http://{host}:{at}/"


class Replay:
    """`fastgen replay` again and again, as by a scheduler, from an evening on, whatever the time is now."""

    def __init__(self, dataset: Path, landing: Path) -> None:
        self._args = ("replay", dataset, "--to", landing, "--start-day", "1", "--speed", "120")
        self._passed_s, self._is_ending = 0, threading.Event()
        self.failed: list[str] = []

    def run(self) -> None:
        """Run it once, two seconds later than before."""
        now = f"2026-03-01T19:{self._passed_s // 60:02}:{self._passed_s % 60:02}"
        found = run_fastgen(*self._args, "--now", now)
        self.failed += [] if found.returncode == 0 else [found.stderr]
        self._passed_s += 2

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Run it beside a block until that ends."""
        self._is_ending.clear()
        thread = threading.Thread(target=self._go_on)
        thread.start()
        try:
            yield
        finally:
            self._is_ending.set()
            thread.join()
        assert self.failed == []

    def _go_on(self) -> None:
        while not self._is_ending.is_set():
            self.run()


def test_a_real_replay_is_seen_while_it_fills_the_folder(tmp_path: Path, open_page: Open) -> None:
    """In two tabs, through a pause of the stream; one tab is busy for a while."""
    dataset = build_small(tmp_path, days=3, scale=3.0)
    landing = tmp_path / "landing"
    replay = Replay(dataset, landing)
    replay.run()
    with watching(landing, "--dataset", dataset, "--roads", tmp_path / "roads") as watch:
        page, second = open_page(watch.url), open_page(watch.url)
        wait(page, "map.streets && parts.state.textContent === 'Receiving'")
        assert {place["name"] for place in ask(page, "page.told.counts")} == {"San Francisco", "Chicago"}
        assert ask(page, "map.streets.quietFrom.length") > 50
        with replay.going_on():
            wait(page, "map.drivers.length > 0")
            before = ask(page, "[page.told.time, page.told.n_events, page.told.counts[0].created]")
            drivers = {driver[0]: driver[1:] for driver in ask(page, POSITIONS)}
            wait(page, f"page.told.time > {before[0]} + 600 && page.told.n_events > {before[1]} + 20")
            wait(page, f"page.told.counts[0].created > {before[2]}")
            moved = {driver[0]: driver[1:] for driver in ask(page, POSITIONS)}
            assert moved
            assert moved != drivers
            second.evaluate(
                "() => { const end = performance.now() + 3000; while (performance.now() < end); }"
            )
        n_events = ask(page, "page.told.n_events")
        time.sleep(1)
        # The stream has stopped: so has the clock, and nothing is lost when it goes on.
        wait(page, "clock.time >= clock.newest - 5 * 120")
        with replay.going_on():
            wait(page, f"page.told.n_events > {n_events} + 20")
        wait(second, "true")
        n_events = ask(page, "page.told.n_events")
        wait(second, f"page.told.n_events === {n_events}")
        assert ask(second, "page.told.counts") == ask(page, "page.told.counts")
        assert not any(ask(page, "page.told.faults").values())
        assert number(page, "open") == sum(place["open"] for place in ask(page, "page.told.counts"))
        assert watch.end() == (0, "")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a stream whose clock stands at 18:17: an order delivered, one on the way, two in the kitchen."""
    rows = [*life("A", -300), *life("B", 0, 6), *life("C", 200, 3), event("D", "gk_started", 1, 1020)]
    put(tmp_path / "in", 1, encode(in_time(rows)))
    return tmp_path / "in"


def test_shows_orders_drivers_and_numbers(folder: Path, open_page: Open) -> None:
    with shown(folder) as url:
        page = open_page(url)
        wait(page, "map.drivers.length === 1")
        assert [number(page, name) for name in ("open", "driving", "late", "faults")] == [3, 1, 0, 0]
        assert page.inner_text("[data-watch=clock]") == "2026-03-01 18:17:00"
        assert page.inner_text("[data-watch=lag]") == "unknown"
        assert "location 1: 3 orders open" in page.inner_text("[data-watch=status]")
        cells = page.locator("tbody[data-watch=rows] tr").first.locator("th, td").all_inner_texts()
        assert cells == ["location 1", "3", "0", "1", "0", "3", "1", "0", "20 min"]
        # On its way, between the kitchen and the customer.
        (driver,) = ask(page, "map.drivers.map(({x, y, street}) => [x, y, street])")
        ends = ask(
            page,
            f"[map.streets.parent[{driver[2]}], {driver[2]}].map(i => [map.streets.x[i], map.streets.y[i]])",
        )
        for value, (first, last) in zip(driver, zip(*ends, strict=True), strict=False):
            assert min(first, last) <= value <= max(first, last)


def test_counts_faults_in_words(folder: Path, open_page: Open) -> None:
    put(folder, 2, encode([b"{", b"<b>", life("A", -300)[7], {**life("C", 200)[3], "event_id": None}]))
    with shown(folder) as url:
        page = open_page(url)
        wait(page, "page.told.n_events === 22")
        counts = {
            key: page.inner_text(f"[data-fault={key}]")
            for key in ("malformed", "duplicates", "incomplete", "lost")
        }
        assert counts == {"malformed": "2", "duplicates": "1", "incomplete": "1", "lost": "0"}
        assert page.inner_text("[data-watch=faults]") == "4"


def test_texts_of_the_stream_are_never_html(tmp_path: Path, open_page: Open) -> None:
    evil = "<img src=x onerror=alert(1)>"
    rows = life("A", upto=6, location_id=None, gk_id="1", location=evil)
    put(tmp_path / "in", 1, encode(rows))
    put(tmp_path / "in", 2, b"", "parquet")
    with shown(tmp_path / "in", title=f"{evil}\u202e") as url:
        page = open_page(url)
        wait(page, "map.streets && page.told.troubles.length")
        assert page.inner_text("h1").startswith(evil)
        assert page.inner_text("tbody[data-watch=rows] th") == evil
        assert page.locator("img").count() == 0
        assert "events-0000000002.parquet" in page.inner_text("[data-watch=troubles]")


def test_pause_keys_and_layers(folder: Path, open_page: Open) -> None:
    with shown(folder) as url:
        page = open_page(url)
        wait(page, "map.drivers.length === 1")
        page.click("[data-watch=play]")
        assert (ask(page, "map.playing"), page.inner_text("[data-watch=play]")) == (False, "Go on")
        frames = ask(page, "map.frames")
        page.wait_for_timeout(1500)
        assert ask(page, "map.frames") == frames
        page.focus("[data-watch=canvas]")
        page.keyboard.press(" ")
        assert (ask(page, "map.playing"), page.inner_text("[data-watch=play]")) == (True, "Pause")
        page.keyboard.press("+")
        assert ask(page, "map.zoomed") == pytest.approx(1.4)
        put(folder, 2, encode(life("E", 1030)[:6]))
        wait(page, "page.told.counts[0].driving === 2")
        assert ask(page, "map.zoomed") == pytest.approx(1.4)
        page.click("[aria-label='Show all']")
        assert ask(page, "map.zoomed") == 1
        pictures = set()
        for layer in ("flow", "density", "ways", "streets"):
            page.select_option("[data-watch=layer]", layer)
            page.wait_for_timeout(300)
            pictures.add(ask(page, "map.base.toDataURL()"))
        assert len(pictures) == 4


def test_reduced_motion_gets_a_picture_a_second(folder: Path, open_page: Open) -> None:
    with shown(folder) as url:
        page = open_page(url, reduced_motion="reduce")
        wait(page, "map.drivers.length === 1")
        for second in range(3):
            put(folder, 2 + second, encode([event("D", "gk_finished", 2 + second, 1030 + 10 * second)]))
        frames, begun = ask(page, "map.frames"), time.monotonic()
        page.wait_for_timeout(2500)
        seconds = time.monotonic() - begun
        # Messages that change the streets draw once more.
        assert ask(page, "map.frames") - frames <= 2 * seconds + 6


@pytest.mark.parametrize("width", [360, 768, 1440])
def test_no_sideways_scrolling(width: int, folder: Path, open_page: Open) -> None:
    with shown(folder, title="a/very/long/path/" * 12) as url:
        page = open_page(url, viewport={"width": width, "height": 740})
        wait(page, "map.streets")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_accessible(scheme: str, folder: Path, open_page: Open) -> None:
    put(folder, 2, encode([b"{"]))
    with shown(folder) as url:
        page = open_page(url, color_scheme=scheme)
        wait(page, "map.drivers.length === 1 && page.told.faults.malformed === 1")
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8"))
        found = page.evaluate("tags => axe.run({runOnly: tags})", AXE_TAGS)
        assert [
            (fault["id"], [node["target"] for node in fault["nodes"]]) for fault in found["violations"]
        ] == []
        assert page.get_attribute("[data-watch=canvas]", "aria-label") == "Map of location 1"


def test_the_theme_is_the_systems_or_the_readers(folder: Path, open_page: Open) -> None:
    with shown(folder) as url:
        page = open_page(url, color_scheme="light")
        wait(page, "map.colours.ground === '#ffffff'")
        for text, ground in (("light", "#ffffff"), ("dark", "#161a22"), ("system", "#ffffff")):
            page.click("[data-watch=theme]")
            assert page.inner_text("[data-watch=theme]") == f"Theme: {text}"
            wait(page, f"map.colours.ground === '{ground}'")


def test_a_server_that_comes_back_is_found_again(folder: Path, open_page: Open) -> None:
    with shown(folder) as url:
        page = open_page(url)
        wait(page, "map.drivers.length === 1")
        port = int(url.rsplit(":", 1)[1].strip("/"))
    wait(page, "parts.state.textContent.startsWith('No connection')")
    # The last picture stays.
    assert ask(page, "map.drivers.length") == 1
    put(folder, 2, encode(life("E", 1030)[:6]))
    with shown(folder, port=port):
        wait(page, "page.told.counts[0].driving === 2 && parts.state.textContent === 'Receiving'")


def test_another_stream_in_the_folder_begins_a_new_page(tmp_path: Path, open_page: Open) -> None:
    path = tmp_path / "in"
    new_stream(path)
    put(path, 1, encode(life("A", upto=6)))
    with shown(path) as url:
        page = open_page(url)
        wait(page, "map.drivers.length === 1")
        path.rename(tmp_path / "old")
        (tmp_path / ".in.fastgen").rename(tmp_path / ".old.fastgen")
        wait(page, "parts.state.textContent === 'There is no such folder now'")
        new_stream(path)
        put(path, 1, encode(life("B", -86_400 * 30, upto=1)))
        wait(page, "page.told.n_events === 1 && page.told.counts[0].driving === 0")
        assert page.inner_text("[data-watch=clock]") == "2026-01-30 18:00:00"


def test_a_folder_without_events_waits_for_them(tmp_path: Path, open_page: Open) -> None:
    (tmp_path / "in").mkdir()
    with shown(tmp_path / "in") as url:
        page = open_page(url)
        wait(page, "true")
        assert page.locator("[data-watch=wait]").is_visible()
        put(tmp_path / "in", 1, encode(life("A", upto=6)))
        wait(page, "map.drivers.length === 1")
        assert not page.locator("[data-watch=wait]").is_visible()


def test_hundreds_of_drivers_move(tmp_path: Path, open_page: Open) -> None:
    n = 400
    rows: list[dict[str, Any]] = []
    for k in range(n):
        life_rows = life(f"O{k}", k / 10, upto=6)
        way = [
            [KITCHEN[0] + (k % 20 - 10) * j / 4000, KITCHEN[1] + (k // 20 - 10) * j / 4000] for j in range(12)
        ]
        life_rows[5]["body"] = json.dumps({"route_points": way, "eta_mins": 30})
        rows += life_rows
    put(tmp_path / "in", 1, encode(in_time(rows)))
    with shown(tmp_path / "in") as url:
        page = open_page(url)
        wait(page, f"map.drivers.length > {n - 20}")
        ask(page, "clock.speed = 60")
        for second in range(4):
            put(
                tmp_path / "in", 2 + second, encode([event("N", "order_created", second, 1030 + 60 * second)])
            )
            page.wait_for_timeout(500)
        frames, positions = ask(page, "map.frames"), ask(page, POSITIONS)
        put(tmp_path / "in", 6, encode([event("N", "gk_started", 5, 1300)]))
        wait(page, f"map.frames > {frames} + 5")
        moved = ask(page, POSITIONS)
        assert len(moved) > n - 20
        assert moved != positions
