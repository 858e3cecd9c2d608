"""Any producer of windows that is killed at any step loses nothing; and into a folder, it repeats nothing."""

from __future__ import annotations

import io
import json
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fastgen.emitting.control import INSIDE, find_control
from fastgen.errors import DamageError, OutputError, ScenarioError
from tests.emitting.toy import CHUNK_ROWS, CHUNKS, MAX_ROWS, Kitchen, read_kitchen
from tests.forking import forking
from tests.replaying.runs import at

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.forking import Forker

WINDOWS = 2
WINDOW_ROWS = CHUNKS * CHUNK_ROWS
KILLED = -signal.SIGKILL


@pytest.fixture(scope="module")
def forker() -> Iterator[Forker]:
    with forking("tests.emitting.toy") as forker:
        yield forker


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """Lines of all windows, emitted in one run."""
    stream = io.BytesIO()
    Kitchen(stream, tmp_path_factory.mktemp("unbroken") / "state.json").run(WINDOWS)
    lines = stream.getvalue().splitlines(keepends=True)
    assert len({json.loads(line)["event_id"] for line in lines}) == WINDOWS * WINDOW_ROWS
    return lines


def files_of(folder: Path) -> dict[str, bytes]:
    """Read the event files, in the order of their names."""
    return {path.name: path.read_bytes() for path in sorted(folder.glob("events-*"))}


@pytest.mark.parametrize("form", ["beside", "inside"])
@pytest.mark.parametrize("n_kills", [1, 3])
def test_folder_gets_each_event_once(
    form: str, n_kills: int, forker: Forker, unbroken: list[bytes], tmp_path: Path
) -> None:
    """Killed before each step of a run, so many times in a row, and then run to the end."""
    step, codes = 0, [KILLED]
    while codes[0] == KILLED:
        step += 1
        out = tmp_path / str(step) / "out"
        if form == "inside":
            (out / INSIDE).mkdir(parents=True)
        seen: dict[str, bytes] = {}
        codes.clear()
        for _ in range(n_kills):
            codes.append(forker.run(within=out.parent, kill_at=step, to=str(out), state=None, until=WINDOWS))
            now_seen = files_of(out)
            assert {name: now_seen[name] for name in seen} == seen
            seen = now_seen
            lines = b"".join(seen.values()).splitlines(keepends=True)
            assert set(lines) <= set(unbroken)
            assert len(set(lines)) == len(lines)
        assert forker.run(within=out.parent, to=str(out), state=None, until=WINDOWS) == 0
        files = files_of(out)
        assert {name: files[name] for name in seen} == seen
        assert b"".join(files.values()).splitlines(keepends=True) == unbroken
        assert [data.count(b"\n") for data in files.values()] == [MAX_ROWS, MAX_ROWS, 1] * WINDOWS
        control = find_control(out)
        assert control.is_inside == (form == "inside")
        assert not list(control.staging.iterdir())
        state = read_kitchen(control.state)
        assert state is not None
        assert (state.windows, sum(state.sent.values())) == (WINDOWS, len(unbroken))
    assert codes[0] == 0
    assert step > 30


@pytest.mark.parametrize("n_kills", [1, 3])
def test_stream_gets_the_last_window_at_most_twice(
    n_kills: int, forker: Forker, unbroken: list[bytes], tmp_path: Path
) -> None:
    """Each run goes on from the last commit: it repeats what a killed one wrote after it, and no more."""
    step, codes = 0, [KILLED]
    while codes[0] == KILLED:
        step += 1
        out, state = tmp_path / str(step) / "stream", tmp_path / str(step) / "state.json"
        out.parent.mkdir()
        n_committed = n_written = 0
        codes.clear()
        for kill_at in [step] * n_kills + [0]:
            task = {"to": str(out), "state": str(state), "until": WINDOWS}
            codes.append(forker.run(within=out.parent, kill_at=kill_at, **task))
            lines = out.read_bytes().splitlines(keepends=True) if out.exists() else []
            fresh, n_written = lines[n_written:], len(lines)
            before, kitchen = n_committed, read_kitchen(state)
            n_committed = 0 if kitchen is None else kitchen.windows
            assert fresh == unbroken[before * WINDOW_ROWS :][: len(fresh)]
            n_beyond = len(fresh) - (n_committed - before) * WINDOW_ROWS
            assert 0 <= n_beyond <= WINDOW_ROWS
        assert (codes[-1], n_committed, n_beyond) == (0, WINDOWS, 0)
    assert codes[0] == 0
    assert step > WINDOWS * WINDOW_ROWS


def contents(folder: Path) -> dict[Path, bytes]:
    """Read all files below a folder that aren't empty: locks are."""
    found = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    return {path: data for path, data in found.items() if data}


def test_state_of_another_sink_is_refused(tmp_path: Path) -> None:
    a, b, stream, state = tmp_path / "a", tmp_path / "b", tmp_path / "stream.json", tmp_path / "a.json"
    Kitchen(a, state).run(1)
    Kitchen(io.BytesIO(), stream).run(1)
    before = contents(tmp_path)
    for to, path in ((b, state), (b, stream), (io.BytesIO(), state)):
        with pytest.raises(ScenarioError, match=r"expected the state of a run into .*, got that of another"):
            Kitchen(to, path).run(2)
    with pytest.raises(OutputError, match=r"the state of the run that has written into .*, got no file"):
        Kitchen(a, None).run(2)
    assert contents(tmp_path) == before
    Kitchen(a, state).run(2)


def test_one_process_at_a_time(tmp_path: Path) -> None:
    class Impatient(Kitchen):
        def _step(self) -> None:
            with pytest.raises(OutputError, match="expected no other run at work here, but one is"):
                Kitchen(tmp_path / "out", None).run(1)

    Impatient(tmp_path / "out", None).run(1)
    Kitchen(tmp_path / "out", None).run(2)
    assert len(files_of(tmp_path / "out")) == 6


def test_producers_leave_the_folders_of_others_alone(dataset: Path, tmp_path: Path) -> None:
    kitchens, replayed = tmp_path / "kitchens", tmp_path / "replayed"
    Kitchen(kitchens, None).run(1)
    at(dataset, replayed, start_day=1)
    before = files_of(kitchens), files_of(replayed)
    with pytest.raises(DamageError, match="expected the state of a replay, got something else"):
        at(dataset, kitchens, 60)
    with pytest.raises(DamageError, match="expected the state of a kitchen, got something else"):
        Kitchen(replayed, None).run(1)
    assert (files_of(kitchens), files_of(replayed)) == before


def test_producer_needs_nothing_of_replays_nor_the_kernels() -> None:
    code = "import sys, tests.emitting.toy; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "fastgen.emitting.emission" in modules
    assert not [
        name for name in modules if name.startswith(("fastgen.replaying", "numba", "fastgen.dataset"))
    ]
