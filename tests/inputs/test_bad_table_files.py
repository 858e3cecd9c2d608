"""A missing or damaged file of a table is refused in one line, and so ends every process."""

import copy
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastgen.errors import DataError, ScenarioError
from fastgen.inputs.loading import load_inputs
from fastgen.model.dimensions import TABLES
from tests.cli.processes import run_fastgen
from tests.effort import repeats
from tests.inputs.town_tables import TOWN, refuse, write_town


@pytest.mark.parametrize("table", TABLES)
def test_missing_file_is_refused(tmp_path: Path, table: str) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    path.unlink()
    assert refuse(directory) == f"{path}: expected a readable Parquet file, got No such file or directory."


@pytest.mark.parametrize("table", [t for t in TABLES if t != "brand_locations"])
def test_empty_table_is_refused(tmp_path: Path, table: str) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    pq.write_table(pq.read_table(path).slice(0, 0), path)
    assert refuse(directory) == f"{path}: expected at least one row, got none."


@pytest.mark.parametrize("table", TABLES)
def test_truncated_or_damaged_file_is_refused_or_reads_as_tables(tmp_path: Path, table: str) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    whole = path.read_bytes()
    for length in range(0, len(whole), 97):
        path.write_bytes(whole[:length])
        assert refuse(directory).startswith(f"{path}: expected a whole Parquet file, got {length} bytes (")
    rng = random.Random(table)  # noqa: S311
    for _ in range(40):
        damaged = bytearray(whole)
        damaged[rng.randrange(4, len(whole))] ^= 1 << rng.randrange(8)
        path.write_bytes(damaged)
        try:
            load_inputs(None, directory)
        except (DataError, ScenarioError) as error:
            assert str(directory) in str(error)  # noqa: PT017  # damage to an unread byte is no error


def no_file(_folder: Path) -> str:
    return ": expected a Parquet file or a folder of such files, got an empty folder."


def another_file(folder: Path) -> str:
    (folder / "part-0.parquet").write_text("notes")
    return "/part-0.parquet: expected a whole Parquet file, got 5 bytes ("


def partitions(folder: Path) -> str:
    (folder / "brand_id=10").mkdir()
    return "/brand_id=10: expected a Parquet file, got a folder: write the table unpartitioned."


def delta(folder: Path) -> str:
    (folder / "_delta_log").mkdir()
    return ": expected a folder of Parquet files, got a Delta table: export it as Parquet."


def a_wrong_row(folder: Path) -> str:
    names = {**TOWN["items"], "name": ["a", "b", None, "d"]}
    pq.write_table(pa.table(TOWN["items"]), folder / "part-0.parquet")
    pq.write_table(pa.table(names), folder / "part-1.parquet")
    return "/part-1.parquet: name, row 2: expected a value of type str, got null."


@pytest.mark.parametrize("fill", [no_file, another_file, partitions, delta, a_wrong_row])
def test_folder_in_place_of_a_file_is_refused_unless_it_holds_parts(
    tmp_path: Path, fill: Callable[[Path], str]
) -> None:
    directory = write_town(tmp_path)
    path = directory / "items.parquet"
    path.unlink()
    path.mkdir()
    wanted = fill(path)
    assert refuse(directory).startswith(f"{path}{wanted}")


def test_missing_folder_is_refused(tmp_path: Path) -> None:
    assert refuse(tmp_path / "none").startswith(
        f"{tmp_path / 'none'}: expected a folder with locations.parquet"
    )


@pytest.mark.skipif(
    not Path("/proc/self/task").exists(), reason="Threads are counted by Linux's /proc, which is missing"
)
def test_reading_leaves_no_thread_that_could_abort_the_process_at_its_end(tmp_path: Path) -> None:
    """One that lets go of Python's bytes while the interpreter ends ends the process by SIGABRT."""
    directory = write_town(tmp_path)
    code = (
        "import os, sys; from pathlib import Path; import numpy, pyarrow.parquet\n"
        "from fastgen.inputs.table_files import read_columns\n"
        "before = set(os.listdir('/proc/self/task'))\n"
        "read_columns(Path(sys.argv[1]), {'location_id': 'i64', 'name': 'str'}, set())\n"
        "print(len(set(os.listdir('/proc/self/task')) - before))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, directory / "locations.parquet"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.stdout, run.stderr) == ("0\n", "")


def test_a_wrong_table_ends_every_process_with_one_line_and_exit_code_2(tmp_path: Path) -> None:
    tables = copy.deepcopy(TOWN)
    tables["locations"]["location_id"] = ["7", "3"]
    directory = write_town(tmp_path, tables)
    for _ in range(repeats(6, 60)):
        run = run_fastgen("scenario", "show", "--dimensions", directory)
        assert run.returncode == 2
        assert run.stderr == (
            f"fastgen: {directory}/locations.parquet: location_id: expected type i64, got string.\n"
        )
