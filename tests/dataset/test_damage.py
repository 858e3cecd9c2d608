"""Whatever happens to a dataset: verify says so in one line a check, and never crashes."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest

from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError
from tests.helpers import build_small, change_manifest, copy_of, first_part, reseal, rewrite

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.helpers import Raw


@pytest.fixture(scope="session")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the same with another seed."""
    return build_small(tmp_path_factory.mktemp("other"), seed=7)


def truncate(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 3] ^= 0x10
    path.write_bytes(data)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def retype(column: str, dtype: pl.DataType) -> Callable[[Path], None]:
    return lambda path: rewrite(path, lambda frame: frame.with_columns(pl.col(column).cast(dtype)))


def reorder(path: Path) -> None:
    rewrite(path, lambda frame: frame.select(sorted(frame.columns)))


def forget_metadata(path: Path) -> None:
    pl.read_parquet(path, hive_partitioning=False).write_parquet(path)


FILE_DAMAGE: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "truncated": (truncate, {"files", "columns", "digests"}),
    "empty": (lambda path: path.write_bytes(b""), {"files", "columns", "digests"}),
    "no Parquet": (lambda path: path.write_bytes(b"PAR1" * 500), {"files", "columns", "digests"}),
    "missing": (lambda path: path.unlink(), {"files", "digests"}),
    "a folder": (replace_by_folder, {"files", "digests"}),
    "a byte flipped": (flip, {"files"}),
    "a file more": (lambda path: shutil.copy(path, path.with_name("part-00009-00009.parquet")), {"files"}),
    "text beside it": (lambda path: path.with_name("notes.txt").write_text("mine"), {"files"}),
    "a wrong type": (retype("ts_seconds", pl.Float64()), {"files", "columns", "digests"}),
    "a wider type": (retype("event_type_id", pl.Int64()), {"files", "columns", "digests"}),
    "a column missing": (lambda path: rewrite(path, lambda f: f.drop("ping_lat")), {"files", "columns"}),
    "a column more": (lambda path: rewrite(path, lambda f: f.with_row_index()), {"files", "columns"}),
    "columns in another order": (reorder, {"files", "columns"}),
    "rows missing": (lambda path: rewrite(path, lambda f: f.head(50)), {"files", "columns", "digests"}),
    "no rows": (lambda path: rewrite(path, lambda f: f.head(0)), {"files", "columns", "digests"}),
    "other metadata": (forget_metadata, {"files", "columns"}),
}


def failed_checks(dataset: Path) -> set[str]:
    report = verify_dataset(dataset)
    assert not report.passed
    assert all("\n" not in line for line in report.to_lines())
    return {check.name for check in report.checks if not check.passed}


@pytest.mark.parametrize("name", FILE_DAMAGE)
def test_damaged_files_are_found(name: str, dataset: Path, tmp_path: Path) -> None:
    change, checks = FILE_DAMAGE[name]
    copy = copy_of(dataset, tmp_path)
    change(first_part(copy))
    assert failed_checks(copy) >= checks


def test_any_flipped_byte_is_found(dataset: Path, tmp_path: Path) -> None:
    """Damage at any place of the file: in pages, page headers, and the footer."""
    copy, rng = copy_of(dataset, tmp_path), np.random.default_rng(1)
    whole = first_part(copy).read_bytes()
    footer = len(whole) - 1500
    for place in (*rng.integers(0, len(whole), 20), *rng.integers(footer, len(whole), 20)):
        data = bytearray(whole)
        data[place] ^= 1 << int(rng.integers(8))
        first_part(copy).write_bytes(data)
        assert "files" in failed_checks(copy)


def test_a_part_of_another_dataset_is_found(dataset: Path, other: Path, tmp_path: Path) -> None:
    """Even with a manifest that agrees: the file says whose it is."""
    copy = copy_of(dataset, tmp_path)
    shutil.copy(first_part(other), first_part(copy))
    assert failed_checks(copy) >= {"files", "columns", "digests", "dataset"}


def test_the_same_rows_by_another_writer_keep_their_digest(dataset: Path, tmp_path: Path) -> None:
    """Only the file's own hash tells the difference."""
    copy = copy_of(dataset, tmp_path)
    table, path = pq.ParquetFile(first_part(copy)).read(), first_part(copy)
    pq.write_table(table, path, compression="snappy", row_group_size=100, data_page_version="2.0")
    assert failed_checks(copy) <= {"files", "columns"}
    assert verify_dataset(copy).digest == verify_dataset(dataset).digest


def set_price(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.with_columns(pl.col("price") + 1.0)


TABLE_DAMAGE: dict[str, tuple[Callable[[Path], object], set[str]]] = {
    "a price changed": (lambda d: rewrite(d / "items.parquet", set_price), {"files", "tables", "items"}),
    "a table missing": (lambda d: (d / "menus.parquet").unlink(), {"files", "tables"}),
    "a table truncated": (lambda d: truncate(d / "brands.parquet"), {"files", "tables"}),
    "a row missing": (lambda d: rewrite(d / "categories.parquet", lambda f: f.head(5)), {"files", "tables"}),
    "a brand closed": (
        lambda d: rewrite(
            d / "brand_locations.parquet",
            lambda f: f.with_columns(start_day=pl.when(pl.col("location_id") == 1).then(2).otherwise(0)),
        ),
        {"files", "tables", "baskets"},
    ),
}


@pytest.mark.parametrize("name", TABLE_DAMAGE)
def test_damaged_tables_are_found(name: str, dataset: Path, tmp_path: Path) -> None:
    change, checks = TABLE_DAMAGE[name]
    copy = copy_of(dataset, tmp_path)
    change(copy)
    assert failed_checks(copy) == checks


def test_unreadable_tables_leave_items_unchecked(dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    (copy / "items.parquet").unlink()
    skipped = [check.name for check in verify_dataset(copy).checks if check.skipped]
    assert skipped == ["items", "baskets"]


def scale_of(raw: Raw) -> None:
    raw["scenario"]["scale"] = 0.3


def swap_files(raw: Raw) -> None:
    paths = [entry["path"] for entry in raw["files"]]
    raw["files"][0]["path"], raw["files"][1]["path"] = paths[::-1]


def escape(raw: Raw) -> None:
    raw["files"][0]["path"] = "../dataset/" + raw["files"][0]["path"]


def put_day(column: str, value: Any) -> Callable[[Raw], None]:
    def change(raw: Raw) -> None:
        raw["location_days"][column][0] = value

    return change


def drop_days(raw: Raw) -> None:
    for values in raw["location_days"].values():
        values.pop()


MANIFEST_DAMAGE: dict[str, tuple[Callable[[Raw], object], set[str]]] = {
    "more orders": (lambda raw: raw.update(orders=1), {"manifest"}),
    "more rows": (lambda raw: raw.update(rows=raw["rows"] + 1), {"manifest"}),
    "another digest": (lambda raw: raw.update(digest="0" * 64), {"manifest", "dataset"}),
    "another day's digest": (put_day("digest", "0" * 32), {"manifest", "digests"}),
    "other bytes of a day": (put_day("bytes", 5), {"digests"}),
    "fewer orders of a day": (put_day("orders", 5), {"manifest", "days"}),
    "a day missing": (drop_days, {"manifest", "dataset"}),
    "a day twice": (put_day("day", 1), {"manifest", "dataset"}),
    "files swapped": (swap_files, {"manifest", "files"}),
    "a file outside": (escape, {"manifest"}),
    "no files": (lambda raw: raw.update(files=[]), {"manifest", "files"}),
    "a table missing": (lambda raw: raw["tables"].pop(), {"manifest"}),
    "another SHA-256": (lambda raw: raw["files"][0].update(sha256="0" * 64), {"files"}),
    "another scale": (scale_of, {"scenario"}),
    "other tables": (lambda raw: raw.update(dimensions_hash="0" * 64), {"tables"}),
    "a wider sequence": (lambda raw: raw.update(sequence_kind="i16"), {"columns"}),
    "another layout": (lambda raw: raw.update(layout="single"), {"manifest"}),
    "another partition": (lambda raw: raw.update(partition_by="location_id,day"), {"manifest"}),
}


@pytest.mark.parametrize("name", MANIFEST_DAMAGE)
def test_manifests_that_disagree_are_found(name: str, dataset: Path, tmp_path: Path) -> None:
    change, checks = MANIFEST_DAMAGE[name]
    copy = copy_of(dataset, tmp_path)
    change_manifest(copy, change)
    assert failed_checks(copy) >= checks


WRONG_MANIFESTS: dict[str, Callable[[Raw], object]] = {
    "another format": lambda raw: raw.update(format="something"),
    "another version": lambda raw: raw.update(format_version=2),
    "another digest version": lambda raw: raw.update(digest_version=2),
    "a type unheard of": lambda raw: raw.update(sequence_kind="i32"),
    "no digest": lambda raw: raw.pop("digest"),
    "no days": lambda raw: raw.pop("location_days"),
    "days of unequal length": lambda raw: raw["location_days"]["rows"].pop(),
    "a negative count": put_day("rows", -1),
    "a text for a count": put_day("rows", "many"),
    "no scenario": lambda raw: raw.pop("scenario"),
    "a scenario that is none": lambda raw: raw["scenario"].pop("days"),
    "an impossible scenario": lambda raw: raw["scenario"].update(days=0),
    "an unknown location": lambda raw: raw["networks"][0].update(location_id=9),
    "a network without hash": lambda raw: raw["networks"][0].pop("hash"),
    "an unknown layout": lambda raw: raw.update(layout="flat"),
}


@pytest.mark.parametrize("name", WRONG_MANIFESTS)
def test_manifests_that_are_none_are_refused(name: str, dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    change_manifest(copy, WRONG_MANIFESTS[name])
    with pytest.raises(DataError) as caught:
        verify_dataset(copy)
    assert str(copy / "manifest.json") in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '{"format": 1', "[" * 10_000])
def test_manifests_that_are_no_json_are_refused(text: str, dataset: Path, tmp_path: Path) -> None:
    copy = copy_of(dataset, tmp_path)
    (copy / "manifest.json").write_text(text)
    with pytest.raises(DataError, match=r"manifest\.json: expected"):
        verify_dataset(copy)


def test_without_a_dataset_there_is_nothing_to_verify(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a finished dataset"):
        verify_dataset(tmp_path / "nowhere")


def test_a_resealed_scenario_no_longer_fits_its_rows(dataset: Path, tmp_path: Path) -> None:
    """The rows are held against the scenario, whatever the hashes say."""
    copy = copy_of(dataset, tmp_path)
    change_manifest(copy, lambda raw: raw["scenario"]["driver"].update(ping_interval_s=61))
    reseal(copy)
    assert failed_checks(copy) == {"scenario", "pings"}
