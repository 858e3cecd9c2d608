"""Read a whole dataset by every command that reads one, into what can be compared."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

import fastgen
from fastgen.dataset.info import describe_dataset
from fastgen.faults.slice_file import write_slice
from tests.helpers import read_raw
from tests.spark.asking import read_batch

if TYPE_CHECKING:
    from collections.abc import Callable

    import pyarrow as pa

MANIFEST = "manifest.json"
FAR = 9999
NOON = dt.datetime(2026, 3, 1, 12, 0, tzinfo=dt.UTC)


class Cut(io.BytesIO):
    """A stream whose content is still there after an error."""


def slice_wire(dataset: Path, out: Cut) -> bytes:
    """Slice all of it in the wire format."""
    write_slice(dataset, "2000-01-01", FAR, out)
    return out.getvalue()


def slice_raw(dataset: Path, out: Cut) -> bytes:
    """Slice all of it with the stored columns."""
    write_slice(dataset, "2000-01-01", FAR, out, raw=True)
    return out.getvalue()


def replay(dataset: Path, out: Cut) -> bytes:
    """Replay all of it, without loops, into a folder; what readers see there counts, also after an error."""
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "landing"
        try:
            fastgen.replay(dataset, target, start_day=0, loop=False, now=NOON)
            fastgen.replay(dataset, target, now=NOON + dt.timedelta(days=2))
        finally:
            for path in sorted(target.glob("events-*")):
                out.write(path.read_bytes())
    return out.getvalue()


def publish(dataset: Path, _: Cut) -> dict[str, pa.Table]:
    """Publish it as Parquet files."""
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "tables"
        fastgen.publish(dataset, f"parquet:{place}")
        return {
            path.parent.name: pq.ParquetFile(io.BytesIO(path.read_bytes())).read()
            for path in sorted(place.glob("*/*.parquet"))
        }


def info(dataset: Path, _: Cut) -> dict[str, Any]:
    """Describe it, but for where it is."""
    return {**describe_dataset(dataset).to_dict(), "path": None}


def spark_wire(dataset: Path, _: Cut) -> list[dict[str, Any]]:
    """Read it as Spark's tasks do."""
    return read_batch(dataset)


def spark_raw(dataset: Path, _: Cut) -> list[dict[str, Any]]:
    """Read its stored columns as Spark's tasks do."""
    return read_batch(dataset, schema="raw")


READERS: dict[str, Callable[[Path, Cut], Any]] = {
    "slice": slice_wire,
    "slice --raw": slice_raw,
    "replay": replay,
    "publish": publish,
    "info": info,
    "spark": spark_wire,
    "spark raw": spark_raw,
}
# What each reads beside the manifest: "events" every byte of them, "some" some columns.
READ = {
    **{name: {"events"} for name in READERS},
    "publish": {"events", "tables"},
    "info": {"some", "tables"},
}


def read_all(dataset: Path) -> dict[str, Any]:
    """Read it by every one of them."""
    return {name: reader(dataset, Cut()) for name, reader in READERS.items()}


def replace_folder(dataset: Path, other: Path) -> None:
    """Put another folder in a dataset's place."""
    shutil.rmtree(dataset)
    shutil.copytree(other, dataset)


def files_of(dataset: Path) -> list[str]:
    """List a dataset's manifest, parts and tables."""
    raw = read_raw(dataset)
    return [MANIFEST, *(entry["path"] for entry in (*raw["files"], *raw["tables"]))]
