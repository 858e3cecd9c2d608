"""A replay meets full and slow disks, mounted folders and wrong options: one line, and nothing is lost."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from fastgen.cli import main
from fastgen.emitting.control import find_control
from fastgen.replaying import run as run_module
from tests.building.test_build import resize, small_disk
from tests.cli.replays import FIRST, LATER, ROOT, run
from tests.replaying.slow_disk import DESCRIPTORS
from tests.wire.reference import read_lines


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
        ("--to out --every 5s", 2, "--every: expected --follow beside it, got none."),
        ("--to out --rebase", 2, "--rebase: expected --speed beside it, got none."),
        ("--to out --max-rows-per-file 0", 2, "0 is not in the range x>=1"),
        # Also the number that is the default: a stream isn't cut at all.
        *(
            (f"--to - {more} --max-rows-per-file {rows}", 2, "--max-rows-per-file: expected a folder as --to")
            for more in ("--state s.json", "--state s.json --follow", "--dry-run", "")
            for rows in (5, 250_000)
        ),
        ("--to -", 2, "state: expected a state file, which a stream can't hold, got none."),
        ("--to file", 1, "file: expected a folder to write to, got: Not a directory."),
        ("--to {dataset}", 2, "to: expected a place apart from the dataset"),
        ("--to {dataset}/events.parquet", 2, "to: expected a place apart from the dataset"),
        ("--to link", 2, "to: expected a place apart from the dataset"),
        ("--to dangling", 1, "dangling: expected a folder to write to, got a link to nothing"),
        ("--to mine", 1, "mine: expected a folder without event files, got events-0000000001"),
        ("--to out --state file/s.json", 1, "file: expected a folder to write to, got a file."),
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


@pytest.mark.parametrize("how", [("--follow",), (), ("--dry-run",), ("--no-loop",)])
def test_clock_of_1970_is_refused_with_a_way_out_that_the_command_has(
    how: tuple[str, ...],
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run_module, "present_us", lambda: 0)
    with pytest.raises(SystemExit) as ended:
        main(["replay", str(dataset), "--to", str(tmp_path / "out"), "--start-day", "1", *how])
    assert ended.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    # Beside --follow there is no --now.
    assert line.endswith("Set the clock, or replay once with --now.")
    assert not list(tmp_path.glob("out/events-*"))
