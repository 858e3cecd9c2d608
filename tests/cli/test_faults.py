"""Faults as users of the command line meet them: slices, replays, undoing, wrong files."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen.cli import main
from tests.cli.odd_places import listing
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path

FAULTS = """
seed = 7
[[faults]]
kind = "late"
probability = 0.1
max_delay_s = 600
[[faults]]
kind = "truncated"
probability = 0.1
[[faults]]
kind = "lost"
probability = 0.1
"""
WINDOW = ["--from", "0T12:00", "--to", "1T12:00"]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("faulty"), days=2)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in a folder with a faults file."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "faults.toml").write_text(FAULTS)
    return tmp_path


def run(*args: object) -> int:
    """Run a command in this process; return its exit code."""
    with pytest.raises(SystemExit) as ended:
        main([str(arg) for arg in args])
    return int(ended.value.code or 0)


def test_slice_is_undone(dataset: Path, here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with_faults = ["--faults", "faults.toml", "--ledger", "ledger.parquet"]
    assert run("slice", dataset, *WINDOW, "-o", "clean.jsonl") == 0
    assert run("slice", dataset, *WINDOW, "-o", "broken.jsonl", *with_faults) == 0
    assert set(pl.read_parquet("ledger.parquet")["file"].drop_nulls()) == {"broken.jsonl"}
    (here / "broken.jsonl").rename(here / "renamed.jsonl")
    capsys.readouterr()
    assert run("faults", "undo", "renamed.jsonl", "--ledger", "ledger.parquet", "-o", "undone.jsonl") == 0
    clean = (here / "clean.jsonl").read_bytes()
    assert (here / "undone.jsonl").read_bytes() == clean
    n_events = clean.count(b"\n")
    assert f"events   {n_events:,}\nsha256   " in capsys.readouterr().out
    command = [
        sys.executable,
        "-m",
        "fastgen",
        "faults",
        "undo",
        "renamed.jsonl",
        "--ledger",
        "ledger.parquet",
    ]
    assert subprocess.run(command, capture_output=True, check=True).stdout == clean


def test_replay_is_undone(dataset: Path, here: Path) -> None:
    for to, options in (("clean", []), ("broken", ["--faults", "faults.toml", "--ledger", "ledger.parquet"])):
        for now in ("2026-03-01T12:00", "2026-03-01T12:07"):
            assert run("replay", dataset, "--to", to, "--start-day", 1, "--now", now, *options) == 0
    assert run("faults", "undo", "broken", "--ledger", "ledger.parquet", "-o", "undone.jsonl") == 0
    clean = b"".join(path.read_bytes() for path in sorted((here / "clean").glob("events-*")))
    assert (here / "undone.jsonl").read_bytes() == clean


def test_reader_that_leaves_early_is_no_trouble(dataset: Path, here: Path) -> None:
    command = [sys.executable, "-m", "fastgen", "slice", str(dataset), *WINDOW]
    command += ["--faults", "faults.toml", "--ledger", "ledger.parquet"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0
    assert not [line for line in said.splitlines() if not line.startswith(b"compiling")]
    assert [path.name for path in here.iterdir()] == ["faults.toml"]


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("--faults none.toml", 2, "none.toml: expected a readable faults file, got No such file"),
        ("--ledger l.parquet", 2, "ledger: expected faults beside it, got none"),
        ("--faults wrong.toml", 2, "wrong.toml: fault 1: max_delay_s: expected 1 <= max_delay_s"),
        ("--faults faults.toml --raw", 2, "raw: expected the wire format with faults, got the stored"),
        ("--faults faults.toml --format csv", 2, "fault 2: kind: expected faults of whole rows"),
        ("--faults faults.toml --ledger .", 2, "ledger: expected a file, got the folder '.'"),
        ("--faults faults.toml --ledger l -o l", 2, "ledger: expected a file apart from l, got l"),
        ("--faults faults.toml --ledger ./faults.toml", 2, "ledger: expected a file apart from faults"),
        ("--faults faults.toml -o ./faults.toml", 2, "output: expected a file other than that of the faults"),
        ("--faults faults.toml --ledger no/l", 1, "no/l: expected to write the ledger, got No such file"),
        ("--faults ''", 2, "Invalid value for '--faults'"),
    ],
)
def test_trouble_is_one_line(
    args: str, code: int, message: str, dataset: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "wrong.toml").write_text('seed = 1\n[[faults]]\nkind = "late"\nprobability = 1\n')
    before = listing(here)
    words = ["" if word == "''" else word for word in args.split()]
    output = [] if "-o" in words else ["-o", "out.jsonl"]
    assert run("slice", dataset, *WINDOW, *words, *output) == code
    (line,) = [line for line in capsys.readouterr().err.splitlines() if not line.startswith("compiling")]
    assert message in line
    assert listing(here) == before


def test_files_are_checked(here: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (here / "wrong.toml").write_text("seed = 1\n[[faults]]\nkind = 'nil'\n")
    assert run("faults", "check", "faults.toml") == 0
    assert run("faults", "check", "wrong.toml", "faults.toml") == 2
    said = capsys.readouterr()
    assert said.out == "faults.toml: valid: seed 7, late, truncated, lost\n" * 2
    assert said.err.startswith('fastgen: wrong.toml: fault 1: kind: expected "null" or "missing"')


@pytest.mark.parametrize(
    ("stream", "ledger", "message"),
    [
        ("none", "ledger.parquet", "expected readable JSON lines, got"),
        ("faults.toml", "faults.toml", "faults.toml: expected a ledger of faults, got"),
        ("tables", "ledger.parquet", "events-0000000001.parquet: expected JSON lines, .jsonl or .jsonl.gz"),
    ],
)
def test_what_cannot_be_undone_is_one_line(
    stream: str, ledger: str, message: str, dataset: Path, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (here / "rows.toml").write_text('seed = 1\n[[faults]]\nkind = "lost"\nevery = 3\n')
    options = ["--faults", "rows.toml", "--ledger", "ledger.parquet", "--format", "parquet"]
    assert run("replay", dataset, "--to", "tables", "--start-day", 0, *options) == 0
    capsys.readouterr()
    assert run("faults", "undo", stream, "--ledger", ledger, "-o", "undone.jsonl") == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert message in line
    assert not (here / "undone.jsonl").exists()
