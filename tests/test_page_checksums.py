"""Every Parquet file that fastgen writes has checksums of its pages: who asks for them finds damage."""

from __future__ import annotations

import datetime as dt
import io
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

import fastgen
from fastgen.faults.slice_file import write_slice
from tests.effort import repeats
from tests.helpers import write_town

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write what there is to write."""
    folder = tmp_path_factory.mktemp("written")
    dataset = folder / "dataset"
    fastgen.build(dataset, days=1, scale=0.1, locations=["sf"], roads=write_town(folder / "roads"))
    now = dt.datetime(2026, 3, 1, tzinfo=dt.UTC)
    fastgen.replay(dataset, folder / "landing", format="parquet", now=now, start_day=1)
    fastgen.publish(dataset, f"parquet:{folder / 'tables'}")
    fastgen.publish(dataset, f"delta:{folder / 'lakehouse'}")
    for name, raw in (("wire", False), ("raw", True)):
        with (folder / f"{name}.parquet").open("wb") as stream:
            write_slice(dataset, 0, 1, stream, format="parquet", raw=raw)
    return folder


@pytest.mark.parametrize(
    ("pattern", "n_files"),
    [
        ("dataset/*.parquet", 6),
        ("dataset/events.parquet/**/*.parquet", 1),
        ("landing/*.parquet", 1),
        ("tables/**/*.parquet", 8),
        ("lakehouse/**/*.parquet", 8),
        ("*.parquet", 2),
    ],
)
def test_a_flipped_bit_of_any_column_is_found(pattern: str, n_files: int, folder: Path) -> None:
    paths = [path for path in sorted(folder.glob(pattern)) if path.is_file()]
    assert len(paths) >= n_files
    for path in paths:
        metadata = pq.read_metadata(path)
        # A raw slice begins with a group without rows.
        at = max(range(metadata.num_row_groups), key=lambda i: metadata.row_group(i).num_rows)
        group = metadata.row_group(at)
        for number in range(group.num_columns):
            chunk = group.column(number)
            damaged = bytearray(path.read_bytes())
            first = chunk.dictionary_page_offset or chunk.data_page_offset
            damaged[first + chunk.total_compressed_size - 1] ^= 1
            file = pq.ParquetFile(io.BytesIO(damaged), page_checksum_verification=True)
            with pytest.raises(OSError, match="CRC checksum verification failed"):
                file.read_row_group(at, columns=[chunk.path_in_schema])


def test_any_reader_finds_a_flipped_bit_in_a_page_of_zstd(folder: Path, tmp_path: Path) -> None:
    """Even one that knows no page checksums: frames of zstd have their own."""
    (path,) = (folder / "dataset" / "events.parquet").glob("**/*.parquet")
    data, right = path.read_bytes(), pl.read_parquet(path)
    footer = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
    places = np.random.default_rng(3).integers(4, footer, repeats(40, 1000))
    n_found = 0
    for place in places:
        damaged = bytearray(data)
        damaged[place] ^= 1 << int(place) % 8
        (tmp_path / "x.parquet").write_bytes(damaged)
        try:
            found = pl.read_parquet(tmp_path / "x.parquet")
        except (pl.exceptions.PolarsError, pl.exceptions.PanicException):
            n_found += 1
            continue
        assert found.equals(right), place  # a bit without a meaning, as in a page's CRC
    assert n_found > 0.9 * len(places)
