"""A build meets full disks, wrong options and other datasets: one line, and nothing is written."""

from __future__ import annotations

import json
import resource
from pathlib import Path

import pytest

from fastgen.cli import main
from fastgen.dataset.layout import MANIFEST
from tests.cli.builds import run


def test_file_that_may_not_grow_is_one_line(roads: Path, tmp_path: Path) -> None:
    """A limit on the size of files is the full disk that nobody needs rights for."""

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))

    run("--days", "1", "--roads", roads, "-o", tmp_path / "warm")
    args = ("--days", "9", "--roads", roads, "--workers", "1", "-o", tmp_path / "x")
    failed = run(*args, preexec_fn=limit)
    assert failed.returncode == 1
    assert failed.stdout == ""
    assert failed.stderr.startswith("fastgen: ")
    assert failed.stderr.count("\n") == 1
    assert "File too large" in failed.stderr
    assert not (tmp_path / "x" / MANIFEST).exists()
    assert not list(tmp_path.rglob(".*.tmp"))
    assert run(*args).returncode == 0


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("--days x", 2, "'x' is not a valid integer"),
        ("--days 1_0", 2, "expected a number in digits alone, got '1_0'."),
        ("--days \u0663", 2, "expected a number in digits alone, got "),
        ("--seed 4_2", 2, "expected a number in digits alone, got '4_2'."),
        ("--scale 1_0.5", 2, "expected a number in digits alone, got '1_0.5'."),
        ("--workers 1_0", 2, "expected auto or a number of at least 1, got '1_0'."),
        ("--days 0", 2, "--days: expected 1 <= days <= 36500, got 0."),
        ("--scale nan", 2, "--scale: expected 0 < scale"),
        ("--scale 0", 2, "--scale: expected 0 < scale"),
        ("--seed -1", 2, "--seed: expected 0 <= seed"),
        ("--start 2024-02-30", 2, "'2024-02-30' does not match the format '%Y-%m-%d'"),
        ("--locations mars", 2, "expected codes among sf, sv, bellevue, chicago, got 'mars'."),
        ("--locations sf,", 2, "expected codes among sf, sv, bellevue, chicago, got ''."),
        ("--layout flat", 2, "'flat' is not one of 'hive', 'single'"),
        ("--partition-by day", 2, "'day' is not one of 'location_id', 'location_id,day'"),
        ("--compression gzip", 2, "'gzip' is not one of 'zstd', 'snappy', 'none'"),
        ("--workers 0", 2, "expected auto or a number of at least 1, got '0'."),
        ("--workers many", 2, "expected auto or a number of at least 1, got 'many'."),
        ("--scenario nope.toml", 2, "nope.toml: expected a readable scenario file"),
        ("--dimensions nope", 2, "nope: expected a folder with locations.parquet"),
        ("--roads nope", 2, "nope: expected a folder of .roads files"),
        ("--colour", 2, "No such option '--colour'"),
        ("more", 2, "Got unexpected extra argument (more)"),
        ("-o s3://bucket/x", 2, "output: expected a path of this machine, got the URL 's3:/bucket/x'."),
        ("-o file", 1, "file: expected a folder to write to, got: Not a directory."),
        ("-o file/below", 1, "file/below: expected a folder to write to, got: Not a directory."),
    ],
)
def test_trouble_is_one_line_and_nothing_is_written(
    args: str,
    code: int,
    message: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    roads: Path,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("file").write_text("mine")
    given = [] if "--roads" in args else ["--roads", str(roads)]
    with pytest.raises(SystemExit) as ended:
        main(["build", *given, *args.split()])
    assert ended.value.code == code
    said = capsys.readouterr()
    lines = [line for line in said.err.splitlines() if not line.startswith(("computing", "compiling"))]
    assert said.out == ""
    assert len(lines) == 1
    assert lines[0].startswith("fastgen")
    assert message in lines[0]
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert Path("file").read_text() == "mine"


def test_dataset_in_the_way_exits_1_and_overwrite_replaces_it(
    roads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    args = ["build", "--days", "1", "--roads", str(roads), "-o", str(tmp_path)]
    for more, code in ((), 0), (("--seed", "1"), 1), (("--seed", "1", "--overwrite"), 0):
        with pytest.raises(SystemExit) as ended:
            main([*args, *more])
        assert ended.value.code in ((0, None) if code == 0 else (1,))
    assert "expected no other dataset here" in capsys.readouterr().err
    assert json.loads((tmp_path / MANIFEST).read_text())["scenario"]["seed"] == 1
