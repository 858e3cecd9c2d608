"""A benchmark's users trust the answers: two engines must give them, and they must never change unnoticed."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from fastgen import scan_events
from fastgen.building.build import build
from tests.golden.checksums import GOLDEN, GOLDEN_BUILDS, Checksums, load_checksums
from tests.golden.queries import canonical_rows, duckdb_views, load_queries, make_answer, polars_views
from tests.helpers import build_small

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

QUERIES = load_queries()


@pytest.fixture(scope="module")
def pins() -> Checksums:
    return load_checksums(GOLDEN)


@pytest.fixture(scope="module")
def canonical(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("canonical"), **GOLDEN_BUILDS["canonical"]).path


@pytest.fixture(scope="module")
def engine(canonical: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        for statement in duckdb_views(canonical, "events.parquet/**/*.parquet"):
            connection.execute(statement)
        yield connection


@pytest.fixture(scope="module")
def frames(canonical: Path) -> pl.SQLContext[pl.LazyFrame]:
    return pl.SQLContext(polars_views(canonical))


def test_there_are_twenty() -> None:
    assert len(QUERIES) == 20


def test_every_answer_has_an_order(pins: Checksums) -> None:
    for name, sql in QUERIES.items():
        assert sql.startswith("-- ")
        assert pins.queries[name].rows == 1 or "ORDER BY" in sql.rpartition("FROM ")[2]


def test_every_query_is_pinned(pins: Checksums) -> None:
    assert list(pins.queries) == list(QUERIES)


@pytest.mark.parametrize("name", QUERIES)
def test_duckdb_gives_the_pinned_answer(
    name: str, engine: duckdb.DuckDBPyConnection, pins: Checksums
) -> None:
    assert make_answer(engine.execute(QUERIES[name]).fetchall()) == pins.queries[name]


@pytest.mark.parametrize("name", QUERIES)
def test_polars_gives_the_pinned_answer(
    name: str, frames: pl.SQLContext[pl.LazyFrame], pins: Checksums
) -> None:
    assert make_answer(frames.execute(QUERIES[name], eager=True).rows()) == pins.queries[name]


@pytest.mark.parametrize("name", QUERIES)
def test_engines_agree_row_by_row_on_other_data(name: str, small: Path) -> None:
    """On data that nobody pinned; a difference shows in the rows themselves."""
    with duckdb.connect() as connection:
        for statement in duckdb_views(small, "events.parquet"):
            connection.execute(statement)
        theirs = canonical_rows(connection.execute(QUERIES[name]).fetchall())
    with pl.SQLContext(polars_views(small)) as context:
        ours = canonical_rows(context.execute(QUERIES[name], eager=True).rows())
    assert ours == theirs


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("it's small")  # a quote in the path, too
    return build_small(folder, seed=3, days=16, scale=0.1, layout="single")


def test_no_folder_above_is_taken_for_a_column(small: Path, tmp_path: Path) -> None:
    below = tmp_path / "ts_seconds=9" / "location_id=9" / "name=x" / "run=7"
    forms = {
        small: "events.parquet",
        shutil.copytree(small, below / "single"): "events.parquet",
        build_small(below, seed=3, days=16, scale=0.1): "events.parquet/**/*.parquet",
    }
    found = []
    for folder, events in forms.items():
        with duckdb.connect() as connection:
            for statement in duckdb_views(folder, events):
                connection.execute(statement)
            columns = [f"CAST({name} AS VARCHAR)" for name in scan_events(small).collect_schema()]
            sql = f"SELECT {', '.join(columns)} FROM events ORDER BY order_id, sequence"  # noqa: S608
            rows = connection.execute(sql).fetchall()
            found.append((rows, connection.execute("FROM brands ORDER BY ALL").fetchall()))
    assert len(found[0][0]) > 100
    assert found[0] == found[1] == found[2]


def test_the_pinned_dataset_is_the_canonical_one(canonical: Path, pins: Checksums) -> None:
    """If this fails, the answers above have failed with it."""
    from fastgen.dataset.verify.run import verify_dataset  # noqa: PLC0415

    assert pins.datasets["canonical"].digest == verify_dataset(canonical, GOLDEN).digest


def test_cells_are_written_one_way() -> None:
    rows = [(None, 3, 0.12349, -0.00001, "Caffè"), (1.0, True, 2.5, 1e6, "")]
    assert canonical_rows(rows) == [
        ("null", "3", "0.123", "0.000", "Caffè"),
        ("1.000", "True", "2.500", "1000000.000", ""),
    ]


def test_answers_depend_on_every_cell_and_the_order_of_rows() -> None:
    rows = [(1, "a"), (2, "b")]
    assert make_answer(rows) == make_answer(tuple(rows))
    assert make_answer(rows).first == ("1", "a")
    others: tuple[list[tuple[int, str]], ...] = ([(1, "a"), (2, "c")], [(2, "b"), (1, "a")], [(1, "a")], [])
    assert len({make_answer(other).sha256 for other in (rows, *others)}) == 5
