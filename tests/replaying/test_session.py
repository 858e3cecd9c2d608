"""Runs one after another: history, windows, and everything that must not pass in silence."""

from __future__ import annotations

import datetime as dt
import gzip
import io
import json
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest

import fastgen
from fastgen.errors import ScenarioError
from fastgen.replaying.options import ReplayOptions
from tests.replaying.runs import DAY, NOON, at, shift_of, state_of
from tests.wire.reference import read_lines, wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex


def test_history_then_windows_are_plain_pythons(dataset: Path, index: DatasetIndex, tmp_path: Path) -> None:
    runs = [at(dataset, tmp_path, s, start_day=1 if s == 0 else None) for s in (0, 100, 100, 400, 3600)]
    assert [run.first_run for run in runs] == [True, False, False, False, False]
    assert runs[2].window is None
    end_s = index.epoch_s + DAY + 12 * 3600 + 3600 * 60 + 1
    expected = wire_lines(dataset, index.epoch_s, end_s, shift_of(index, 1), loops=3)
    assert list(read_lines(tmp_path)) == expected
    assert sum(run.events for run in runs) == len(expected)
    assert any("-L1" in json.loads(line)["order_id"] for line in expected)


def test_many_runs_are_one_run_byte_for_byte(dataset: Path, tmp_path: Path) -> None:
    for number, steps in enumerate(([0, 7200], [0, *range(60, 7201, 60)])):
        for s in steps:
            at(dataset, tmp_path / str(number), s, start_day=1)
    one, many = ("".join(read_lines(tmp_path / name)) for name in "01")
    assert one == many
    names = [path.name for path in (tmp_path / "1").iterdir() if path.is_file()]
    assert len(names) > 50


def test_files_have_at_most_so_many_rows_and_rising_names(dataset: Path, tmp_path: Path) -> None:
    first = at(dataset, tmp_path, 0, start_day=1, max_rows_per_file=100)
    second = at(dataset, tmp_path, 600, max_rows_per_file=100)
    assert sorted(first.files + second.files) == [*first.files, *second.files]
    counts = [len((tmp_path / name).read_text().splitlines()) for name in first.files]
    assert counts[:-1] == [100] * (len(counts) - 1)
    assert 0 < counts[-1] <= 100
    third = at(dataset, tmp_path, 1200, max_rows_per_file=10**30)
    assert len(third.files) == 1
    sizes = sum((tmp_path / name).stat().st_size for name in first.files)
    assert sizes == first.bytes


@pytest.mark.parametrize("form", ["jsonl.gz", "parquet"])
def test_other_formats_hold_the_same_rows(form: str, dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path / "plain", start_day=1)
    emitted = at(dataset, tmp_path / form, start_day=1, format=form, max_rows_per_file=700)
    rows = []
    for name in emitted.files:
        assert name.endswith(f".{form}")
        path = tmp_path / form / name
        if form == "parquet":
            rows += pq.read_table(path).to_pylist()
        else:
            rows += [json.loads(line) for line in gzip.decompress(path.read_bytes()).splitlines()]
    assert rows == [json.loads(line) for line in read_lines(tmp_path / "plain")]


def test_without_loops_it_ends_at_the_true_last_event(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path, 0, start_day=1, loop=False)
    last = at(dataset, tmp_path, 100 * DAY)
    assert last.clock.is_over(last.watermark)
    assert at(dataset, tmp_path, 200 * DAY).window is None
    rows = [json.loads(line) for line in read_lines(tmp_path)]
    assert len(rows) == fastgen.scan_events(dataset).collect().height
    assert not [row for row in rows if "-L" in row["order_id"]]


def test_empty_windows_make_no_file(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path, start_day=0, speed=1)
    seen = {at(dataset, tmp_path, 2 * s).files for s in range(1, 20)}
    assert () in seen
    assert all(path.stat().st_size for path in tmp_path.glob("events-*"))


def test_clock_that_jumps_back_loses_nothing(dataset: Path, index: DatasetIndex, tmp_path: Path) -> None:
    for s in (0, 600, -9000, 300, 599, 900):
        emitted = at(dataset, tmp_path, s, start_day=1 if s == 0 else None)
        assert (emitted.window is None) == (s in (-9000, 300, 599))
    end_s = index.epoch_s + DAY + 12 * 3600 + 900 * 60 + 1
    expected = wire_lines(dataset, index.epoch_s, end_s, shift_of(index, 1), loops=2)
    assert list(read_lines(tmp_path)) == expected


def test_dry_run_says_what_a_run_does_and_touches_nothing(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    foreseen = at(dataset, out, dry_run=True, start_day=1)
    assert not out.exists()
    assert foreseen.window == at(dataset, out, start_day=1).window
    before = state_of(out).read_bytes()
    foreseen = at(dataset, out, 60, dry_run=True)
    assert state_of(out).read_bytes() == before
    assert foreseen.window == at(dataset, out, 60).window


def test_rebase_goes_on_without_a_jump(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path, start_day=1, speed=60)
    with pytest.raises(ScenarioError, match=r"speed: expected 60, .* got 1/2\. With --rebase it goes on"):
        at(dataset, tmp_path, 60, speed="0.5")
    kept = at(dataset, tmp_path, 60, speed="0.5", rebase=True)
    after = at(dataset, tmp_path, 1060)
    assert kept.window is not None
    assert after.window is not None
    assert kept.window.end_s - kept.window.start_s == 3600
    assert after.window == (kept.window.end_s, kept.window.end_s + 500)
    assert after.clock.shift_s == kept.clock.shift_s


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"start_day": 0}, r"start_day: expected 1, as the replay in .* began, got 0\. Start another replay"),
        ({"loop": False}, r"loop: expected True, .* got False"),
        ({"locations": ["sf"]}, r"locations: expected all, .* got 1\."),
        ({"types": ["delivered", "gk_ready"]}, r"types: expected all, .* got 4, 8\."),
        (
            {"locations": ["mars"]},
            r"locations: expected codes or ids among sf \(1\), .* got 'mars'",
        ),
        ({"types": ["ping"]}, "types: expected names among order_created, .*, got 'ping'"),
        ({"format": "csv"}, "format: expected one of jsonl, jsonl.gz, parquet, got 'csv'"),
        ({"max_rows_per_file": 0}, "max_rows_per_file: expected at least 1, got 0"),
        ({"speed": "fast"}, "speed: expected a number"),
    ],
)
def test_other_settings_than_the_states_are_refused(
    options: dict[str, Any], message: str, dataset: Path, tmp_path: Path
) -> None:
    at(dataset, tmp_path, start_day=1)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(ScenarioError, match=message):
        at(dataset, tmp_path, 60, **options)
    assert sorted(tmp_path.rglob("*")) == before
    assert at(dataset, tmp_path, 60, start_day=1, speed=60, loop=True, locations=["1", "chicago"]).events


def test_selection_is_part_of_the_state(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path, start_day=1, locations=["chicago"], types=["delivered"])
    at(dataset, tmp_path, 60 * 60)
    rows = [json.loads(line) for line in read_lines(tmp_path)]
    assert {(row["location_id"], row["event_type"]) for row in rows} == {(4, "delivered")}


# --- streams ------------------------------------------------------------------------------------------------


def test_stream_gets_the_same_bytes_and_its_state_is_kept(dataset: Path, tmp_path: Path) -> None:
    stream = io.BytesIO()
    for s in (0, 60, 600):
        at(dataset, tmp_path / "folder", s, start_day=1 if s == 0 else None)
        fastgen.replay(
            dataset,
            stream,
            state=tmp_path / "stream.json",
            now=NOON + dt.timedelta(seconds=s),
            start_day=1,
        )
    assert stream.getvalue().decode() == "".join(read_lines(tmp_path / "folder"))
    with pytest.raises(ScenarioError, match=r"state of a run into .*, got that of another"):
        at(dataset, tmp_path / "folder2", state=tmp_path / "stream.json")
    with pytest.raises(ScenarioError, match="state: expected a state file"):
        fastgen.replay(dataset, stream)


def test_stream_that_breaks_leaves_the_window_due(dataset: Path, tmp_path: Path) -> None:
    class Breaks(io.BytesIO):
        def flush(self) -> None:
            raise BrokenPipeError

    state = tmp_path / "stream.json"
    with pytest.raises(BrokenPipeError):
        fastgen.replay(dataset, Breaks(), state=state, now=NOON, start_day=1)
    assert not state.exists()
    stream = io.BytesIO()
    assert fastgen.replay(dataset, stream, state=state, now=NOON, start_day=1).first_run
    assert stream.getvalue()


# --- following ----------------------------------------------------------------------------------------------


def test_follow_emits_what_single_runs_would(dataset: Path, index: DatasetIndex, tmp_path: Path) -> None:
    times = iter(int(NOON.timestamp() + s) * 1_000_000 for s in (0, 60, 120, 120, 90, 9000, 10**8))
    options = ReplayOptions(start_day=1, loop=False)
    runs = list(fastgen.follow(dataset, tmp_path, every_s=0.001, options=options, clock=lambda: next(times)))
    assert [run.window is None for run in runs] == [False, False, False, True, True, False]
    assert runs[-1].clock.is_over(runs[-1].watermark)
    expected = wire_lines(dataset, index.epoch_s, index.end_s, shift_of(index, 1))
    assert list(read_lines(tmp_path)) == expected


@pytest.mark.parametrize("length", [244, 250, 251, 255])
def test_state_may_have_a_name_of_any_length(length: int, dataset: Path, tmp_path: Path) -> None:
    state = tmp_path / "states" / ("x" * length)
    assert at(dataset, tmp_path / "out", 0, start_day=1, state=state).events
    assert at(dataset, tmp_path / "out", 600, state=state).window is not None
    assert state in state.parent.iterdir()
    assert len(list(state.parent.iterdir())) == 2  # and its lock
