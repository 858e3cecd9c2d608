"""Real processes, pipes and terminals, and full disks: the build command as its users meet it."""

from __future__ import annotations

import datetime as dt
import json
import os
import pty
import resource
import shutil
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

import numba
import polars as pl
import pytest

from fastgen.building import local
from fastgen.cli import main
from fastgen.cli.progress import TerminalProgress
from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.manifest import read_manifest
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import write_tables
from tests.building.toy import write_toy_roads
from tests.cli.processes import FASTGEN, run_fastgen

COMMAND = (*FASTGEN, "build")
run = partial(run_fastgen, "build")


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("roads") / "toy")


# --- tables -------------------------------------------------------------------------------------------------


def test_tables_with_copied_rows_are_built_with_one_line(roads: Path, tmp_path: Path) -> None:
    """Rows copied for more cities, id and all, and cities without a story: as if all ids were different."""
    clean, copied = tmp_path / "clean", tmp_path / "copied"
    write_tables(load_inputs(None, None)[1], clean)
    shutil.copytree(clean, copied)
    path = copied / "brand_locations.parquet"
    frame = pl.read_parquet(path)
    assert frame.height == 24
    frame.with_columns(brand_location_id=pl.col("brand_location_id") % 6 + 1).write_parquet(path)
    places = pl.read_parquet(copied / "locations.parquet")
    places.with_columns(narrative=pl.lit(None, pl.String)).write_parquet(copied / "locations.parquet")
    for tables in (clean, copied):
        options = [
            "--dimensions",
            tables,
            "--roads",
            roads,
            "--days",
            "1",
            "-o",
            tmp_path / f"{tables.name}-data",
        ]
        built = run(*map(str, options))
        assert built.returncode == 0, built.stderr
        own = [line for line in built.stderr.splitlines() if line.startswith("fastgen: ")]
        told = f"fastgen: {path}: brand_location_id, row 6: expected each brand_location_id once, got 2 "
        told += "again; 18 such rows are numbered anew, this one 7."
        assert own == ([told] if tables is copied else [])
    one, other = read_manifest(tmp_path / "clean-data"), read_manifest(tmp_path / "copied-data")
    assert one.digest == other.digest
    assert one.rows > 1000
    ids = pl.read_parquet(tmp_path / "copied-data" / "brand_locations.parquet")["brand_location_id"]
    assert ids.to_list() == [2, 3, 4, 5, 6, 1, *range(7, 25)]
    verified = run_fastgen("verify", str(tmp_path / "copied-data"))
    assert verified.returncode == 0, verified.stdout


def test_a_users_events_are_one_line_without_the_option(roads: Path, tmp_path: Path) -> None:
    (tmp_path / "events.parquet").write_bytes(b"mine")
    refused = run("--roads", roads, "--days", "1", "-o", tmp_path)
    assert refused.returncode == 1
    assert refused.stdout == ""
    assert refused.stderr.splitlines()[-1] == (
        f"fastgen: {tmp_path}: expected no files of others in the way of the dataset, got events.parquet. "
        "Use --overwrite to replace what is there, or another folder with -o."
    )
    assert [path.name for path in tmp_path.iterdir()] == ["events.parquet"]


# --- what it says -------------------------------------------------------------------------------------------


def test_every_flag_reaches_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    class Called(Exception):  # noqa: N818  # no error
        pass

    seen: dict[str, Any] = {}

    def record(output: Path, **options: Any) -> None:
        seen.update(options, output=output)
        raise Called

    monkeypatch.setattr(local, "build", record)
    flags = "--days 5 --seed 7 --scale 0.5 --start 2024-02-29 --locations sf,chicago --scenario a.toml "
    flags += "--dimensions d --roads r --layout single --partition-by location_id,day --compression snappy "
    with pytest.raises(Called):
        main(["build", *(flags + "--workers 3 --overwrite -o out").split()])
    assert isinstance(seen.pop("progress"), TerminalProgress)
    assert seen == {
        "output": Path("out"),
        "days": 5,
        "seed": 7,
        "scale": 0.5,
        "start": dt.date(2024, 2, 29),
        "locations": ("sf", "chicago"),
        "scenario": Path("a.toml"),
        "dimensions": Path("d"),
        "roads": Path("r"),
        "layout": "single",
        "partition_by": "location_id,day",
        "compression": "snappy",
        "workers": 3,
        "overwrite": True,
    }
    with pytest.raises(Called):
        main(["build"])
    stated = {key: value for key, value in seen.items() if value is not None and key != "progress"}
    assert stated == {
        "output": Path("dataset"),
        "layout": "hive",
        "partition_by": "location_id",
        "compression": "zstd",
        "overwrite": False,
    }


def test_summary_says_what_was_made(roads: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    args = ["build", "--days", "2", "--roads", str(roads), "-o", str(tmp_path / "x")]
    for outcome in (r"events/s", "all files of events were finished already"):
        with pytest.raises(SystemExit) as ended:
            main(args)
        assert ended.value.code in (0, None)
        lines = dict(line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines())
        manifest = read_manifest(tmp_path / "x")
        n_bytes = sum(p.stat().st_size for p in (tmp_path / "x").rglob("*.parquet") if p.is_file())
        assert lines["orders"] == f"{manifest.orders:,}"
        assert lines["events"] == f"{manifest.rows:,}"
        assert lines["bytes"] == f"{n_bytes:,} in 4 files of events, 6 tables"
        assert lines["digest"] == manifest.digest
        assert lines["folder"] == str(tmp_path / "x")
        assert lines["time"].endswith(outcome)


def test_pipe_gets_the_summary_and_nothing_else(roads: Path, tmp_path: Path) -> None:
    cold = {"FASTGEN_CACHE_DIR": str(tmp_path / "cache")}
    first = run("--days", "1", "--roads", roads, "-o", "x", env=cold, cwd=tmp_path)
    assert first.returncode == 0
    assert [line.split()[0] for line in first.stdout.splitlines()] == [
        *("orders", "events", "bytes", "time", "digest", "folder")
    ]
    computing = [line for line in first.stderr.splitlines() if not line.startswith("compiling the kernels")]
    assert computing == [
        f"computing the routes over {roads / code}.roads, once"
        for code in ("sf", "sv", "bellevue", "chicago")
    ]
    second = run("--days", "1", "--roads", roads, "-o", "y", env=cold, cwd=tmp_path)
    assert second.stderr == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "x", "y"]


def test_terminal_gets_a_bar(roads: Path, tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    with subprocess.Popen(
        [*COMMAND, "--days", "3", "--roads", roads, "-o", tmp_path / "x"],
        stdout=subprocess.PIPE,
        stderr=theirs,
        env=os.environ | {"COLUMNS": "150", "TERM": "xterm"},
    ) as process:
        os.close(theirs)
        shown = b""
        try:
            while chunk := os.read(terminal, 65536):
                shown += chunk
        except OSError:  # how Linux says that the other end is closed
            pass
        summary = process.stdout.read() if process.stdout else b""
    os.close(terminal)
    assert process.returncode == 0
    assert b" orders" in shown
    assert b" events/s" in shown
    assert f"{read_manifest(tmp_path / 'x').rows:,} events".encode() in shown
    assert summary.startswith(b"orders  ")


def test_first_compilation_is_announced_once(capsys: pytest.CaptureFixture[str]) -> None:
    with TerminalProgress():
        warm = numba.njit(lambda x: x + 1)
        assert (warm(1), warm(1.5)) == (2, 2.5)
    assert capsys.readouterr().err.splitlines() == [
        "compiling the kernels, once on this machine: a few seconds"
    ]
    with TerminalProgress():
        assert warm(2) == 3
    numba.njit(lambda x: x - 1)(1)
    assert capsys.readouterr().err == ""


# --- how it starts ------------------------------------------------------------------------------------------


def test_a_build_loads_no_reader_of_parquet(tmp_path: Path) -> None:
    """Polars and PyArrow take as long to load as half a million events to make."""
    code = f"""
import sys
from fastgen.cli import cli
cli.main(["build", "--days", "1", "--locations", "sv", "-o", {str(tmp_path / "x")!r}], standalone_mode=False)
print([name for name in ("polars", "pyarrow", "pandas", "scipy", "networkx") if name in sys.modules])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_kernels_load_without_scipy_which_can_be_loaded_later() -> None:
    code = """
import gc, sys
from fastgen.loading import quick_imports
with quick_imports():
    import fastgen.building.local
from fastgen.kernels.demand import count_orders
from numba import njit
njit(lambda: 1)()  # the first call loads the rest of Numba
assert gc.isenabled()
assert not [name for name in sys.modules if name.split(".")[0] == "scipy"]
heavy = {"osmnx", "networkx", "pandas", "rich", "matplotlib"}
assert not [name for name in sys.modules if name.split(".")[0] in heavy]
import scipy.linalg
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stderr == ""


# --- troubles -----------------------------------------------------------------------------------------------


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


def test_machine_plays_no_part(roads: Path, tmp_path: Path) -> None:
    """Zone, language and hash seed change nothing."""
    digests = []
    for number, env in enumerate(
        (
            {"TZ": "Asia/Kathmandu", "LC_ALL": "C", "PYTHONHASHSEED": "1"},
            {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "PYTHONHASHSEED": "2"},
        )
    ):
        assert run("--days", "8", "--roads", roads, "-o", tmp_path / str(number), env=env).returncode == 0
        digests.append(read_manifest(tmp_path / str(number)).digest)
    assert digests[0] == digests[1]
