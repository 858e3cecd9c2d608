"""Workers are killed, or their build is; real commands, in process groups of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fastgen import build
from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.dataset.manifest import read_manifest

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="Workers are processes on Linux alone, which this is not"
)


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
    while process.poll() is None and len([*receipts.glob("*.json")]) <= 2:  # some are finished
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
    assert stderr.splitlines()[-1] == (  # the first build also says that it computes routes
        f"fastgen: {tmp_path / 'x'}: expected all workers to work to the end, one was killed, perhaps for "
        "want of memory; the same command goes on."
    )
    assert_gone(workers)
    again = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "files of events were finished already" in again.stdout
    one = build(tmp_path / "one", roads=roads, workers=1, days=40, partition_by="location_id,day")
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


def test_ctrl_c_waits_for_no_stopped_worker(command: list[str], tmp_path: Path) -> None:
    process, workers = begin(command)
    os.kill(workers[0], signal.SIGSTOP)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert_gone(workers)
    assert not (tmp_path / "x" / MANIFEST).exists()
