"""Real processes, pipes and terminals: the build command as its users meet it."""

from __future__ import annotations

import datetime as dt
import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import polars as pl
import pytest

from fastgen.building import build as build_module
from fastgen.cli import main
from fastgen.cli.progress import TerminalProgress
from fastgen.dataset.manifest import read_manifest
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import write_tables
from tests.cli.builds import COMMAND, run
from tests.cli.processes import run_fastgen

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

    monkeypatch.setattr(build_module, "build", record)
    flags = "--days 5 --seed 7 --scale 0.5 --start 2024-02-29 --locations sf,chicago --scenario a.toml "
    flags += "--dimensions d --roads r --layout single --partition-by location_id,day --compression snappy "
    flags += "--writer polars --kitchen stations "
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
        "kitchen": "stations",
        "dimensions": Path("d"),
        "roads": Path("r"),
        "layout": "single",
        "partition_by": "location_id,day",
        "compression": "snappy",
        "writer": "polars",
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
        "writer": "fastgen",
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


def test_a_statistical_build_loads_no_reader_of_parquet_and_no_queueing_engine(tmp_path: Path) -> None:
    """Polars and PyArrow take as long to load as half a million events to make."""
    code = f"""
import sys
from fastgen.cli import cli
cli.main(["build", "--days", "1", "--locations", "sv", "-o", {str(tmp_path / "x")!r}], standalone_mode=False)
print([name for name in ("polars", "pyarrow", "pandas", "networkx") if name in sys.modules])
engine = {{"queueing", "templates", "universes", "cooking"}}
print([name for name in sys.modules if name.startswith("fastgen.") and name.split(".")[1] in engine])
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-2:] == ["[]", "[]"]


def test_a_build_loads_nothing_that_it_does_not_use() -> None:
    code = """
import gc, sys
from fastgen.loading import uncollected
with uncollected():
    import fastgen.building.build
loaded = set(sys.modules)
from numba import njit
njit(lambda: 1)()
late = [name for name in set(sys.modules) - loaded if name.startswith("numba")]
assert len(late) < 10, late  # a hundred without uncollected's refresh; the compiler itself loads two
assert gc.isenabled()
heavy = {"osmnx", "networkx", "pandas", "rich", "matplotlib"}
assert not [name for name in sys.modules if name.split(".")[0] in heavy]
"""
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert found.stderr == ""


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
