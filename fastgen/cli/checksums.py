"""Rewrite golden checksums, on purpose: `python -m fastgen.cli.checksums canonical_dataset/checksums.json`.

Builds the datasets of `GOLDEN_BUILDS` in a temporary folder, verifies each, and asks the canonical one the
twenty queries in DuckDB and in Polars. Whatever changes a digest without raising the stream version is a
mistake, so look at the difference before it is committed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from fastgen.cli.printing import escape, say
from fastgen.errors import DataError, FastgenError

if TYPE_CHECKING:
    from fastgen.dataset.checksums import Answer, Golden


@click.command()
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def checksums(file: Path) -> None:
    """Build the golden datasets and write their checksums to FILE."""
    from fastgen.dataset.checksums import GOLDEN_BUILDS, Checksums, write_checksums  # noqa: PLC0415

    datasets: dict[str, Golden] = {}
    answers: dict[str, Answer] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, parameters in GOLDEN_BUILDS.items():
            dataset = Path(folder) / name
            datasets[name] = _build(dataset, parameters)
            say(f"{name}: {datasets[name].rows:,} events, digest {datasets[name].digest}")
            if not answers:
                answers = _ask(dataset)
    write_checksums(file, Checksums(datasets, answers))
    say(f"{file}: {len(datasets)} datasets, answers of {len(answers)} queries")


def _build(dataset: Path, parameters: dict[str, object]) -> Golden:
    from fastgen.building.build import build  # noqa: PLC0415
    from fastgen.dataset.checksums import make_golden  # noqa: PLC0415
    from fastgen.dataset.verify.run import verify_dataset  # noqa: PLC0415

    manifest = build(dataset, **parameters).manifest  # type: ignore[arg-type]
    report = verify_dataset(dataset)
    if not report.passed:
        raise DataError(f"{dataset.name}: expected a dataset that verifies, got: {report.to_lines()[-1]}")
    return make_golden(manifest)


def _ask(dataset: Path) -> dict[str, Answer]:
    try:
        import duckdb  # noqa: PLC0415
    except ModuleNotFoundError:
        raise DataError("Expected DuckDB to be installed: pip install 'fastgen[dev]'.") from None
    import polars as pl  # noqa: PLC0415

    from fastgen.dataset.queries import (  # noqa: PLC0415
        duckdb_views,
        load_queries,
        make_answer,
        polars_views,
    )

    answers = {}
    with duckdb.connect() as connection:
        for statement in duckdb_views(dataset, "events.parquet/**/*.parquet"):
            connection.execute(statement)
        context = pl.SQLContext(polars_views(dataset))
        for name, sql in load_queries().items():
            answers[name] = make_answer(connection.execute(sql).fetchall())
            theirs = make_answer(context.execute(sql, eager=True).rows())
            if theirs != answers[name]:
                raise DataError(f"{name}: expected one answer, got {answers[name]} and {theirs}.")
    return answers


if __name__ == "__main__":
    try:
        checksums(standalone_mode=False)
    except (click.ClickException, FastgenError) as error:
        raise SystemExit(f"checksums: {escape(str(error))}") from None
