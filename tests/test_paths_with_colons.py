"""A relative path with a colon is a path of this machine, though Arrow, Polars and DuckDB read URLs too."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

import fastgen
from fastgen.cli import main
from fastgen.dataset.verify.run import verify_dataset
from fastgen.faults.undo import undo_faults
from tests.faults.streams import faults_text, lines_of
from tests.helpers import build_small

LATE = {"kind": "late", "probability": 0.5, "max_delay_s": 60}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("colons"), days=1, scale=0.05)


def run(*args: str) -> None:
    """Run a command in this process, which is to succeed."""
    with pytest.raises(SystemExit) as ended:
        main(args)
    assert not ended.value.code, args


# Arrow takes l:l for a path, as a drive of Windows has one letter; Polars knows file: and Arrow all others.
@pytest.mark.parametrize("name", ["l:l", "run:1", "file:x", "s3:x", "hf:x", "http:x", "gs:x/y:z"])
def test_whole_path_through_fastgen(
    name: str, dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    shutil.copytree(dataset, name)
    assert verify_dataset(name).passed
    assert fastgen.scan_events(name).collect().equals(fastgen.scan_events(dataset).collect())
    assert fastgen.slice_events(name, "0T12:00", "0T13:00").collect().height

    folder = Path(f"{name}-out")
    folder.mkdir()
    (folder / "faults:1").write_text(faults_text(LATE))
    with_faults = ("--faults", f"{folder}/faults:1", "--ledger", f"{folder}/ledger:1")
    clean, late = f"{folder}/clean:1", f"{folder}/late:1"
    run("slice", name, "--from", "0", "--to", "1", "-o", clean)
    run("slice", name, "--from", "0", "--to", "1", "-o", late, *with_faults)
    assert b"".join(undo_faults(late, f"{folder}/ledger:1")) == Path(clean).read_bytes()

    first = ("--start-day", "0", "--now", "2026-03-01T23:00")
    run("replay", name, "--to", f"{name}-clean", *first)
    run("replay", name, "--to", f"{name}-late", *first, *with_faults)
    assert undo_faults(f"{name}-late", f"{folder}/ledger:1") == lines_of(Path(f"{name}-clean"))


@pytest.mark.parametrize("name", ["missing:1", "s3:missing", "missing"])
def test_missing_ledger_is_called_missing(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("late").write_bytes(b"")
    with pytest.raises(SystemExit) as ended:
        main(["faults", "undo", "late", "--ledger", name])
    assert ended.value.code == 2
    expected = f"fastgen: {name}: expected a ledger of faults, got: No such file or directory.\n"
    assert capsys.readouterr().err == expected
