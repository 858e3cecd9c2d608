"""Files of tables have the same rows and bytes however they are written, for every reader."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.dataset
import pytest
from polars import selectors
from polars.testing import assert_frame_equal

from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.universes import table_files
from fastgen.universes.part_files import site_folder
from fastgen.universes.table_files import SiteTables, list_tables, scan_table
from tests.documents import DOCUMENTS
from tests.universes.tables import DAYS, Run, read, run_sites, write_tables

if TYPE_CHECKING:
    from pathlib import Path


def test_days_written_in_pieces_are_the_same_rows(
    overloaded: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = {name: read(overloaded, name) for name in RESULT_TABLES}
    state, plan = None, overloaded.plan
    for log in overloaded.logs:
        tables = SiteTables(tmp_path / "tables", plan, overloaded.menu, state)
        tables.add(log)
        tables.flush()
        tables.flush()
        state = json.loads(json.dumps(tables.state))
    few = SiteTables(tmp_path / "few", plan, overloaded.menu)
    monkeypatch.setattr(table_files, "_ROWS", 300)
    for log in overloaded.logs:
        few.add(log)
    few.flush()
    for name in ("orders", "order_lines", "steps", "metrics", "station_metrics"):
        for folder in ("tables", "few"):
            files = sorted(path.name for path in site_folder(tmp_path / folder, name, "sf").iterdir())
            made = scan_table(tmp_path / folder, name).drop("site").collect()
            assert_frame_equal(
                made.drop("order_id", strict=False), whole[name].drop("order_id", strict=False)
            )
            assert (len(files) == DAYS) == (folder == "tables")


def test_the_same_run_writes_the_same_bytes(runs: list[Run], tmp_path: Path) -> None:
    again = run_sites(tmp_path)
    write_tables(again)
    first, second = (list_tables(some[0].tables, some[0].tables) for some in (runs, again))
    assert first == second
    assert len(first) == 2 * len(RESULT_TABLES)
    for entry in first:
        name = entry.path.split("/")[0]
        # Nothing disturbs these sites.
        assert (scan_table(runs[0].tables, name).collect().height > 0) == (name != "disturbances")
        assert entry.rows == pl.read_parquet(runs[0].tables / entry.path, hive_partitioning=False).height


def test_files_of_later_days_are_removed(runs: list[Run], tmp_path: Path) -> None:
    tables = SiteTables(tmp_path, runs[0].plan, runs[0].menu)
    for log in runs[0].logs:
        tables.add(log)
        tables.flush()
    tables.remove_from(3)
    left = {path.name for path in tmp_path.rglob("*.parquet")}
    assert left == {f"part-0000{day}-0000{day}.parquet" for day in range(3)}


ODD_SITES = ("sf", "007", "a=b", "50 % off", "Zürich", "what?", "1998-04-30")


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a table of sites whose names readers of folders might take for something else."""
    folder = tmp_path_factory.mktemp("odd")
    for n, site in enumerate(ODD_SITES):
        path = site_folder(folder, "kitchens", site)
        path.mkdir(parents=True)
        pl.DataFrame({"kitchen": [n]}).write_parquet(path / "part-00000.parquet")
    return folder


def test_readers_take_the_name_of_a_site_from_its_folder(odd: Path) -> None:
    wanted = {(n, site) for n, site in enumerate(ODD_SITES)}
    assert set(scan_table(odd, "kitchens").select("kitchen", "site").collect().rows()) == wanted
    read = f"read_parquet('{odd}/kitchens/*/*.parquet', hive_types = {{'site': VARCHAR}})"
    with duckdb.connect() as connection:
        assert set(connection.sql(f"FROM {read} SELECT kitchen, site").fetchall()) == wanted
    kinds = pa.schema([("site", pa.string())])
    partitioning = pyarrow.dataset.partitioning(kinds, flavor="hive")
    table = pyarrow.dataset.dataset(odd / "kitchens", partitioning=partitioning).to_table()
    assert {(row["kitchen"], row["site"]) for row in table.to_pylist()} == wanted


@pytest.mark.parametrize("name", RESULT_TABLES)
def test_duckdb_and_pyarrow_read_what_polars_reads(runs: list[Run], name: str) -> None:
    folder = runs[0].tables / name
    wanted = scan_table(runs[0].tables, name).collect()
    with duckdb.connect() as connection:
        found = pl.DataFrame(connection.sql(f"FROM read_parquet('{folder}/*/*.parquet')").to_arrow_table())
    # DuckDB shows times in the time zone of the session.
    found = found.with_columns(selectors.datetime().dt.convert_time_zone("UTC"))
    assert_frame_equal(found, wanted, check_row_order=False)
    table = pyarrow.dataset.dataset(folder, partitioning="hive").to_table()
    assert_frame_equal(pl.DataFrame(table), wanted, check_row_order=False)


def test_the_documents_name_every_table_and_column(runs: list[Run]) -> None:
    text = DOCUMENTS["docs/universe.md"]
    for name in RESULT_TABLES:
        section = text.split(f"\n| {name} |")[1].split("\n\n")[0]
        named = [re.findall(r"`(\w+)`", line.split("|")[1]) for line in section.split("\n") if "`" in line]
        assert [column for columns in named for column in columns] == read(runs[0], name).columns
