"""Workers are copies of the process that builds, where it may be copied."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import BuildResult, build
from fastgen.dataset.manifest import read_manifest
from fastgen.generating.maker import WHOLE_DAY_EVENTS

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="Workers are processes on Linux alone, which this is not"
)

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


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_workers_load_no_module_that_a_copy_could_have(compression: str, python: Callable[..., Any]) -> None:
    """Each worker would load it again, in every build of a process."""
    done = python(
        f"""
        from fastgen.building import processes
        work = processes._work
        def report(*arguments):
            before = set(sys.modules)
            work(*arguments)
            os.write(1, f"{{sorted(set(sys.modules) - before)}}\\n".encode())
        processes._work = report
        make(compression={compression!r})
        """
    )
    assert (done.stdout, done.stderr) == ("[]\n" * 3, "")


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
