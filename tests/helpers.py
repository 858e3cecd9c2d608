"""Build small datasets on invented towns, slice them, and change finished ones."""

from __future__ import annotations

import io
import json
import shutil
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow.parquet as pq

from fastgen.building.build import build
from fastgen.dataset.layout import MANIFEST, ROW_GROUP_ROWS
from fastgen.dataset.manifest import parse_manifest
from fastgen.dataset.reading.digest_file import digest_file_days
from fastgen.dataset.reading.event_file import EventFile
from fastgen.dataset.reading.manifest_checks import check_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.events.digest import digest_dataset
from fastgen.faults.slice_file import write_slice
from fastgen.files import hash_file
from tests.small_town import KITCHENS, write_towns

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.instants import Instant
    from fastgen.dataset.opened import OpenDataset

Raw = dict[str, Any]


def write_town(folder: Path, codes: tuple[str, ...] = ("sf", "chicago")) -> Path:
    """Write CODE.roads of an invented town for some locations of the canonical scenario."""
    return write_towns(folder, {code: KITCHENS[code] for code in codes})


def build_small(
    folder: Path, *, locations: tuple[str, ...] = ("sf", "chicago"), days: int = 3, **options: Any
) -> Path:
    """Build a dataset of some hundred orders, in a second or less."""
    roads = write_town(folder / "roads", locations)
    options = {"scale": 0.2, "workers": 1, **options}
    build(folder / "dataset", locations=locations, days=days, roads=roads, **options)
    return folder / "dataset"


def slice_of(dataset: Path | OpenDataset, start: Instant, end: Instant, **options: Any) -> bytes:
    """Write a slice of a dataset into memory."""
    out = io.BytesIO()
    write_slice(dataset, start, end, out, **options)
    return out.getvalue()


def copy_of(dataset: Path, folder: Path) -> Path:
    """Copy a dataset, to change it."""
    shutil.copytree(dataset, folder / "copy")
    return folder / "copy"


def first_part(dataset: Path) -> Path:
    """Path of the first event file."""
    return dataset / str(read_raw(dataset)["files"][0]["path"])


def read_raw(dataset: Path) -> Raw:
    """Read a manifest as it stands, but for its seal: nothing tells that it was changed, as of old."""
    raw: Raw = json.loads((dataset / MANIFEST).read_text())
    raw.pop("sha256", None)
    return raw


def change_manifest(dataset: Path, change: Callable[[Raw], object]) -> None:
    """Change a manifest in place."""
    raw = read_raw(dataset)
    change(raw)
    (dataset / MANIFEST).write_text(json.dumps(raw))


def rewrite(path: Path, change: Callable[[pl.DataFrame], pl.DataFrame]) -> None:
    """Change the rows of a Parquet file, and keep its metadata, the hashes of its old chunks among them."""
    metadata = pq.read_metadata(path).metadata or {}
    kept = {key.decode(): value.decode() for key, value in metadata.items() if not key.startswith(b"ARROW")}
    frame = change(pl.read_parquet(path, hive_partitioning=False))
    frame.write_parquet(path, row_group_size=ROW_GROUP_ROWS, metadata=kept)


def reseal(dataset: Path, more_orders: int = 0) -> None:
    """Make the manifest agree with changed files, as if they had been built so: only the invariants can tell.

    Rows that were added to, or taken from, the first file are counted to its first day, with `more_orders`
    orders.
    """
    raw = read_raw(dataset)
    for entry in (*raw["files"], *raw["tables"]):
        path = dataset / entry["path"]
        entry.update(bytes=path.stat().st_size, sha256=hash_file(path))
        entry.pop("footer", None)
    columns = raw["location_days"]
    more_rows = pq.read_metadata(first_part(dataset)).num_rows - raw["files"][0]["rows"]
    raw["files"][0]["rows"] += more_rows
    columns["rows"][0] += more_rows
    columns["orders"][0] += more_orders
    raw["rows"], raw["orders"] = sum(columns["rows"]), sum(columns["orders"])
    manifest = parse_manifest(json.dumps(raw), "resealed")
    days = []
    for part in check_manifest(manifest, parse_scenario(manifest, "resealed"))[1]:
        with EventFile(dataset, part.entry, checked=False) as file:
            days += digest_file_days(file, part.days)
    for i, day in enumerate(days):
        columns["bytes"][i], columns["digest"][i] = day.bytes, day.digest
    raw["digest"] = digest_dataset(days)
    (dataset / MANIFEST).write_text(json.dumps(raw))
