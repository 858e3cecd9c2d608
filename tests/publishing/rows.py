"""Read what was published back, each form by its own reader; and change it as others might."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl
from deltalake import DeltaTable

from fastgen import scan_events
from fastgen.publishing.publication import read_publication_state
from fastgen.publishing.target import Form

KEY = ["order_id", "sequence"]
# Readers that look for partitions take these for columns.
BELOW = "date=2026-03-01/location_id=9/run=7"


def target_of(form: Form, folder: Path) -> str:
    """Name a target of a form."""
    return f"{form}:{folder / ('b.duckdb' if form is Form.DUCKDB else 'tables')}"


def read_table(target: str, name: str) -> pl.DataFrame:
    """Read a published table; times without a zone."""
    form, _, path = target.partition(":")
    if form == Form.DUCKDB:
        with duckdb.connect(path, read_only=True) as connection:
            frame = pl.from_arrow(connection.sql(f"FROM {name}").to_arrow_table())
    elif form == Form.DELTA:
        frame = pl.from_arrow(pl.from_arrow(DeltaTable(f"{path}/{name}").to_pyarrow_table()).to_arrow())
    else:
        frame = pl.read_parquet(f"{path}/{name}/*.parquet", glob=True)
    assert isinstance(frame, pl.DataFrame)
    stamps = [c for c, kind in frame.schema.items() if isinstance(kind, pl.Datetime)]
    return frame.with_columns(pl.col(stamps).dt.replace_time_zone(None))


def assert_events(target: str, dataset: Path) -> None:
    """Assert that all rows of a dataset are there."""
    expected = scan_events(dataset).collect().sort(KEY)
    assert read_table(target, "events").sort(KEY).select(expected.columns).equals(expected)


def write_over(path: Path) -> None:
    """Leave something of value."""
    path.write_bytes(b"precious")


def contents(folder: Path) -> dict[Path, bytes | None]:
    """Read every file below a folder; None for a folder."""
    return {path: path.read_bytes() if path.is_file() else None for path in folder.rglob("*")}


def assert_unfinished(target: str) -> None:
    """Assert that nothing of a target looks finished."""
    form, _, path = target.partition(":")
    if form == Form.DUCKDB:
        assert not Path(path).exists()
    else:
        state = read_publication_state(Path(path))
        assert state is not None
        assert not state.finished
