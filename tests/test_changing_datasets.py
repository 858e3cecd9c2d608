"""A dataset is built anew under a reader: no window has rows of both, and the reader ends in one line."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import slice_events
from fastgen.dataset.index import read_index
from fastgen.dataset.opened import open_dataset
from fastgen.errors import DamageError
from fastgen.publishing.tables import open_tables
from fastgen.replaying.options import ReplayOptions
from fastgen.replaying.run import follow
from fastgen.wire.raw_rows import raw_days
from fastgen.wire.slicer import Slicer
from tests.helpers import build_small, copy_of
from tests.readers import replace_folder
from tests.spark.asking import batch, rows_of, stream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

START_US, MINUTE_US = 1_772_366_400_000_000, 60_000_000
ANEW = r"manifest\.json: expected the manifest that this run began with, got another or none"


def build(folder: Path, **options: Any) -> Path:
    return build_small(folder, days=3, scale=0.1, **options)


@pytest.fixture(scope="module")
def older(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("older"))


@pytest.fixture(scope="module")
def newer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build(tmp_path_factory.mktemp("newer"), seed=7)


@pytest.fixture
def dataset(older: Path, tmp_path: Path) -> Path:
    """Copy of the older one, to be replaced."""
    return copy_of(older, tmp_path)


def without_manifest(dataset: Path, _: Path) -> None:
    """Stop where an overwriting build has begun to put its files in place."""
    (dataset / "manifest.json").unlink()


def in_another_form(dataset: Path, _: Path) -> None:
    """Build the same rows with other files."""
    build(dataset.parent / "form", compression="snappy")
    replace_folder(dataset, dataset.parent / "form" / "dataset")


CHANGES: dict[str, Callable[[Path, Path], object]] = {
    "another dataset": replace_folder,
    "no manifest": without_manifest,
    "another form": in_another_form,
}


def ids_of(folder: Path) -> list[str]:
    lines = [line for path in sorted(folder.glob("events-*")) for line in path.read_text().splitlines()]
    return [json.loads(line)["event_id"] for line in lines]


@pytest.mark.parametrize("name", CHANGES)
def test_follow_ends_at_its_next_window(name: str, dataset: Path, newer: Path, tmp_path: Path) -> None:
    ticks = iter(range(START_US, START_US + 100 * MINUTE_US, MINUTE_US))
    options = ReplayOptions(start_day=1, speed=600)
    windows = follow(dataset, tmp_path / "out", every_s=1e-6, options=options, clock=lambda: next(ticks))
    assert next(windows).events > 100
    assert next(windows).events > 0
    before = ids_of(tmp_path / "out")
    CHANGES[name](dataset, newer)
    with pytest.raises(DamageError, match=ANEW):
        next(windows)
    assert ids_of(tmp_path / "out") == before


@pytest.mark.parametrize("touch", ["touched", "rebuilt"])
def test_same_dataset_again_is_no_change(touch: str, dataset: Path, older: Path, tmp_path: Path) -> None:
    ticks = iter(range(START_US, START_US + 100 * MINUTE_US, MINUTE_US))
    windows = follow(dataset, tmp_path / "out", every_s=1e-6, clock=lambda: next(ticks))
    assert next(windows).events > 100
    if touch == "touched":
        os.utime(dataset / "manifest.json", (1, 1))
    else:
        replace_folder(dataset, older)
    assert next(windows).events >= 0


def test_window_that_is_being_read_ends_too(dataset: Path, newer: Path) -> None:
    """With all its files read before: what is committed afterwards is checked first."""
    index = read_index(dataset)
    chunks = Slicer(index, chunk_rows=20).chunks(index.first_s, index.end_s)
    for _ in range(5):
        next(chunks)
    replace_folder(dataset, newer)
    with pytest.raises(DamageError, match=f"{ANEW}|expected .* as the manifest states|the footer"):
        list(chunks)


def test_raw_slice_ends_too(dataset: Path, newer: Path) -> None:
    index = read_index(dataset)
    days = raw_days(index, (index.first_s, index.end_s), None, None)
    next(days)
    next(days)
    replace_folder(dataset, newer)
    with pytest.raises(DamageError):
        list(days)


@pytest.mark.parametrize("name", ["events", "order_items"])
def test_stream_of_a_table_ends_too(name: str, dataset: Path, newer: Path) -> None:
    (table,) = (table for table in open_tables(open_dataset(dataset)) if table.name == name)
    begun, not_begun = table.batches(), table.batches()
    next(begun)
    replace_folder(dataset, newer)
    for batches in (begun, not_begun):
        with pytest.raises(DamageError):
            list(batches)


@pytest.mark.parametrize("schema", ["wire", "raw"])
def test_spark_ends_too(schema: str, dataset: Path, newer: Path) -> None:
    reader = batch(dataset, schema=schema)
    partitions = reader.partitions()
    streaming = stream(dataset, schema=schema, startDay="1", anchor="2026-03-01T12:00Z")
    start, end = streaming.initialOffset(), streaming.latestOffset()
    replace_folder(dataset, newer)
    with pytest.raises(DamageError, match=ANEW):
        rows_of(reader, partitions)
    with pytest.raises(DamageError, match=ANEW):
        reader.partitions()
    with pytest.raises(DamageError, match=ANEW):
        streaming.partitions(start, end)


def test_scan_is_of_one_dataset(dataset: Path, newer: Path) -> None:
    """What Polars reads later is not checked; what a new scan reads is."""
    slice_events(dataset, 0, 1).collect()
    replace_folder(dataset, newer)
    assert slice_events(dataset, 0, 1).collect().equals(slice_events(newer, 0, 1).collect())
