"""Rewrite golden checksums, on purpose: `.venv/bin/python -m tests.golden CHECKSUMS.json`.

Builds the datasets of `GOLDEN_BUILDS` in a temporary folder, verifies each, and asks the canonical one the
twenty queries in DuckDB and in Polars. Whatever changes a digest without raising the stream version is a
mistake, so look at the difference before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

import fastgen
from fastgen.dataset.checksums import Golden, make_golden
from fastgen.dataset.verify.run import verify_dataset
from tests.golden.checksums import GOLDEN_BUILDS, Answer, Checksums, write_checksums
from tests.golden.queries import duckdb_views, load_queries, make_answer, polars_views


def main(file: Path) -> None:
    """Build the golden datasets and write their checksums to a file."""
    datasets: dict[str, Golden] = {}
    answers: dict[str, Answer] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, parameters in GOLDEN_BUILDS.items():
            dataset = Path(folder) / name
            datasets[name] = build(dataset, parameters)
            print(f"{name}: {datasets[name].rows:,} events, digest {datasets[name].digest}")  # noqa: T201
            if not answers:
                answers = ask(dataset)
    write_checksums(file, Checksums(datasets, answers))
    print(f"{file}: {len(datasets)} datasets, answers of {len(answers)} queries")  # noqa: T201


def build(dataset: Path, parameters: dict[str, Any]) -> Golden:
    """Build a dataset, and verify it."""
    manifest = fastgen.build(dataset, **parameters).manifest
    report = verify_dataset(dataset)
    if not report.passed:
        raise SystemExit(f"{dataset.name}: expected a dataset that verifies, got: {report.to_lines()[-1]}")
    return make_golden(manifest)


def ask(dataset: Path) -> dict[str, Answer]:
    """Ask the queries in two engines, which have to agree."""
    answers = {}
    with duckdb.connect() as connection:
        for statement in duckdb_views(dataset, "events.parquet/**/*.parquet"):
            connection.execute(statement)
        context = pl.SQLContext(polars_views(dataset))
        for name, sql in load_queries().items():
            answers[name] = make_answer(connection.execute(sql).fetchall())
            theirs = make_answer(context.execute(sql, eager=True).rows())
            if theirs != answers[name]:
                raise SystemExit(f"{name}: expected one answer, got {answers[name]} and {theirs}.")
    return answers


if __name__ == "__main__":
    main(Path(sys.argv[1]))
