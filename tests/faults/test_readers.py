"""Readers that let bad rows pass find as many of them as the ledger has: DuckDB and Polars."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest

from tests.faults.streams import broken_slice, plan_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.faults.streams import Broken

COLUMNS = dict.fromkeys(("event_id", "event_type", "ts", "order_id", "body"), "VARCHAR")
COLUMNS |= {"location_id": "INTEGER", "sequence": "INTEGER"}

# Faults, and the columns that are null then in a row that is hit: all of an unreadable one.
BAD: list[tuple[dict[str, Any], set[str]]] = [
    ({"kind": "malformed"}, set(COLUMNS)),
    ({"kind": "truncated"}, set(COLUMNS)),
    ({"kind": "noise", "field": "order_id"}, set(COLUMNS)),
    ({"kind": "null", "field": "order_id"}, {"order_id"}),
    ({"kind": "missing", "field": "ts"}, {"ts"}),
    ({"kind": "drift", "change": "rename", "field": "body", "name": "payload", "from": 0}, {"body"}),
]
SHARE = {"probability": 0.1}


def in_duckdb(path: Path) -> dict[str, int]:
    """Count the nulls of each column, as DuckDB reads the file."""
    counts = ", ".join(f"count(*) - count({name})" for name in COLUMNS)
    query = f"""SELECT {counts} FROM read_json('{path}', format = 'newline_delimited', ignore_errors = true,
                columns = {COLUMNS})"""  # noqa: S608  # our own path
    with duckdb.connect() as connection:
        return dict(zip(COLUMNS, connection.execute(query).fetchall()[0], strict=True))


def in_polars(path: Path) -> dict[str, int]:
    """Count them as Polars reads lines of text; its own reader of JSON lines stops at the first bad one."""
    texts: list[str | None] = []
    for line in path.read_bytes().splitlines():
        try:
            texts.append(line.decode())
        except UnicodeDecodeError:
            texts.append(None)
    lines = pl.Series(texts, dtype=pl.String)
    frame = lines.to_frame("line").select(
        pl.col("line").str.json_path_match(f"$.{name}").alias(name) for name in COLUMNS
    )
    return {name: frame[name].null_count() for name in COLUMNS}


@pytest.fixture(scope="module")
def mixed(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    """Write a slice with several kinds of bad rows; the copies come first, so that they are good ones."""
    folder = tmp_path_factory.mktemp("mixed")
    kinds = ("duplicate", "malformed", "truncated", "lost")
    return broken_slice(dataset, folder, plan_of(folder, *({"kind": kind, **SHARE} for kind in kinds)))


@pytest.mark.parametrize(("fault", "nulls"), BAD, ids=lambda x: x["kind"] if isinstance(x, dict) else "")
def test_bad_rows_are_those_of_the_ledger(
    fault: dict[str, Any], nulls: set[str], dataset: Path, tmp_path: Path
) -> None:
    broken = broken_slice(dataset, tmp_path, plan_of(tmp_path, {**SHARE, **fault}))
    n_hit = broken.ledger.height
    assert n_hit > 100
    expected = {name: n_hit if name in nulls else 0 for name in COLUMNS}
    assert in_duckdb(broken.path) == expected
    assert in_polars(broken.path) == expected


def test_bad_rows_of_a_mixture_are_those_of_the_ledger(mixed: Broken) -> None:
    bad = mixed.ledger.filter(pl.col("kind").is_in(["malformed", "truncated"]), pl.col("line").is_not_null())
    n_bad = bad["line"].n_unique()
    assert n_bad > 200
    assert set(in_duckdb(mixed.path).values()) == {n_bad}
    assert set(in_polars(mixed.path).values()) == {n_bad}
    # The lines that can be read are those that the ledger doesn't name as bad.
    with duckdb.connect() as connection:
        query = f"""SELECT count(event_id), count(DISTINCT event_id) FROM read_json('{mixed.path}',
                    format = 'newline_delimited', ignore_errors = true, columns = {COLUMNS})"""  # noqa: S608
        n_read, n_distinct = connection.execute(query).fetchall()[0]
    assert n_read == len(mixed.lines) - n_bad
    copies = mixed.ledger.filter(pl.col("kind") == "duplicate", pl.col("line").is_not_null())
    twice = copies.filter(~pl.col("line").is_in(bad["line"].to_list()))
    bad_events = set(bad.filter(pl.col("copy") == 0)["event_id"]) | set(
        mixed.ledger.filter(pl.col("kind") == "lost", pl.col("copy") == 0)["event_id"]
    )
    assert n_read - n_distinct == sum(event not in bad_events for event in twice["event_id"])


def test_wrong_types_are_those_of_the_ledger(dataset: Path, tmp_path: Path) -> None:
    fault = {"kind": "wrong_type", "field": "progress_pct", **SHARE}
    broken = broken_slice(dataset, tmp_path, plan_of(tmp_path, fault))
    with duckdb.connect() as connection:
        query = f"""SELECT count(*) FROM read_json('{broken.path}', format = 'newline_delimited',
                    columns = {COLUMNS}) WHERE json_type(body, '$.progress_pct') = 'VARCHAR'"""  # noqa: S608
        assert connection.execute(query).fetchall() == [(broken.ledger.height,)]
    places = dict(zip(broken.ledger["line"], broken.ledger["after"], strict=True))
    assert all(places[n] in broken.lines[n - 1] for n in places)


def test_ledger_is_read_by_the_query_of_the_document(mixed: Broken, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.documents import blocks  # noqa: PLC0415

    monkeypatch.chdir(mixed.ledger_path.parent)
    (query,) = blocks("docs/faults.md", "sql")
    with duckdb.connect() as connection:
        found = connection.execute(query).fetchall()
    assert {kind: n for kind, _, n in found} == dict(mixed.ledger["kind"].value_counts().iter_rows())
