"""The replay command as a scheduler, a terminal and a shell meet it: runs, signals, locks, full disks."""

from __future__ import annotations

import json
import os
import pty
import resource
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from fastgen.cli import main
from fastgen.replaying.control import find_control
from tests.building.test_local import resize, small_disk
from tests.cli.processes import FASTGEN, run_fastgen
from tests.helpers import build_small
from tests.replaying.plain import event_ids, read_lines
from tests.replaying.runs import state_of
from tests.replaying.slow_disk import DESCRIPTORS

ROOT = Path(__file__).parent.parent.parent
COMMAND = (*FASTGEN, "replay")
run = partial(run_fastgen, "replay")
FIRST = ("--start-day", "1", "--now", "2026-03-01T12:00")
LATER = ("--now", "2026-03-01T12:30")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("replayed"), days=2)


@pytest.fixture(scope="module")
def unbroken(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder after both runs."""
    out = tmp_path_factory.mktemp("unbroken") / "out"
    for args in (FIRST, LATER):
        assert run(dataset, "--to", out, *args).returncode == 0
    return out


@pytest.mark.parametrize(
    ("option", "text"),
    [
        *(
            ("--now", t)
            for t in (
                "20260301",
                "2026-W10-1",
                "\u0662\u0660\u0662\u0666-03-01",
                "2026-03-01T12",
                "2026-03-01T12:00:00,5",
            )
        ),
        *(
            ("--now", t)
            for t in ("1" * 20, "noon", "2026-03-01T24:00", "2026-02-30", "2026-03-01T12:00+5", "")
        ),
        *(("--every", t) for t in ("\u0663s", "10 s", "1e3s", "-1s", "0s", "", "1.s", "10S")),
        *(("--speed", t) for t in ("\u0666\u0660", "\uff11", "1_0", "0x10", "", "inf", "nan")),
    ],
)
def test_no_nonsense_is_taken_for_a_time(
    option: str, text: str, dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(dataset), "--to", str(tmp_path / "out"), "--dry-run", f"{option}={text}"])
    (line,) = capsys.readouterr().err.splitlines()
    assert (ended.value.code, "expected " in line) == (2, True)


def test_runs_say_what_they_emitted(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    foreseen = run(dataset, "--to", tmp_path / "out", *FIRST, "--dry-run")
    assert foreseen.stdout.splitlines() == [
        "due      a first run",
        "window   2026-02-28 00:00:00 to 2026-03-01 12:00:01, simulated time",
        "dataset  day 0 00:00:00 to day 1 12:00:01",
    ]
    assert not (tmp_path / "out").exists()
    first = run(dataset, "--to", tmp_path / "out", *FIRST)
    lines = dict(line.split(maxsplit=1) for line in first.stdout.splitlines())
    (path,) = (tmp_path / "out").glob("events-*")
    assert lines["events"] == f"{len(path.read_text().splitlines()):,}"
    assert lines["files"] == f"1, {path.stat().st_size:,} bytes, events-0000000001.jsonl"
    assert run(dataset, "--to", tmp_path / "out", *LATER).returncode == 0
    again = run(dataset, "--to", tmp_path / "out", *LATER)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "nothing new: emitted up to simulated time 2026-03-02 18:00:00\n"
    assert list(read_lines(tmp_path / "out")) == list(read_lines(unbroken))


def test_small_window_does_without_the_kernels(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    """Loading Numba takes longer than everything else together."""
    assert run(dataset, "--to", tmp_path / "out", *FIRST).returncode == 0
    command = [sys.executable, "-X", "importtime", *COMMAND[1:], str(dataset), "--to", str(tmp_path / "out")]
    done = subprocess.run([*command, *LATER], capture_output=True, text=True, check=True)
    modules = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert "fastgen.events.wire_few" in modules
    assert not modules & {"numba", "polars", "pandas", "rich", "pyarrow.compute", "pyarrow.dataset"}
    assert list(read_lines(tmp_path / "out")) == list(read_lines(unbroken))


def test_clock_that_has_gone_back_is_said(dataset: Path, tmp_path: Path) -> None:
    future = time.strftime("%Y-%m-%dT%H:%M", time.gmtime(time.time() + 7200))
    assert run(dataset, "--to", tmp_path, "--start-day", "1", "--now", future).returncode == 0
    back = run(dataset, "--to", tmp_path)
    assert back.returncode == 0
    assert "; the clock has gone back " in back.stdout


def test_zone_of_the_machine_plays_no_part(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    for zone in ("Asia/Kathmandu", "America/St_Johns"):
        for args in (FIRST, LATER):
            assert run(dataset, "--to", tmp_path / zone, *args, env={"TZ": zone}).returncode == 0
        assert list(read_lines(tmp_path / zone)) == list(read_lines(unbroken))


def test_standard_output_gets_the_lines_alone(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    parts = [run(dataset, "--to", "-", "--state", tmp_path / "s.json", *args) for args in (FIRST, LATER)]
    assert "".join(part.stdout for part in parts) == "".join(read_lines(unbroken))
    assert all(part.stderr.startswith("window") for part in parts)


def test_reader_that_leaves_early_gets_the_window_again(dataset: Path, tmp_path: Path) -> None:
    command = [*COMMAND, str(dataset), "--to", "-", "--state", str(tmp_path / "s.json"), *FIRST]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0
    assert said == "-: the reader has left before the end; the window stays due\n"
    assert not (tmp_path / "s.json").exists()


# --- following ----------------------------------------------------------------------------------------------


def start_following(dataset: Path, out: Path, **options: Any) -> subprocess.Popen[str]:
    args = ("--start-day", "1", "--speed", "5000", "--every", "50ms", "--follow")
    return subprocess.Popen([*COMMAND, dataset, "--to", out, *args], text=True, **options)


def wait_for_files(out: Path, n: int) -> None:
    while len(list(out.glob("events-*"))) < n:
        time.sleep(0.01)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_after_the_window_in_hand(number: int, dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        before = len(list(out.glob("events-*")))
        with start_following(dataset, out, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_for_files(out, before + 3)
            process.send_signal(number)
            said, troubles = process.communicate()
        assert process.returncode == 0
        assert troubles == ""
        assert said.splitlines()[-1].split("  ")[1].endswith(("in 1 file", "in 2 files"))
    state = json.loads(state_of(out).read_text())
    names = sorted(path.name for path in out.glob("events-*"))
    assert names == [f"events-{n:010d}.jsonl" for n in range(1, state["n_files"] + 1)]
    ids = event_ids(out)
    assert len(ids) == len(set(ids))


def test_killed_command_goes_on_and_its_lock_is_free(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(3):
        before = len(list(out.glob("events-*")))
        with start_following(dataset, out, stdout=subprocess.DEVNULL) as process:
            wait_for_files(out, before + 2)
            second = run(dataset, "--to", out)
            process.kill()
        assert second.returncode == 1
        assert second.stderr == f"fastgen: {out}: expected no other replay at work here, but one is.\n"
    assert run(dataset, "--to", out).returncode == 0
    ids = event_ids(out)
    assert len(ids) == len(set(ids))


def test_clock_that_seems_wrong_is_asked_about_on_a_terminal(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run(dataset, "--to", out, *FIRST).returncode == 0
    args = (dataset, "--to", out, "--now", "2025-03-01T12:00", "--rebase", "--speed", "7")
    alone = run(*args)
    assert (alone.returncode, alone.stderr.count("\n")) == (2, 1)
    assert "--accept-clock" in alone.stderr
    for answer, code in ((b"n\n", 2), (b"y\n", 0)):
        terminal, theirs = pty.openpty()
        with subprocess.Popen(
            [*COMMAND, *args], stdin=theirs, stderr=theirs, stdout=subprocess.PIPE
        ) as asked:
            os.close(theirs)
            os.write(terminal, answer)
            assert asked.wait() == code
        os.close(terminal)
    assert run(*args, "--accept-clock").returncode == 0
    assert json.loads(state_of(out).read_text())["speed"] == "7"


def test_terminal_sees_time_rate_and_lag(dataset: Path, tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    env = os.environ | {"COLUMNS": "150", "TERM": "xterm"}
    with start_following(
        dataset, tmp_path / "out", stdout=subprocess.PIPE, stderr=theirs, env=env
    ) as process:
        os.close(theirs)
        shown = b""
        while b" lag " not in shown:
            shown += os.read(terminal, 65536)
        process.terminate()
        try:
            while os.read(terminal, 65536):
                pass
        except OSError:  # how Linux says that the other end is closed
            pass
    os.close(terminal)
    assert process.returncode == 0
    assert b"simulated time 20" in shown
    assert b" events/s" in shown


# --- troubles -----------------------------------------------------------------------------------------------


def test_full_disk_is_one_line_and_nothing_is_lost(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    """A limit on the size of files is the full disk that nobody needs rights for."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    out = tmp_path / "out"
    for args in (FIRST, LATER):
        failed = run(dataset, "--to", out, *args, preexec_fn=limit)
        assert failed.returncode == 1
        assert failed.stdout == ""
        assert failed.stderr == f"fastgen: {out}: expected to write to the folder, got: File too large.\n"
        assert not list(find_control(out).staging.iterdir())
        assert run(dataset, "--to", out, *args).returncode == 0
    assert list(read_lines(out)) == list(read_lines(unbroken))


def test_disk_that_fills_up_or_turns_read_only(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", kilobytes=300) as disk:
        failed = run(dataset, "--to", disk / "out", *FIRST)
        assert failed.returncode == 1
        assert failed.stderr.endswith("expected to write to the folder, got: No space left on device.\n")
        resize(disk, kilobytes=20_000)
        assert run(dataset, "--to", disk / "out", *FIRST).returncode == 0
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)  # noqa: S607
        failed = run(dataset, "--to", disk / "out", *LATER)
        assert failed.returncode == 1
        assert failed.stderr.count("\n") == 1
        assert "Read-only file system" in failed.stderr or "Permission denied" in failed.stderr
        subprocess.run(["mount", "-o", "remount,rw", disk], check=True)  # noqa: S607
        assert run(dataset, "--to", disk / "out", *LATER).returncode == 0
        assert list(read_lines(disk / "out")) == list(read_lines(unbroken))


def test_many_small_files_on_a_slow_disk_need_few_descriptors(
    dataset: Path, unbroken: Path, tmp_path: Path
) -> None:
    """Writing is faster than the disk: it has to wait, and not to open ever more files."""
    command = [sys.executable, "-m", "tests.replaying.slow_disk", "replay", str(dataset), "--to"]
    for args in (FIRST, LATER):
        done = subprocess.run(
            [*command, str(tmp_path / "out"), *args, "--max-rows-per-file", "5"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )
        assert (done.returncode, done.stderr) == (0, "")
    assert len(list((tmp_path / "out").glob("events-*"))) > 3 * DESCRIPTORS
    assert list(read_lines(tmp_path / "out")) == list(read_lines(unbroken))


def test_what_readers_must_leave_out_is_said_once(dataset: Path, unbroken: Path, tmp_path: Path) -> None:
    out = tmp_path / "mounted"
    with small_disk(out, kilobytes=20_000):
        first, later = (run(dataset, "--to", out, *args) for args in (FIRST, LATER))
        assert first.stderr.startswith(f"{out}/_fastgen: fastgen's own files are in the folder itself")
        assert (first.stderr.count("\n"), later.stderr) == (1, "")
        assert list(read_lines(out)) == list(read_lines(unbroken))


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("--to out --speed 0", 2, "speed: expected 0 < speed <= 1000000, got 0."),
        ("--to out --speed fast", 2, "speed: expected a number such as 1, 60 or 0.5, got 'fast'."),
        (
            "--to out --speed 1e-99",
            2,
            "speed: expected a number that is a fraction of at most 100 characters",
        ),
        ("--to out --start-day 3", 2, "start_day: expected 0 <= start_day <= 2, got 3."),
        ("--to out --now noon", 2, "expected a time such as 2026-03-01T12:00, got 'noon'."),
        (
            "--to out --follow --every never",
            2,
            "expected a length of time such as 10s",
        ),
        (
            "--to out --follow --every 9999999999h",
            2,
            "every: expected more than 0 seconds and at most 366 days",
        ),
        (f"--to out --follow --every {'9' * 400}h", 2, "every: expected more than 0 seconds and at most"),
        ("--to out --follow --dry-run", 2, "--follow: expected neither --now nor --dry-run beside it."),
        ("--to out --max-rows-per-file 0", 2, "0 is not in the range x>=1"),
        ("--to -", 2, "state: expected a state file, which a stream can't hold, got none."),
        ("--to file", 1, "file: expected a folder to write to, got: Not a directory."),
        ("--to {dataset}", 2, "to: expected a place apart from the dataset"),
        ("--to {dataset}/events.parquet", 2, "to: expected a place apart from the dataset"),
        ("--to link", 2, "to: expected a place apart from the dataset"),
        ("--to dangling", 1, "dangling: expected a folder to write to, got a link to nothing"),
        ("--to mine", 1, "mine: expected a folder without files named as a replay's, got events-0000000001"),
        ("--to out --state file/s.json", 1, "file/s.json: expected a place to write to, got: "),
    ],
)
def test_trouble_is_one_line(
    args: str,
    code: int,
    message: str,
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    Path("link").symlink_to(dataset)
    Path("dangling").symlink_to("nowhere")
    Path("mine").mkdir()
    Path("mine/events-0000000001.jsonl").write_text("mine")
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(dataset), *args.format(dataset=dataset).split()])
    assert ended.value.code == code
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert message in line
    assert not list(Path().glob("out/events-*"))
