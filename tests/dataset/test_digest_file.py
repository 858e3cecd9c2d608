"""The digest is a dataset's identity: of the rows alone (docs/model.md, 6.3), whatever file they stand in."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
import pytest
import xxhash

from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading import digest_file
from fastgen.dataset.reading.digest_file import digest_file_days
from fastgen.dataset.reading.event_file import EventFile
from fastgen.dataset.reading.manifest_checks import check_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.events.digest import DayDigest, digest_dataset
from fastgen.events.schema import COLUMNS
from tests.helpers import build_small, first_part

if TYPE_CHECKING:
    from pathlib import Path

FORMATS = {"i8": "<b", "i16": "<h", "i64": "<q", "f32": "<f"}


def plain_digest(rows: list[dict[str, Any]], location_id: int) -> tuple[int, str]:
    """Digest rows value by value, written from docs/model.md, 6.3 alone."""
    data = b""
    for column in COLUMNS:
        values = [location_id if column.name == "location_id" else row[column.name] for row in rows]
        bits = bytearray((len(rows) + 7) // 8)
        for i, value in enumerate(values):
            bits[i // 8] |= (value is not None) << (i % 8)
        data += bytes(bits)
        if column.kind == "str":
            texts = [str(value or "").encode() for value in values]
            data += b"".join(struct.pack("<I", len(text)) for text in texts) + b"".join(texts)
        else:
            kind = FORMATS["i16" if column.name == "sequence" else column.kind]
            data += b"".join(struct.pack(kind, (value or 0) + 0) for value in values)
    return len(data), xxhash.xxh3_128(data).hexdigest()


def test_it_is_what_the_specification_says(dataset: Path) -> None:
    rows = pq.ParquetFile(first_part(dataset)).read().to_pylist()
    at = 0
    for day in read_manifest(dataset).days[:3]:
        assert plain_digest(rows[at : at + day.rows], day.location_id) == (day.bytes, day.digest)
        at += day.rows
    assert at == len(rows)


def test_a_day_digested_in_windows_is_the_same(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A day too large to hold is read a column at a time."""
    days = read_manifest(dataset).days[:3]
    with EventFile(dataset, read_manifest(dataset).files[0]) as file:
        expected = digest_file_days(file, days)
        monkeypatch.setattr(digest_file, "WHOLE_ROWS", 100)
        monkeypatch.setattr(digest_file, "ROW_GROUP_ROWS", 64, raising=True)
        assert digest_file_days(file, days) == expected == list(days)


@pytest.mark.parametrize(
    "form", [{"layout": "single"}, {"partition_by": "location_id,day"}, {"compression": "snappy"}]
)
def test_every_form_has_the_same_days(form: dict[str, Any], dataset: Path, tmp_path: Path) -> None:
    manifest = read_manifest(build_small(tmp_path, **form))
    assert manifest.days == read_manifest(dataset).days
    assert manifest.digest == read_manifest(dataset).digest
    _, parts = check_manifest(manifest, parse_scenario(manifest, ""))
    found: list[DayDigest] = []
    for part in parts:
        with EventFile(tmp_path / "dataset", part.entry) as file:
            found += digest_file_days(file, part.days)
    assert tuple(found) == manifest.days


def test_the_datasets_digest_orders_its_days() -> None:
    days = [DayDigest(2, 0, 1, 8, 9, "aa"), DayDigest(1, 1, 1, 8, 9, "bb"), DayDigest(1, 0, 1, 8, 9, "cc")]
    assert digest_dataset(days) == digest_dataset(reversed(days))
    # SHA-256 of "1 0 8 cc\n2 0 8 aa\n1 1 8 bb\n", by sha256sum.
    assert digest_dataset(days) == "3e5e89c8af937fd4615c38e226e2ebe91459a96bcdea2ddb89b40aeacaf25333"
