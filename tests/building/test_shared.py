"""Parts made by processes that know nothing of each other join to the dataset that one process makes.

Attempts meet in pairs, come too late, die, or find another plan; none may disturb another, or the dataset.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import OutputError, build
from fastgen.building import shared
from fastgen.building.receipts import RUN, end_runs
from fastgen.building.shared import Attempt, Ticket, build_part, check_in, open_run
from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.inputs.tables import write_tables
from tests.building.six_files import SIX_FILES, assert_whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.building.job import Job
    from fastgen.building.part import PartResult
    from fastgen.dataset.manifest import Manifest

ROOT = Path(__file__).parent.parent.parent
# Every process waits until all are there: then all make the same files at once.
MAKER = """
import json, sys, time
from pathlib import Path
from fastgen.building.shared import Ticket, build_part
ticket, numbers, name, n_processes = Ticket(*json.loads(sys.argv[1])), json.loads(sys.argv[2]), *sys.argv[3:]
Path(ticket.folder, f"{name}.there").touch()
while len(list(Path(ticket.folder).glob("*.there"))) < int(n_processes):
    time.sleep(0.001)
for number in numbers:
    made = build_part(ticket, number)
    print(json.dumps([made.number, made.name, made.receipt.decode()]))
"""


@pytest.fixture(scope="module")
def manifest(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    return build(tmp_path_factory.mktemp("local"), roads=roads, workers=1, **SIX_FILES).manifest


def make_in_processes(job: Job, *, shares: list[list[int]], taken: list[int]) -> list[PartResult]:
    """Make files in processes at once, each some numbers; take in the attempts of some of the processes."""
    write_tables(job.plan.dims, job.work)
    with open_run(job) as ticket:
        processes = [
            subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    MAKER,
                    json.dumps(ticket),
                    json.dumps(share),
                    str(i),
                    str(len(shares)),
                ],
                stdout=subprocess.PIPE,
                cwd=ROOT,
                text=True,
            )
            for i, share in enumerate(shares)
        ]
        told = [process.communicate()[0].splitlines() for process in processes]
    assert [process.returncode for process in processes] == [0] * len(shares)
    assert [len(lines) for lines in told] == [len(share) for share in shares]
    rows = [json.loads(line) for i in taken for line in told[i]]
    return check_in(job, ticket, [Attempt(number, name, receipt.encode()) for number, name, receipt in rows])


def test_parts_built_separately_and_joined(
    join: Callable[..., Manifest], manifest: Manifest, tmp_path: Path
) -> None:
    shares = [[0, 5], [1, 4], [2, 3]]
    join(partial(make_in_processes, shares=shares, taken=[0, 1, 2]))
    assert_whole(tmp_path / "out", manifest)


@pytest.mark.parametrize("winner", [0, 1])
def test_two_attempts_at_once_do_not_meet(
    winner: int, join: Callable[..., Manifest], manifest: Manifest, tmp_path: Path
) -> None:
    everything = list(range(6))
    join(partial(make_in_processes, shares=[everything, everything], taken=[winner]))
    assert_whole(tmp_path / "out", manifest)


def make_here(job: Job, ticket: Ticket) -> list[Attempt]:
    write_tables(job.plan.dims, job.work)
    return [build_part(ticket, number) for number in range(len(job.files))]


def test_attempt_that_outlives_its_build_changes_nothing(
    join: Callable[..., Manifest], manifest: Manifest, tmp_path: Path
) -> None:
    tickets: list[Ticket] = []

    def engine(job: Job) -> list[PartResult]:
        with open_run(job) as ticket:
            made = make_here(job, ticket)
        tickets.append(ticket)
        with pytest.raises(OutputError, match="No such file or directory"):
            build_part(ticket, 0)
        return check_in(job, ticket, made)

    join(engine)
    with pytest.raises(OutputError, match="No such file or directory"):
        build_part(tickets[0], 1)  # its plan is loaded; the folder is gone
    shared._load.cache_clear()
    with pytest.raises(OutputError, match="expected a build at work in a folder that every executor sees"):
        build_part(tickets[0], 1)
    assert_whole(tmp_path / "out", manifest)


def test_attempt_ended_in_the_middle_of_a_file_changes_nothing(
    join: Callable[..., Manifest], manifest: Manifest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run ends after the attempt's last byte, before the file has its name; then before its receipt."""

    def engine(job: Job) -> list[PartResult]:
        for place, name in ((os, "fsync"), (shared, "write_whole")):
            with open_run(job) as ticket:
                build_part(ticket, 1)
                real = getattr(place, name)

                def end_first(*args: Any, _real: Any = real, **options: Any) -> Any:
                    end_runs(job.work)
                    return _real(*args, **options)

                with monkeypatch.context() as patch:
                    patch.setattr(place, name, end_first)
                    with pytest.raises(OutputError):
                        build_part(ticket, 0)
        with open_run(job) as ticket:
            made = make_here(job, ticket)
        return check_in(job, ticket, made)

    join(engine)
    assert_whole(tmp_path / "out", manifest)


# --- killed drivers -----------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


def die_after(job: Job, *, numbers: list[int], ended: bool) -> list[PartResult]:
    """Make some files, and die with the run open, or while it is checked in."""
    context = open_run(job)
    ticket = context.__enter__()
    made = [build_part(ticket, number) for number in numbers]
    Path(ticket.folder, "000009-x.json").write_text("{}")
    Path(ticket.folder, ".000009-x.parquet.tmp").touch()
    if ended:
        end_runs(job.work)
        ended_folder = shared._ended(Path(ticket.folder))
        # The first file is in its place already, its receipt not yet.
        place = job.work / job.files[numbers[0]].path
        place.parent.mkdir(parents=True, exist_ok=True)
        (ended_folder / f"{made[0].name}.parquet").replace(place)
    raise Killed


@pytest.mark.parametrize("ended", [False, True])
def test_finished_files_of_a_killed_driver_are_adopted(
    ended: bool,  # noqa: FBT001  # a parameter of the test
    join: Callable[..., Manifest],
    roads: Path,
    manifest: Manifest,
    tmp_path: Path,
) -> None:
    with pytest.raises(Killed):
        join(partial(die_after, numbers=[0, 2, 3], ended=ended))
    result = build(tmp_path / "out", roads=roads, **SIX_FILES)
    assert result.files_kept == 3
    assert_whole(tmp_path / "out", manifest)


@pytest.mark.parametrize("options", [{"seed": 7}, {"overwrite": True}])
def test_runs_of_another_build_are_not_adopted(
    options: dict[str, Any], join: Callable[..., Manifest], roads: Path, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        join(partial(die_after, numbers=[0, 1], ended=False))
    result = build(tmp_path / "out", roads=roads, **SIX_FILES, **options)
    assert result.files_kept == 0
    assert_whole(tmp_path / "out", result.manifest)


# --- what is refused ----------------------------------------------------------------------------------------


def spoil(made: list[Attempt], ticket: Ticket, how: str) -> list[Attempt]:
    if how == "missing":
        return made[1:]
    if how == "twice":
        return [*made, made[3]]
    Path(ticket.folder, f"{made[2].name}.parquet").unlink()
    return made


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ("missing", r"^expected 6 finished files, events\.parquet/\S+ is missing\.$"),
        ("twice", r"^expected each file once, events\.parquet/\S+ was reported twice\.$"),
        ("elsewhere", r"got none: the output has to be a folder that driver and executors share\.$"),
    ],
)
def test_driver_checks_every_file_in(
    how: str,
    message: str,
    join: Callable[..., Manifest],
    roads: Path,
    manifest: Manifest,
    tmp_path: Path,
) -> None:
    def engine(job: Job, how: str) -> list[PartResult]:
        with open_run(job) as ticket:
            made = spoil(make_here(job, ticket), ticket, how)
        return check_in(job, ticket, made)

    with pytest.raises(OutputError, match=message):
        join(partial(engine, how=how))
    assert not (tmp_path / "out" / MANIFEST).exists()
    # Nothing is lost but the file that is not there.
    result = build(tmp_path / "out", roads=roads, **SIX_FILES)
    assert result.files_kept == (5 if how == "elsewhere" else 6)
    assert_whole(tmp_path / "out", manifest)


def test_engine_that_makes_a_file_twice_is_refused(join: Callable[..., Manifest], tmp_path: Path) -> None:
    def engine(job: Job) -> list[PartResult]:
        with open_run(job) as ticket:
            made = make_here(job, ticket)
        results = check_in(job, ticket, made)
        return [*results, results[0]]

    with pytest.raises(OutputError, match=r"expected each file once, events\.parquet/\S+ was made 2 times"):
        join(engine)
    assert not (tmp_path / "out" / MANIFEST).exists()


def test_executors_refuse_what_is_not_the_drivers(join: Callable[..., Manifest]) -> None:
    def engine(job: Job) -> list[PartResult]:
        with open_run(job) as ticket:
            with pytest.raises(OutputError, match=r"expected fastgen 0\.0\.9 on every executor, got "):
                build_part(ticket._replace(version="0.0.9"), 0)
            with pytest.raises(OutputError, match="expected the plan that the driver wrote, got another one"):
                build_part(ticket._replace(sha256="0" * 64), 0)
            table = min(Path(ticket.folder).glob("routes-*"))
            table.write_bytes(table.read_bytes()[:-1])
            with pytest.raises(OutputError, match="expected the whole route table that the driver wrote"):
                build_part(ticket, 0)
        raise Killed

    with pytest.raises(Killed):
        join(engine)


def test_run_is_no_part_of_the_dataset(join: Callable[..., Manifest], tmp_path: Path) -> None:
    def engine(job: Job) -> list[PartResult]:
        with open_run(job) as ticket:
            made = make_here(job, ticket)
            assert Path(ticket.folder).parent == tmp_path / "out" / WORK
            assert Path(ticket.folder).name.startswith(RUN)
            assert {p.name for p in (tmp_path / "out").iterdir()} == {WORK}
        return check_in(job, ticket, made)

    join(engine)
    shutil.rmtree(tmp_path / "out")
