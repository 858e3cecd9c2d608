"""A state that can't be used, or a disk that refuses, is one line; what was due stays due."""

from __future__ import annotations

import dataclasses
import json
from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.dataset.index import read_index
from fastgen.errors import DamageError, FastgenError, OutputError, ScenarioError
from fastgen.files import write_whole
from fastgen.replaying import session as session_module
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.session import ReplaySession
from fastgen.replaying.state import read_replay_state
from fastgen.replaying.state_checks import check_may_be_of
from tests.helpers import build_small
from tests.replaying.runs import DAY, NOON, at, state_of
from tests.wire.reference import event_ids

if TYPE_CHECKING:
    from pathlib import Path


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
        (lambda p: p.unlink(), "expected the state of the run that has written into .*, got no file"),
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


@pytest.mark.parametrize("content", [b"", b"{", b"{}", b"[]", b"null", b"\xff", b"[" * 10_000])
def test_damaged_states_exit_with_1_and_name_the_way_out(
    content: bytes, dataset: Path, tmp_path: Path
) -> None:
    at(dataset, tmp_path, start_day=1)
    state_of(tmp_path).write_bytes(content)
    with pytest.raises(
        DamageError, match=r"begin anew: remove it and what the replay has written\.$"
    ) as refused:
        at(dataset, tmp_path, 60)
    assert refused.value.exit_code == 1
    assert str(refused.value).startswith(f"{state_of(tmp_path)}: expected ")


def test_a_folder_that_is_gone_or_moved_exits_with_1_wherever_it_is_looked_for(
    dataset: Path, tmp_path: Path
) -> None:
    at(dataset, tmp_path / "landing", start_day=1)
    (tmp_path / "landing").rename(tmp_path / "moved")
    for folder in (tmp_path / "landing", tmp_path / "moved"):
        with pytest.raises(FastgenError) as refused:
            at(dataset, folder, 60)
        assert refused.value.exit_code == 1, str(refused.value)


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
        with pytest.raises(ScenarioError, match=r"state of a run into .*, got that of another"):
            at(dataset, tmp_path / other, 60, state=state)
    with pytest.raises(OutputError, match="got no file"):
        at(dataset, tmp_path / "a", 60)
    assert at(dataset, tmp_path / "a", 60, state=state).events


def test_second_replay_is_refused_while_the_first_lives(dataset: Path, tmp_path: Path) -> None:
    with ReplaySession(dataset, tmp_path, None, ReplayOptions(start_day=1)) as session:
        for state in (None, tmp_path / "other.json"):
            with pytest.raises(OutputError, match="expected no other run at work here, but one is"):
                at(dataset, tmp_path, state=state)
        session.emit(int(NOON.timestamp()) * 1_000_000)
    assert at(dataset, tmp_path, 60).events


def test_state_that_cannot_be_written_leaves_the_window_due(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at(dataset, tmp_path / "whole", start_day=1)
    at(dataset, tmp_path / "whole", 600)
    at(dataset, tmp_path / "out", start_day=1)
    with monkeypatch.context() as patch:

        def full(path: Path, state: object) -> None:
            raise OutputError(f"{path}: expected to write 600 bytes of {state}, got No space left on device.")

        patch.setattr(session_module, "write_replay_state", full)
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
    with pytest.raises(DamageError, match=r"expected .* bytes as the manifest states, got 500"):
        at(tmp_path / "data", tmp_path / "out", 600)
    assert len(list((tmp_path / "out").glob("events-*"))) == 1


@pytest.mark.parametrize("rebased", [False, True])
@pytest.mark.parametrize(
    ("other", "is_refused"),
    [
        ({}, False),
        ({"digest": "0" * 64}, False),  # of another seed: only the digest shows it
        ({"days": 9, "codes": {1: "sf", 2: "sv"}}, False),
        ({"days": 1}, True),
        ({"codes": {4: "chicago"}}, True),
    ],
)
def test_state_of_another_dataset_is_known_without_a_digest(
    other: dict[str, Any],
    is_refused: bool,  # noqa: FBT001  # pytest passes it by name
    rebased: bool,  # noqa: FBT001  # as above
    utc_dataset: Path,
    tmp_path: Path,
) -> None:
    """At another speed the clock counts from elsewhere, and no longer shows the start date."""
    options: dict[str, Any] = {"start_day": 2, "locations": ["sf"], "types": ["delivered"]}
    at(utc_dataset, tmp_path, **options)
    if rebased:
        at(utc_dataset, tmp_path, 60, speed=7, rebase=True)
    state = read_replay_state(state_of(tmp_path))
    assert state is not None
    state = dataclasses.replace(state, locations=(1,))  # a selection of all is stored as none
    right = read_index(utc_dataset)
    index = dataclasses.replace(right, **other)
    with pytest.raises(ScenarioError, match="this one's days") if is_refused else nullcontext():
        check_may_be_of(state, index, tmp_path)
    later = dataclasses.replace(right, epoch_s=right.epoch_s + DAY)
    with nullcontext() if rebased else pytest.raises(ScenarioError, match="this one's days"):
        check_may_be_of(state, later, tmp_path)
