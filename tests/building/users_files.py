"""Make a user's files, and say what a folder holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fastgen.dataset.layout import EVENTS, TABLES
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import write_tables

if TYPE_CHECKING:
    from pathlib import Path

MINE = b"a user's own"
PART = f"{EVENTS}/location_id=1/part-00000-00000.parquet"


def write(path: Path, data: bytes = MINE) -> None:
    """Write a file and its folders."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def tree_of(folder: Path) -> dict[str, bytes | str]:
    """Give every file, folder and link below a folder, links not followed."""
    found: dict[str, bytes | str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "folder" if path.is_dir() else path.read_bytes()
    return found


def older_folder(folder: Path) -> None:
    """Make what the older demo has: one file of events, tables of another writer, and a file more."""
    write_tables(load_inputs(None, None)[1], folder)
    for table in TABLES:
        path = folder / f"{table}.parquet"
        pl.read_parquet(path).with_columns(note=pl.lit("x")).write_parquet(path)
    write(folder / EVENTS)
    write(folder / "orders.parquet")
