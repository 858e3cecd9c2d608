"""Messages tell all and then what changes, and a page that missed some gets all anew."""

from __future__ import annotations

import json
import random
import time
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.watching import folder as watched_folder
from fastgen.watching import watch as watched
from fastgen.watching.folder import Folder
from fastgen.watching.messages import Pace
from fastgen.watching.watch import Watch
from tests.watching.lines import encode, life, put
from tests.watching.pages import Shown, decode
from tests.watching.test_folder import new_stream

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched_folder, "REST", 0)


def rows_of(n: int) -> list[dict[str, Any]]:
    """Make the lives of n orders of two places, in the order of time; some end late, some never."""
    rows = []
    for k in range(n):
        rows += life(f"O{k}", 200 * k, upto=8 if k % 3 else 6, location_id=1 + k % 2)
    for k, row in enumerate(rows):
        if row["event_type"] == "driver_picked_up":
            way = [[37.79, -122.39], [37.79 + k % 7 / 1000, -122.391], [37.792, -122.392]]
            row["body"] = json.dumps({"route_points": way})
    return sorted(rows, key=lambda row: (row["ts"], row["order_id"]))


@settings(deadline=None, max_examples=30, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), n_orders=st.integers(1, 30))
def test_whoever_comes_at_any_time_sees_the_same(seed: int, n_orders: int, tmp_path_factory: Any) -> None:
    rng = random.Random(seed)  # noqa: S311  # no secret
    path = tmp_path_factory.mktemp("any") / "in"
    path.mkdir()
    watch, rows, number = Watch(Folder(path)), rows_of(n_orders), 0
    pages: list[tuple[Shown, int]] = []

    def follow() -> None:
        for k, (page, version) in enumerate(pages):
            changes = watch.tell_since(version)
            assert changes is not None
            for change in changes:
                page.take(decode(change))
            pages[k] = (page, watch.version)

    while rows:
        n = rng.randint(1, 20)
        number += 1
        put(path, number, encode(rows[:n]))
        rows = rows[n:]
        for _ in range(rng.randint(0, 2)):
            version, whole = watch.tell_all()
            page = Shown()
            page.take(decode(whole))
            pages.append((page, version))
        watch.step()
        if rng.random() < 0.7:
            follow()
    watch.step()
    _, whole = watch.tell_all()
    last = Shown()
    follow()
    last.take(decode(whole))
    assert last.state["n_events"] > 0
    assert last.state["counts"][0]["created"] == (n_orders + 1) // 2
    for page, _ in pages:
        assert page.without_empty() == last.without_empty()


def test_a_page_that_has_missed_too_much_gets_all_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watched, "KEPT", 5)
    watch = Watch(Folder(tmp_path / "in"))
    for number in range(1, 8):
        put(tmp_path / "in", number, encode(life(f"O{number}", 60 * number)))
        watch.step()
    assert watch.version == 7
    assert watch.tell_since(7) == []
    assert len(watch.tell_since(2) or ()) == 5
    assert watch.tell_since(1) is None


def test_what_is_kept_for_slow_pages_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "KEPT_BYTES", 20_000)
    watch = Watch(Folder(tmp_path / "in"))
    for number in range(1, 30):
        put(tmp_path / "in", number, encode(row for k in range(5) for row in life(f"{number}.{k}", number)))
        watch.step()
        assert sum(len(message) for _, message in watch._kept) <= 20_000


def test_another_stream_begins_anew_for_all(tmp_path: Path) -> None:
    path = tmp_path / "in"
    new_stream(path)
    watch = Watch(Folder(path))
    put(path, 1, encode(life("A")))
    watch.step()
    version, _ = watch.tell_all()
    path.rename(tmp_path / "old")
    (tmp_path / ".in.fastgen").rename(tmp_path / ".old.fastgen")
    new_stream(path)
    put(path, 1, encode(life("B", upto=1)))
    for _ in range(3):
        watch.step()
    assert watch.tell_since(version) is None
    told = decode(watch.tell_all()[1])
    assert told["counts"][0]["created"] == 1
    assert told["n_events"] == 1


def test_a_folder_that_is_away_is_told(tmp_path: Path) -> None:
    path = tmp_path / "in"
    put(path, 1, encode(life("A")))
    watch = Watch(Folder(path))
    watch.step()
    assert decode(watch.tell_all()[1])["state"] == "receiving"
    path.rename(tmp_path / "away")
    watch._told_at = -10.0
    watch.step()
    assert decode(watch.tell_all()[1])["state"] == "missing"


def test_steps_are_short_however_much_there_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "STEP_S", 0.0)
    put(tmp_path / "in", 1, encode(life("A")))
    watch = Watch(Folder(tmp_path / "in"))
    watch.step()
    assert decode(watch.tell_all()[1])["state"] == "reading"
    monkeypatch.setattr(watched, "STEP_S", 10.0)
    watch.step()
    watch.step()
    told = decode(watch.tell_all()[1])
    assert (told["state"], told["n_events"]) == ("receiving", 8)


def test_rates_are_those_of_the_present(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: now[0])
    path = tmp_path / "in"
    put(path, 1, encode(row for k in range(100) for row in life(f"O{k}", k)))
    watch = Watch(Folder(path))
    for second in range(30):
        now[0] += 1.0
        put(path, 2 + second, encode([life(f"N{second}", 3000 + 60 * second)[0]] * 10))
        watch.step()
    told = decode(watch.tell_all()[1])
    assert told["events_s"] == pytest.approx(10.0, rel=0.1)
    assert told["speed"] == pytest.approx(60.0, rel=0.1)
    assert told["quiet_s"] == 0.0
    now[0] += 40.0
    watch.step()
    watch.step()
    told = decode(watch.tell_all()[1])
    assert told["quiet_s"] == 40.0
    assert told["events_s"] == 0.0


def test_the_writer_of_a_stream_says_how_it_keeps_up(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, encode(life("A")))
    watch = Watch(Folder(tmp_path / "in"), measure_pace=lambda: Pace(3.5, 60.0))
    watch.step()
    told = decode(watch.tell_all()[1])
    assert (told["lag_s"], told["speed"]) == (3.5, 60.0)


def test_late_orders_are_those_that_have_been_open_too_long(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, encode([*life("A", upto=3), *life("B", 1200, upto=3)]))
    for late_after_s, n_late in ((1000.0, 1), (500.0, 2), (2000.0, 0)):
        watch = Watch(Folder(tmp_path / "in"), late_after_s=late_after_s)
        watch.step()
        assert decode(watch.tell_all()[1])["counts"][0]["late"] == n_late


def test_troubles_are_given_once(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, b"no Parquet", "parquet")
    watch = Watch(Folder(tmp_path / "in"))
    (trouble,) = watch.step()
    assert "events-0000000001.parquet: expected a file that can be read" in trouble
    assert watch.step() == []
    assert decode(watch.tell_all()[1])["troubles"] == [trouble]
    for number in range(2, 60):
        put(tmp_path / "in", number, b"no Parquet", "parquet")
        assert len(watch.step()) == 1
