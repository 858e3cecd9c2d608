"""Replays with faults: the same whatever the windows and restarts; their ledger is always complete."""

from __future__ import annotations

import datetime as dt
import errno
import io
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

import fastgen
from fastgen.emitting.control import find_control
from fastgen.errors import DataError, OutputError, ScenarioError
from fastgen.faults.kinds import DELAYING
from fastgen.faults.undo import undo_faults
from fastgen.replaying.clock import us_from_utc
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.run import follow
from fastgen.replaying.session import ReplaySession
from tests.faults.streams import MIXED, faults_text, lines_of, without_places

if TYPE_CHECKING:
    from pathlib import Path

NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)
START_US = us_from_utc(NOON)
MINUTE_US = 60_000_000


@pytest.fixture(scope="module")
def faults(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write a faults file with faults of all sorts, most of which hold rows back."""
    path = tmp_path_factory.mktemp("mixed") / "faults.toml"
    path.write_text(faults_text(*MIXED), encoding="utf-8")
    return path


def replay(dataset: Path, to: Path, minutes: float, faults: Path | None, **options: Any) -> fastgen.Emitted:
    """Replay into a folder, with the ledger beside it."""
    now = NOON + dt.timedelta(minutes=minutes)
    ledger = None if faults is None else to.with_suffix(".parquet")
    return fastgen.replay(
        dataset,
        to,
        start_day=1,
        speed=600,
        now=now,
        faults=faults,
        ledger=ledger,
        max_rows_per_file=700,
        **options,
    )


def test_windows_and_restarts_change_nothing(dataset: Path, faults: Path, tmp_path: Path) -> None:
    """One window, many of one process, many runs: the same lines in the same order, and one ledger."""
    whole, runs, followed = tmp_path / "whole", tmp_path / "runs", tmp_path / "followed"
    minutes = [0, 0.5, 1, 2, 4, 4.1, 8, 15]
    for folder, times in ((whole, (0, 15)), (runs, minutes)):
        for minute in times:
            replay(dataset, folder, minute, faults)
    clock = iter([START_US + int(minute * MINUTE_US) for minute in minutes])
    options = ReplayOptions(
        start_day=1, speed=600, max_rows_per_file=700, faults=faults, ledger=tmp_path / "followed.parquet"
    )
    emitted = follow(dataset, followed, every_s=0.001, options=options, clock=lambda: next(clock))
    for _ in minutes:
        next(emitted)
    emitted.close()  # type: ignore[attr-defined]  # it is a generator
    assert len(lines_of(whole)) > 1000
    assert lines_of(whole) == lines_of(runs) == lines_of(followed)
    ledgers = [without_places(folder.with_suffix(".parquet")) for folder in (whole, runs, followed)]
    assert ledgers[0].equals(ledgers[1])
    assert ledgers[0].equals(ledgers[2])
    assert set(ledgers[0]["kind"]) == {fault["kind"] for fault in MIXED}
    assert pl.read_parquet(tmp_path / "runs.parquet").equals(pl.read_parquet(tmp_path / "followed.parquet"))
    undone = [undo_faults(folder, folder.with_suffix(".parquet")) for folder in (whole, runs, followed)]
    assert undone[0] == undone[1] == undone[2]


def test_ledger_makes_the_clean_stream_so_far_after_each_run(
    dataset: Path, faults: Path, tmp_path: Path
) -> None:
    """Rows that are held back are in the ledger, and those that come later are no more held back."""
    n_held = []
    for minute in (0, 1, 5, 6, 6, 12):
        replay(dataset, tmp_path / "broken", minute, faults)
        replay(dataset, tmp_path / "clean", minute, None)
        assert undo_faults(tmp_path / "broken", tmp_path / "broken.parquet") == lines_of(tmp_path / "clean")
        ledger = pl.read_parquet(tmp_path / "broken.parquet")
        dropped = ledger.filter(pl.col("kind") == "lost").select("event_id", "copy")
        held = ledger.filter(pl.col("file").is_null()).join(dropped, on=["event_id", "copy"], how="anti")
        n_held.append(held.height)
    assert min(n_held) > 5


def test_ledger_can_be_asked_for_later(dataset: Path, faults: Path, tmp_path: Path) -> None:
    out, ledger = tmp_path / "out", tmp_path / "later.parquet"
    for minute in (0, 5):
        fastgen.replay(dataset, out, start_day=1, now=NOON + dt.timedelta(minutes=minute), faults=faults)
    assert not ledger.exists()
    # Nothing is due in this run.
    emitted = fastgen.replay(dataset, out, now=NOON + dt.timedelta(minutes=5), faults=faults, ledger=ledger)
    assert emitted.window is None
    assert undo_faults(out, ledger)


def test_last_run_without_loops_emits_what_is_held_back(
    dataset: Path, faults: Path, clean: list[bytes], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    for minute in (0, 10_000, 20_000):
        emitted = replay(dataset, out, minute, faults, loop=False)
    assert emitted.window is None
    ledger = pl.read_parquet(tmp_path / "out.parquet")
    dropped = ledger.filter(pl.col("kind") == "lost").select("event_id", "copy")
    left = ledger.join(dropped, on=["event_id", "copy"], how="anti")
    assert left.filter(pl.col("file").is_null()).is_empty()
    assert len(undo_faults(out, tmp_path / "out.parquet")) == len(clean)
    n_copies = left.filter(pl.col("kind") == "duplicate").height
    n_lost = dropped.filter(pl.col("copy") == 0).height
    assert len(lines_of(out)) == len(clean) + n_copies - n_lost


def test_loops_have_faults_of_their_own(dataset: Path, faults: Path, tmp_path: Path) -> None:
    replay(dataset, tmp_path / "broken", 0, faults)
    replay(dataset, tmp_path / "broken", 8, faults)
    replay(dataset, tmp_path / "clean", 0, None)
    replay(dataset, tmp_path / "clean", 8, None)
    clean = lines_of(tmp_path / "clean")
    assert any(b"-L1" in line for line in clean)
    assert undo_faults(tmp_path / "broken", tmp_path / "broken.parquet") == clean


def test_gzip_and_streams_have_the_same_rows(dataset: Path, faults: Path, tmp_path: Path) -> None:
    replay(dataset, tmp_path / "plain", 0, faults)
    replay(dataset, tmp_path / "packed", 0, faults, format="jsonl.gz")
    stream = io.BytesIO()
    options: dict[str, Any] = {"start_day": 1, "speed": 600, "now": NOON, "faults": faults}
    ledger, state = tmp_path / "stream.parquet", tmp_path / "state.json"
    fastgen.replay(dataset, stream, state=state, ledger=ledger, **options)
    assert stream.getvalue() == b"".join(lines_of(tmp_path / "plain"))
    packed, plain = (undo_faults(tmp_path / n, tmp_path / f"{n}.parquet") for n in ("packed", "plain"))
    assert packed == plain
    assert without_places(ledger).equals(without_places(tmp_path / "plain.parquet"))


def test_other_faults_in_mid_stream_are_refused(dataset: Path, faults: Path, tmp_path: Path) -> None:
    out, other = tmp_path / "out", tmp_path / "other.toml"
    other.write_text(faults_text(*MIXED, seed=8))
    replay(dataset, out, 0, faults)
    before = lines_of(out)
    for given, named in ((other, "the faults file with digest"), (None, "no faults")):
        with pytest.raises(
            ScenarioError, match=rf"^faults: expected the faults file with digest .*, got {named}"
        ):
            replay(dataset, out, 5, given)
    clean = tmp_path / "clean"
    replay(dataset, clean, 0, None)
    assert '"faults"' not in find_control(clean).state.read_text()
    with pytest.raises(ScenarioError, match=r"^faults: expected no faults, as the replay in .* began, got"):
        replay(dataset, clean, 5, faults)
    assert lines_of(out) == before


def test_ledger_is_refused_where_it_would_do_harm(dataset: Path, faults: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for ledger in (out / "ledger.parquet", out, dataset / "manifest.json", find_control(out).state, faults):
        with pytest.raises(ScenarioError, match=r"^ledger: expected a (file|place) apart from"):
            fastgen.replay(dataset, out, faults=faults, ledger=ledger)
    with pytest.raises(ScenarioError, match=r"ledger: expected faults beside it, got none"):
        fastgen.replay(dataset, out, ledger=tmp_path / "l.parquet")
    with pytest.raises(OutputError, match=r"expected to write the ledger, got No such file"):
        fastgen.replay(dataset, out, faults=faults, ledger=tmp_path / "no" / "l.parquet")
    assert not (out / "ledger.parquet").exists()


def test_undo_refuses_what_does_not_belong_together(dataset: Path, faults: Path, tmp_path: Path) -> None:
    replay(dataset, tmp_path / "a", 0, faults)
    replay(dataset, tmp_path / "b", 0, None)
    ledger = tmp_path / "a.parquet"
    with pytest.raises(DataError, match=r"expected what fault .* made of it, got another line"):
        undo_faults(tmp_path / "b", ledger)
    (tmp_path / "a" / "events-0000000001.jsonl").unlink()
    with pytest.raises(
        DataError, match=r"expected line .* of events-0000000001.jsonl, which the ledger names"
    ):
        undo_faults(tmp_path / "a", ledger)
    for wrong in (tmp_path / "none", dataset / "brands.parquet", faults):
        with pytest.raises(DataError, match=r"expected a ledger of faults, got"):
            undo_faults(tmp_path / "a", wrong)


def test_window_that_fails_is_due_again_in_the_same_session(
    dataset: Path, faults: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the failed one has written of the ledger counts for nothing."""
    options = ReplayOptions(start_day=1, speed=600, faults=faults, ledger=tmp_path / "broken.parquet")
    minutes = (0, 4, 9)
    with ReplaySession(dataset, tmp_path / "broken", None, options) as session:
        session.emit(START_US)
        with monkeypatch.context() as patch:
            patch.setattr("fastgen.emitting.staging.os.fsync", refuse)
            with pytest.raises(OutputError, match=r"expected to write to the folder, got: No space left"):
                session.emit(START_US + minutes[1] * MINUTE_US)
        session.emit(START_US + minutes[2] * MINUTE_US)
    for minute in (minutes[0], minutes[2]):
        fastgen.replay(
            dataset, tmp_path / "clean", start_day=1, speed=600, now=NOON + dt.timedelta(minutes=minute)
        )
    assert undo_faults(tmp_path / "broken", tmp_path / "broken.parquet") == lines_of(tmp_path / "clean")


def refuse(_descriptor: int) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def test_faults_that_delay_are_in_the_mixture() -> None:
    """Rows that are held back are undone from the ledger alone: each kind of them has to be tried."""
    assert {fault["kind"] for fault in MIXED} >= DELAYING
