"""Workers are copies of the process that builds, where it may be copied."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, build
from fastgen.building.part import WHOLE_DAY_EVENTS
from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.dataset.manifest import read_manifest
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere workers are threads")

ROOT = Path(__file__).parents[2]
OPTIONS: dict[str, Any] = {"days": 10, "partition_by": "location_id,day"}

BEGINNING = """
import os, sys
from multiprocessing import active_children
from fastgen import Progress, build
from fastgen.building.receipts import Receipts
out, roads = sys.argv[1:]
forks = []
os.register_at_fork(after_in_parent=lambda: forks.append(1))
def make(**options):
    options = {"days": 10, "partition_by": "location_id,day", "workers": 3} | options
    return build(out, roads=roads, **options)
"""


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


@pytest.fixture(scope="module")
def alone(roads: Path, tmp_path_factory: pytest.TempPathFactory) -> BuildResult:
    """Build forty files with one worker."""
    return build(tmp_path_factory.mktemp("alone"), roads=roads, workers=1, **OPTIONS)


@pytest.fixture
def python(roads: Path, tmp_path: Path) -> Callable[[str], subprocess.CompletedProcess[str]]:
    """Run a script after that beginning; it builds to the folder `out`."""

    def run(script: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-W", "error", "-c", BEGINNING + textwrap.dedent(script)]
        return subprocess.run(
            [*command, str(tmp_path / "out"), str(roads)],
            capture_output=True,
            text=True,
            check=False,
            cwd=ROOT,
            timeout=300,
        )

    return run


# --- the same dataset ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("loaded", ["", "import polars; polars.DataFrame({'a': [2, 1]}).sort('a')"])
@pytest.mark.parametrize("compression", ["zstd", "snappy"])
def test_processes_make_the_dataset_of_one_worker(
    loaded: str, compression: str, python: Callable[..., Any], alone: BuildResult, tmp_path: Path
) -> None:
    done = python(
        f"""
        {loaded}
        class Counts(Progress):
            orders = events = 0
            def advance(self, orders, events):
                self.orders += orders
                self.events += events
        counts = Counts()
        result = make(compression={compression!r}, progress=counts)
        assert (counts.orders, counts.events) == (result.manifest.orders, result.manifest.rows)
        print(len(forks), active_children())
        """
    )
    assert (done.stdout, done.stderr) == ("3 []\n", "")
    manifest = read_manifest(tmp_path / "out")
    assert manifest.days == alone.manifest.days
    assert (manifest.files == alone.manifest.files) == (compression == "zstd")


def test_day_that_is_read_back_for_its_digest(
    python: Callable[..., Any], roads: Path, tmp_path: Path
) -> None:
    """A day in pieces: workers load PyArrow, and read with its threads."""
    done = python("make(days=1, scale=400); print(len(forks))")
    assert (done.stdout, done.stderr) == ("3\n", "")
    one = build(tmp_path / "one", roads=roads, workers=1, **OPTIONS | {"days": 1, "scale": 400})
    assert max(day.rows for day in one.manifest.days) > WHOLE_DAY_EVENTS
    assert read_manifest(tmp_path / "out") == one.manifest


@pytest.mark.parametrize(
    "otherwise",
    [
        "threading.Thread(target=threading.Event().wait, daemon=True).start()",
        "sys.platform = 'darwin'",
        "import signal; signal.signal(signal.SIGCHLD, signal.SIG_IGN)",
    ],
)
def test_threads_make_it_where_the_process_may_not_be_copied(
    otherwise: str, python: Callable[..., Any], alone: BuildResult, tmp_path: Path
) -> None:
    done = python(f"import threading; {otherwise}; make(); print(len(forks))")
    assert (done.stdout, done.stderr) == ("0\n", "")
    assert read_manifest(tmp_path / "out") == alone.manifest


def test_threads_make_it_in_a_daemon(python: Callable[..., Any], alone: BuildResult, tmp_path: Path) -> None:
    """Such as a worker of a pool: it may not have children."""
    done = python(
        """
        from multiprocessing import get_context
        with get_context("fork").Pool(1) as pool:
            pool.apply(make)
        """
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert read_manifest(tmp_path / "out") == alone.manifest


@pytest.mark.parametrize("given", [0, 1])
def test_whatever_processes_are_given_make_it(
    given: int, python: Callable[..., Any], alone: BuildResult, tmp_path: Path
) -> None:
    """None: threads; some: those."""
    done = python(
        f"""
        fork = os.fork
        def limited():
            if len(forks) == {given}:
                raise BlockingIOError(11, "Resource temporarily unavailable")
            return fork()
        os.fork = limited
        make()
        print(len(forks))
        """
    )
    assert (done.stdout, done.stderr) == (f"{given}\n", "")
    assert read_manifest(tmp_path / "out") == alone.manifest


@pytest.mark.parametrize("descriptors", [40, 64])
def test_many_workers_leave_room_for_files(
    descriptors: int, python: Callable[..., Any], alone: BuildResult, tmp_path: Path
) -> None:
    done = python(
        f"""
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, ({descriptors}, {descriptors}))
        make(workers=40)
        """
    )
    assert (done.stdout, done.stderr) == ("", "")
    assert read_manifest(tmp_path / "out") == alone.manifest


# --- trouble ------------------------------------------------------------------------------------------------


def test_error_of_a_worker_says_where_it_was_and_ends_the_others(python: Callable[..., Any]) -> None:
    done = python(
        """
        add = Receipts.add
        def refuse(self, result):
            if "location_id=4/day=3" in result.entry.path:
                raise ValueError("the disk is of another opinion")
            add(self, result)
        Receipts.add = refuse
        try:
            make(scale=20, days=40)
        except ValueError as error:
            print(error, "in refuse" in error.__notes__[0], active_children())
        from pathlib import Path
        print(len([*Path(out).rglob("*.parquet")]) < 20, [*Path(out).rglob(".*.tmp")])
        """
    )
    assert (done.stdout, done.stderr) == ("the disk is of another opinion True []\nTrue []\n", "")


def test_error_that_cannot_be_sent_is_put_into_words(python: Callable[..., Any]) -> None:
    done = python(
        """
        class Local(Exception):
            def __init__(self, file, reason):
                super().__init__(f"{file}: {reason}")
        def refuse(self, result):
            raise Local("a file", "of another opinion")
        Receipts.add = refuse
        try:
            make()
        except RuntimeError as error:
            print(error, "in refuse" in error.__notes__[0], active_children())
        """
    )
    assert (done.stdout, done.stderr) == ("Local: a file: of another opinion True []\n", "")


@pytest.fixture
def command(roads: Path, tmp_path: Path) -> list[str]:
    """Write the command for a build of 160 files with two workers."""
    options = ["--days", "40", "--partition-by", "location_id,day", "--workers", "2", "--roads", str(roads)]
    return [sys.executable, "-m", "fastgen", "build", *options, "-o", str(tmp_path / "x")]


def begin(command: list[str]) -> tuple[subprocess.Popen[str], list[int]]:
    """Start a build, in a group of its own; return it and its workers once they are at work."""
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    receipts = Path(command[-1]) / WORK / "receipts"
    while process.poll() is None and not (receipts.exists() and len([*receipts.iterdir()]) > 2):
        time.sleep(0.001)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    return process, [int(pid) for pid in children]


def assert_gone(workers: list[int]) -> None:
    """Expect processes to end within moments."""
    assert len(workers) == 2
    ends = time.monotonic() + 20
    while any(_is_running(pid) for pid in workers) and time.monotonic() < ends:
        time.sleep(0.01)
    assert [pid for pid in workers if _is_running(pid)] == []


def _is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_killed_worker_is_one_line_and_its_file_is_made_again(
    command: list[str], roads: Path, tmp_path: Path
) -> None:
    process, workers = begin(command)
    os.kill(workers[0], signal.SIGKILL)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (1, "")
    assert stderr == (
        f"fastgen: {tmp_path / 'x'}: expected all workers to work to the end, one was killed, perhaps for "
        "want of memory; the same command goes on.\n"
    )
    assert_gone(workers)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "files of events were finished already" in again.stdout
    one = build(tmp_path / "one", roads=roads, workers=1, **OPTIONS | {"days": 40})
    assert read_manifest(tmp_path / "x") == one.manifest


def test_workers_of_a_killed_build_end_with_it(command: list[str], tmp_path: Path) -> None:
    """Even one that is stopped."""
    process, workers = begin(command)
    os.kill(workers[0], signal.SIGSTOP)
    process.kill()
    process.communicate()
    assert_gone(workers)
    assert not (tmp_path / "x" / MANIFEST).exists()
    assert "finished already" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_same_command_goes_on_at_once_after_many_workers(command: list[str]) -> None:
    """The workers of a killed build hold its lock: they must be gone before the next one asks for it."""
    process, workers = begin([*command[:-2], "--workers", "32", *command[-2:]])
    process.kill()
    process.communicate()
    assert len(workers) == 32
    assert "finished already" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_reaches_the_whole_group_and_one_process_answers(
    times: int, command: list[str], tmp_path: Path
) -> None:
    process, workers = begin(command)
    for _ in range(times):
        os.killpg(process.pid, signal.SIGINT)
        time.sleep(0.02)
    stdout, stderr = process.communicate()
    assert (process.returncode, stdout) == (130, ""), stderr
    *_, before, said, after = stderr.split("\n")
    assert (before, after) == ("", "")
    assert said == "fastgen: interrupted; nothing half-written is left, and the same command goes on."
    assert_gone(workers)
    assert not list(tmp_path.rglob(".*.tmp"))
