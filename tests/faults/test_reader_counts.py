"""DuckDB and Polars find the bad rows of each kind that the ledger has: slices, replays and live folders."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from tests.faults.bad_rows import CASES, COLUMNS, check_counts, emit

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.bad_rows import Emitted


@pytest.fixture(scope="module", params=CASES, ids="-".join)
def case(
    request: pytest.FixtureRequest, dataset: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Emitted, str]:
    """Emit a stream in a format, which is named beside it."""
    source, form = request.param
    return emit(source, form, dataset, tmp_path_factory.mktemp(f"{source}-{form}")), form


def in_duckdb(files: list[Path]) -> pl.DataFrame:
    """Read with DuckDB: what is no JSON becomes a row of nulls, and the type of a value is asked for."""
    reader = (
        "read_json(?, format = 'newline_delimited', ignore_errors = true,"
        " columns = {event_id: 'VARCHAR', event_type: 'VARCHAR', ts: 'VARCHAR', body: 'VARCHAR'})"
        if files[0].suffix == ".jsonl"
        else "read_csv(?, header = true, all_varchar = true)"
    )
    query = f"""
        SELECT event_id, event_type, ts, json_type(body, '$.loc_lat') = 'NULL' AS no_lat,
            json_type(body, '$.customer_lat') = 'VARCHAR' AS wrong_lat, json_exists(body, '$.tip') AS has_tip
        FROM {reader}"""  # noqa: S608  # one of the two above
    with duckdb.connect() as connection:
        rows = connection.execute(query, [list(map(str, files))]).fetchall()
    return pl.DataFrame(rows, schema=COLUMNS, orient="row", infer_schema_length=None)


def in_polars(files: list[Path]) -> pl.DataFrame:
    """Read with Polars: its reader of JSON lines stops at the first bad one, so lines are read as text."""
    fields = ["event_id", "event_type", "ts", "body"]
    if files[0].suffix == ".jsonl":
        line = pl.col("line").str
        frame = pl.scan_lines(files).select(line.json_path_match(f"$.{name}").alias(name) for name in fields)
    else:
        frame = pl.scan_csv(files, infer_schema=False).select(fields)
    body = pl.col("body").str
    return frame.select(
        *fields[:3],
        body.contains('"loc_lat":null', literal=True).alias("no_lat"),
        body.contains('"customer_lat":"', literal=True).alias("wrong_lat"),
        body.json_path_match("$.tip").is_not_null().alias("has_tip"),
    ).collect()


def test_duckdb_counts_what_the_ledger_has(case: tuple[Emitted, str]) -> None:
    check_counts(in_duckdb, *case)


def test_polars_counts_what_the_ledger_has(case: tuple[Emitted, str]) -> None:
    check_counts(in_polars, *case)
