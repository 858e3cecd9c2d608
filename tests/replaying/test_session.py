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
from fastgen.errors import DataError, FastgenError, OutputError, ScenarioError
from fastgen.files import write_whole
from fastgen.replaying import session as session_module
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.session import ReplaySession
from tests.helpers import build_small
from tests.replaying.plain import event_ids, read_lines, wire_lines

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen import Emitted
    from fastgen.dataset.index import DatasetIndex

DAY = 86_400
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


def at(dataset: Path, to: Path, seconds: float = 0, **options: Any) -> Emitted:
    return fastgen.replay(dataset, to, now=NOON + dt.timedelta(seconds=seconds), **options)


def state_of(folder: Path) -> Path:
    return folder / "_fastgen" / "state.json"


def shift_of(index: DatasetIndex, start_day: int) -> int:
    return int(NOON.timestamp()) // DAY * DAY - (index.epoch_s + start_day * DAY)


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
    names = [path.name for path in (tmp_path / "1").iterdir() if path.name != "_fastgen"]
    assert len(names) > 50


def test_files_have_at_most_so_many_rows_and_rising_names(dataset: Path, tmp_path: Path) -> None:
    first = at(dataset, tmp_path, 0, start_day=1, max_rows_per_file=100)
    second = at(dataset, tmp_path, 600, max_rows_per_file=100)
    assert sorted(first.files + second.files) == [*first.files, *second.files]
    counts = [len((tmp_path / name).read_text().splitlines()) for name in first.files]
    assert counts[:-1] == [100] * (len(counts) - 1)
    assert 0 < counts[-1] <= 100
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


# --- states that can't be used ------------------------------------------------------------------------------


def change(path: Path, **values: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda p: p.write_bytes(p.read_bytes()[:100]), "expected a whole state file, got a damaged one"),
        (lambda p: p.write_bytes(b""), "expected a whole state file, got a damaged one"),
        (lambda p: p.write_bytes(b"\xff"), "expected a readable state file"),
        (lambda p: p.write_text("{}"), "expected the state of a replay, got something else"),
        (
            lambda p: change(p, format_version=2),
            "expected format_version 1, got 2: another version",
        ),
        (
            lambda p: change(p, watermark=7),
            r"got a damaged one \(sha256 differs\)",
        ),
        (lambda p: p.unlink(), "expected the state of the replay that has written into .*, got no file"),
    ],
)
def test_states_that_cannot_be_used_emit_nothing(
    damage: Any, message: str, dataset: Path, tmp_path: Path
) -> None:
    at(dataset, tmp_path, start_day=1)
    damage(state_of(tmp_path))
    before = {path: path.stat().st_mtime_ns for path in tmp_path.glob("events-*")}
    with pytest.raises(FastgenError, match=message):
        at(dataset, tmp_path, 60)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("events-*")} == before


def test_state_that_is_lost_is_noticed_without_any_data_left(dataset: Path, tmp_path: Path) -> None:
    """A reader may have consumed and removed every file."""
    emitted = at(dataset, tmp_path, start_day=1)
    for name in emitted.files:
        (tmp_path / name).unlink()
    state_of(tmp_path).unlink()
    with pytest.raises(OutputError, match=r"got no file\. Put it back"):
        at(dataset, tmp_path, 60)


def test_state_of_another_dataset_is_refused(dataset: Path, tmp_path: Path) -> None:
    other = build_small(tmp_path, days=2, scale=0.1, seed=7)
    at(dataset, tmp_path / "out", start_day=1)
    with pytest.raises(ScenarioError, match=r"expected the state of dataset \w{12}, got one of \w{12}\."):
        at(other, tmp_path / "out", 60)


def test_state_goes_with_its_folder(dataset: Path, tmp_path: Path) -> None:
    state = tmp_path / "elsewhere" / "state.json"
    at(dataset, tmp_path / "a", start_day=1, state=state)
    for other in ("b", "c"):
        if other == "c":
            at(dataset, tmp_path / "c", start_day=1)
        with pytest.raises(ScenarioError, match=r"state of a replay into .*, got that of another"):
            at(dataset, tmp_path / other, 60, state=state)
    with pytest.raises(OutputError, match="got no file"):
        at(dataset, tmp_path / "a", 60)
    assert at(dataset, tmp_path / "a", 60, state=state).events
    (tmp_path / "a").rename(tmp_path / "moved")
    assert at(dataset, tmp_path / "moved", 3000, state=state).events


def test_second_replay_is_refused_while_the_first_lives(dataset: Path, tmp_path: Path) -> None:
    with ReplaySession(dataset, tmp_path, None, ReplayOptions(start_day=1)) as session:
        for state in (None, tmp_path / "other.json"):
            with pytest.raises(OutputError, match="expected no other replay at work here, but one is"):
                at(dataset, tmp_path, state=state)
        session.emit(int(NOON.timestamp()) * 1_000_000)
    assert at(dataset, tmp_path, 60).events


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
    with pytest.raises(ScenarioError, match=r"state of a replay into .*, got that of another"):
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


# --- disks that refuse --------------------------------------------------------------------------------------


def test_state_that_cannot_be_written_leaves_the_window_due(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(dataset, tmp_path / "whole", start_day=1)
    at(dataset, tmp_path / "whole", 600)
    at(dataset, tmp_path / "out", start_day=1)
    with monkeypatch.context() as patch:

        def full(path: Path, state: object) -> None:
            raise OutputError(f"{path}: expected to write 600 bytes of {state}, got No space left on device.")

        patch.setattr(session_module, "write_state", full)
        with pytest.raises(OutputError, match="No space left"):
            at(dataset, tmp_path / "out", 300)
    assert at(dataset, tmp_path / "out", 600).events
    assert event_ids(tmp_path / "out") == event_ids(tmp_path / "whole")


def test_folder_below_a_file_is_one_line(dataset: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    for to in ("file", "file/below"):
        with pytest.raises(OutputError, match="expected a folder to write to, got: Not a directory"):
            at(dataset, tmp_path / to)


def test_file_in_the_way_is_not_replaced(dataset: Path, tmp_path: Path) -> None:
    at(dataset, tmp_path, start_day=1)
    write_whole(tmp_path / "events-0000000002.jsonl", b"mine")
    with pytest.raises(OutputError, match="expected no file of that name yet"):
        at(dataset, tmp_path, 600)
    assert (tmp_path / "events-0000000002.jsonl").read_bytes() == b"mine"
    (tmp_path / "events-0000000002.jsonl").unlink()
    assert at(dataset, tmp_path, 600).files == ("events-0000000002.jsonl",)


def test_damaged_data_emits_nothing(dataset: Path, tmp_path: Path) -> None:
    import shutil  # noqa: PLC0415

    shutil.copytree(dataset, tmp_path / "data")
    at(tmp_path / "data", tmp_path / "out", start_day=1)
    for path in (tmp_path / "data").rglob("part-*.parquet"):
        path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(DataError, match="expected a readable event file"):
        at(tmp_path / "data", tmp_path / "out", 600)
    assert len(list((tmp_path / "out").glob("events-*"))) == 1
