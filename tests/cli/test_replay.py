"""The replay command as a scheduler, a terminal and a shell meet it: runs, signals, locks."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.cli import main
from tests.cli.replays import COMMAND, FIRST, LATER, run
from tests.replaying.runs import state_of
from tests.wire.reference import event_ids, read_lines

if TYPE_CHECKING:
    from pathlib import Path


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
        *(("--speed", t) for t in (" 60", "60 ", "1 /3", "6\t")),
        *(("--start-day", t) for t in (" 1", "1 ", "0_1", "\u0661")),
        *(("--max-rows-per-file", t) for t in (" 5", "1_0", "\uff11")),
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
    assert "fastgen.wire.plain" in modules
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
        assert second.stderr == f"fastgen: {out}: expected no other run at work here, but one is.\n"
    assert run(dataset, "--to", out).returncode == 0
    ids = event_ids(out)
    assert len(ids) == len(set(ids))


def test_a_first_run_says_that_it_has_nothing_to_rebase(dataset: Path, tmp_path: Path) -> None:
    """A script may always name the speed and --rebase, so the first run goes on."""
    said = [
        run(dataset, "--to", tmp_path / "out", *time, "--speed", "30", "--rebase") for time in (FIRST, LATER)
    ]
    assert [one.returncode for one in said] == [0, 0]
    assert [one.stderr for one in said] == [
        "--rebase: this is the first run: it begins at this speed, and there is none to change\n",
        "",
    ]


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
