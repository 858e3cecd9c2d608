"""Files of CloudEvents are whole: by day or in one, of a stopped run, beside what was there before."""

from __future__ import annotations

import datetime as dt
import json
import re
import resource
import signal
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen.errors import OutputError, ScenarioError
from fastgen.universes import cloud_event_files
from fastgen.universes.cloud_event_files import check_target
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from tests.universes.eventful import EPOCH, Event, write
from tests.universes.small_universe import write_universe
from tests.universes.tables import DAYS, Run

if TYPE_CHECKING:
    from pathlib import Path


def test_a_folder_has_the_same_lines_by_day_and_pieces_change_nothing(
    eventful: list[Run], lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cloud_event_files, "_ROWS", 300)
    (tmp_path / "events").mkdir()
    (tmp_path / "events" / "2001-01-01.jsonl").write_text("of another run\n")
    assert write(eventful, tmp_path / "events") == len(lines)
    files = sorted((tmp_path / "events").iterdir())
    assert [path.name for path in files] == [f"2024-03-{8 + i:02d}.jsonl" for i in range(DAYS + 1)]
    written = {path.name: path.read_text(encoding="utf-8").splitlines() for path in files}
    assert [line for day in written.values() for line in day] == lines
    for name, of_day in written.items():
        assert all(json.loads(line)["time"][:10] == name[:10] for line in of_day)


def test_a_stopped_run_has_no_later_events(eventful: list[Run], events: list[Event], tmp_path: Path) -> None:
    until = EPOCH + dt.timedelta(days=2, hours=3, microseconds=1)
    n = write(eventful, tmp_path / "some.jsonl", until)
    before = [event for event in events if dt.datetime.fromisoformat(event["time"]) < until]
    found = [json.loads(line) for line in (tmp_path / "some.jsonl").read_text("utf-8").splitlines()]
    assert found == before
    assert 0 < n < len(events)


def test_a_failed_write_leaves_what_was_there(
    eventful: list[Run], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in (tmp_path / "file.jsonl", tmp_path / "folder"):
        write(eventful, target)
        before = {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")}
        with monkeypatch.context() as patch:
            patch.setattr(cloud_event_files, "_write", lambda *_: 1 / 0)
            with pytest.raises(ZeroDivisionError):
                write(eventful, target)
        assert {path: path.read_bytes() for path in tmp_path.rglob("*.jsonl")} == before
        assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_full_disk_is_named(eventful: list[Run], tmp_path: Path) -> None:
    """A limit on the size of files is a disk that is full as soon as that many bytes are written."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, limits[1]))
        with pytest.raises(OutputError, match=r"expected to write events, got: File too large") as found:
            write(eventful, tmp_path / "file.jsonl")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
        signal.signal(signal.SIGXFSZ, ignored)
    assert "\n" not in str(found.value)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("other", OutputError, "a new folder, or one of events alone, got one with notes.txt"),
        ("none/events.jsonl", OutputError, "none/events.jsonl: expected to write the events"),
        ("dataset/events.jsonl", ScenarioError, "expected a place apart from the dataset"),
        ("dataset/events", ScenarioError, "expected a place apart from the dataset"),
        ("", ScenarioError, "expected a place apart from the dataset"),
    ],
)
def test_impossible_places_are_refused(
    tmp_path: Path, name: str, error: type[Exception], message: str
) -> None:
    for folder in ("dataset", "other"):
        (tmp_path / folder).mkdir()
    (tmp_path / "other" / "notes.txt").touch()
    with pytest.raises(error, match=re.escape(message)):
        check_target(tmp_path / name, tmp_path / "dataset")


def test_a_run_writes_its_events(tmp_path: Path) -> None:
    templates, roads = write_universe(tmp_path, sf={})
    options = RunOptions(days=1, roads=roads, cloud_events=tmp_path / "events.jsonl")
    for _ in range(2):  # the same command again, too
        result = run_universe(templates, tmp_path / "dataset", options, force=True)
        found = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text("utf-8").splitlines()]
        created = [event for event in found if event["type"] == "fastgen.orders.created"]
        assert len(created) == result.manifest.orders > 10
        (tmp_path / "events.jsonl").unlink()
    ids = pl.read_parquet(tmp_path / "dataset" / "events.parquet")["order_id"]
    assert {event["data"]["order_id"] for event in created} == set(ids)


def test_a_folder_of_any_name_gives_the_same(tmp_path: Path) -> None:
    """Readers of Parquet take some names for patterns, or for columns."""
    templates, roads = write_universe(tmp_path, sf={"population": {"customers": 20}})
    found = []
    for name in ("plain", "[x]*?", "site=other", "file:x"):
        events = tmp_path / name / "events.jsonl"
        events.parent.mkdir()
        options = RunOptions(days=1, roads=roads, cloud_events=events)
        run_universe(templates, tmp_path / name / "out", options, force=True)
        found.append(events.read_bytes())
    assert found[0]
    assert found == [found[0]] * 4
