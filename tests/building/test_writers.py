"""Both writers make the same dataset: Polars' files are the standing check of fastgen's own encoder."""

from __future__ import annotations

import json
import os
import threading
from operator import itemgetter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
from polars.testing import assert_frame_equal

import fastgen
from fastgen import BuildResult, DamageError, OutputError, Progress, ScenarioError
from fastgen.dataset.layout import EVENTS, MANIFEST, ROW_GROUP_ROWS, TABLES, WORK
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.verify.run import verify_dataset
from fastgen.generating import maker
from tests.building.six_files import assert_finished, assert_whole
from tests.parquet.test_whole_or_nothing import files_of_at_most
from tests.readers import read_all
from tests.spark.asking import in_order

if TYPE_CHECKING:
    from collections.abc import Callable

FORMS: dict[str, dict[str, Any]] = {
    "a file a day": {},
    "a file a location": {"partition_by": "location_id", "compression": "snappy"},
    "one file": {"partition_by": "location_id", "layout": "single"},
    "one file, not compressed": {"partition_by": "location_id", "layout": "single", "compression": "none"},
}


@pytest.fixture
def by_polars(small: Callable[..., BuildResult]) -> Callable[..., BuildResult]:
    """Build the six files by Polars."""

    def run(out: Path, **options: Any) -> BuildResult:
        return small(out, writer="polars", **options)

    return run


@pytest.mark.parametrize("form", FORMS)
def test_datasets_are_equal_but_for_their_files(
    form: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    own = small(tmp_path / "fastgen", **FORMS[form]).manifest
    other = small(tmp_path / "polars", writer="polars", **FORMS[form]).manifest
    assert_whole(tmp_path / "polars", other)
    assert verify_dataset(tmp_path / "polars").passed
    assert (other.digest, other.days, other.orders) == (own.digest, own.days, own.orders)
    assert [(e.path, e.rows) for e in other.files] == [(e.path, e.rows) for e in own.files]
    assert other.tables == own.tables
    assert other.build_id != own.build_id
    keys = [json.loads((tmp_path / name / MANIFEST).read_text()).keys() for name in ("fastgen", "polars")]
    assert keys[1] - keys[0] == {"writer"}
    assert_frame_equal(*(fastgen.scan_events(tmp_path / name).collect() for name in ("fastgen", "polars")))


@pytest.mark.parametrize("form", ["a file a day", "one file"])
def test_every_command_reads_the_same_of_both(
    form: str, small: Callable[..., BuildResult], tmp_path: Path
) -> None:
    read = []
    for writer in ("fastgen", "polars"):
        small(tmp_path / writer, writer=writer, days=2, scale=0.3, **FORMS[form])
        found = read_all(tmp_path / writer)
        assert found["info"].pop("writer") == writer
        assert found["info"].pop("bytes") > 0
        # Spark gives no order, and one of its partitions is a row group.
        found["spark"] = in_order(found["spark"])
        found["spark raw"].sort(key=itemgetter("location_id", "order_id", "sequence"))
        read.append(found)
    assert read[0] == read[1]


def test_sequences_of_two_bytes(small: Callable[..., BuildResult], tmp_path: Path) -> None:
    (tmp_path / "pings.toml").write_text("[driver]\nping_interval_s = 1\n")
    options: dict[str, Any] = {"scenario": tmp_path / "pings.toml", "days": 1, "scale": 0.3}
    for writer in ("fastgen", "polars"):
        small(tmp_path / writer, writer=writer, **options)
    assert read_manifest(tmp_path / "polars").sequence_kind == "i16"
    assert read_manifest(tmp_path / "polars").digest == read_manifest(tmp_path / "fastgen").digest
    assert verify_dataset(tmp_path / "polars").passed


@pytest.mark.parametrize("form", ["a file a day", "one file"])
def test_a_dataset_without_orders(form: str, small: Callable[..., BuildResult], tmp_path: Path) -> None:
    for writer in ("fastgen", "polars"):
        small(tmp_path / writer, writer=writer, scale=1e-6, **FORMS[form])
    assert read_manifest(tmp_path / "polars").rows == 0
    assert verify_dataset(tmp_path / "polars").passed
    assert_frame_equal(*(fastgen.scan_events(tmp_path / name).collect() for name in ("fastgen", "polars")))


def test_any_number_of_workers_makes_the_same_bytes(
    by_polars: Callable[..., BuildResult], tmp_path: Path
) -> None:
    manifests = [by_polars(tmp_path / str(n), workers=n).manifest for n in (1, 2, 7)]
    assert manifests[0] == manifests[1] == manifests[2]


@pytest.mark.parametrize("form", ["a file a day", "one file"])
def test_a_large_day_in_parts_equals_the_whole(
    form: str, by_polars: Callable[..., BuildResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    options = {"days": 1, "scale": 20.0, "locations": ["sf"], **FORMS[form]}
    at_once = by_polars(tmp_path / "at once", **options).manifest
    for name in ("WHOLE_DAY_EVENTS", "CHUNK_EVENTS"):
        monkeypatch.setattr(maker, name, 3000)
    parts = by_polars(tmp_path / "parts", **options).manifest
    assert parts.days == at_once.days
    assert_frame_equal(*(fastgen.scan_events(tmp_path / name).collect() for name in ("at once", "parts")))


def test_row_groups_are_of_the_size_that_readers_skip_by(
    by_polars: Callable[..., BuildResult], tmp_path: Path
) -> None:
    result = by_polars(tmp_path, **{**FORMS["one file"], "scale": 50.0})
    metadata = pq.read_metadata(tmp_path / EVENTS)
    groups = [metadata.row_group(n) for n in range(metadata.num_row_groups)]
    assert [group.num_rows for group in groups[:-1]] == [ROW_GROUP_ROWS] * (len(groups) - 1)
    assert sum(group.num_rows for group in groups) == result.manifest.rows
    assert len(groups) > 2
    for group in groups:
        columns = [group.column(n) for n in range(group.num_columns)]
        assert all(column.statistics.has_min_max for column in columns)


# --- resume -------------------------------------------------------------------------------------------------


class Stops(Progress):
    """Ends a build at its fourth file."""

    made = 0

    def advance(self, orders: int, events: int) -> None:
        assert 0 < orders < events
        self.made += 1
        if self.made == 4:
            raise KeyboardInterrupt


def test_an_interrupted_build_goes_on(
    by_polars: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        by_polars(tmp_path, progress=Stops())
    assert not (tmp_path / MANIFEST).exists()
    assert not [path for path in tmp_path.rglob("*") if path.name.endswith(".tmp")]
    assert by_polars(tmp_path).files_kept == 3
    assert_finished(tmp_path, digest)


@pytest.mark.parametrize(("first", "second"), [("polars", "fastgen"), ("fastgen", "polars")])
def test_a_resume_does_not_mix_writers(
    first: str, second: str, small: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    with pytest.raises(KeyboardInterrupt):
        small(tmp_path, writer=first, progress=Stops())
    assert list((tmp_path / WORK / EVENTS).rglob("part-*.parquet"))
    assert small(tmp_path, writer=second).files_kept == 0
    assert_finished(tmp_path, digest)
    made_by = {
        pq.read_metadata(path).created_by.split()[0].lower() for path in tmp_path.glob("*/*/*/*.parquet")
    }
    assert made_by == {second}


def test_a_finished_dataset_of_the_other_writer_is_in_the_way(
    small: Callable[..., BuildResult], by_polars: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    by_polars(tmp_path)
    assert by_polars(tmp_path).files_kept == 6
    with pytest.raises(OutputError, match=r"got one of writer polars instead of fastgen\. Use --overwrite"):
        small(tmp_path)
    small(tmp_path, overwrite=True)
    assert_finished(tmp_path, digest)
    with pytest.raises(OutputError, match=r"got one of writer fastgen instead of polars\."):
        by_polars(tmp_path)


def test_other_writers_are_refused(tmp_path: Path) -> None:
    message = r"^writer: expected 'fastgen' or 'polars', got 'pyarrow'\.$"
    with pytest.raises(ScenarioError, match=message):
        fastgen.build(tmp_path / "out", writer="pyarrow")
    with pytest.raises(ScenarioError, match=message):
        fastgen.plan(writer="pyarrow")
    assert not (tmp_path / "out").exists()


# --- whole files or none ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "n_bytes"), [("a file a day", 15_000), ("one file, not compressed", 300_000)]
)
def test_a_disk_that_refuses_is_one_line_and_leaves_nothing(
    form: str, n_bytes: int, by_polars: Callable[..., BuildResult], digest: str, tmp_path: Path
) -> None:
    """Small files meet the limit when they are finished, large ones while Polars writes them."""
    message = r"^[^\n]*\.parquet: expected to write the file, got: File too large\.$"
    with files_of_at_most(n_bytes), pytest.raises(OutputError, match=message):
        by_polars(tmp_path, scale=4.0, **FORMS[form])
    left = {path.name for path in (tmp_path / WORK).rglob("*.parquet*") if path.is_file()}
    assert left <= {f"{table}.parquet" for table in TABLES}
    by_polars(tmp_path, **FORMS[form])
    assert_finished(tmp_path, digest)


def test_a_file_is_on_disk_before_it_appears(
    by_polars: Callable[..., BuildResult], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real, lock = dict[str, int](), os.fsync, threading.Lock()

    def fsync(descriptor: int) -> None:
        with lock:
            name = Path(f"/proc/self/fd/{descriptor}").readlink().name
            synced[name] = os.fstat(descriptor).st_size
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    entries = by_polars(tmp_path).manifest.files
    assert {f".{entry.path.split('/')[-1]}.tmp": entry.bytes for entry in entries}.items() <= synced.items()


# --- what is checked of them --------------------------------------------------------------------------------


def test_a_file_of_another_dataset_is_found_when_it_is_opened(
    by_polars: Callable[..., BuildResult], tmp_path: Path
) -> None:
    """Equal in size, so that only the footer tells."""
    by_polars(tmp_path / "here", compression="none")
    entry = max(read_manifest(tmp_path / "here").files, key=lambda entry: entry.bytes)
    path = tmp_path / "here" / entry.path
    data = bytearray(path.read_bytes())
    data[-20] ^= 1
    path.write_bytes(data)
    with pytest.raises(DamageError, match="expected the footer that the manifest states"):
        fastgen.scan_events(tmp_path / "here")


@pytest.mark.parametrize("compression", ["zstd", "snappy", "none"])
def test_verify_finds_any_changed_byte(
    compression: str, by_polars: Callable[..., BuildResult], tmp_path: Path
) -> None:
    entry = by_polars(tmp_path, compression=compression).manifest.files[0]
    data = bytearray((tmp_path / entry.path).read_bytes())
    for place in (0, 1000, len(data) // 2, len(data) - 9):
        damaged = bytearray(data)
        damaged[place] ^= 1
        (tmp_path / entry.path).write_bytes(damaged)
        wrong = {check.name for check in verify_dataset(tmp_path).checks if not check.passed}
        assert "files" in wrong
