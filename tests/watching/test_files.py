"""Files of every form are read from their end, and damaged ones end in one line."""

from __future__ import annotations

import gzip
import io
import json
import os
from itertools import pairwise
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import DataError
from fastgen.watching import files
from fastgen.watching.files import LineCutter, read_rows
from fastgen.watching.rows import Malformed, Row
from tests.watching.lines import encode, life, put

if TYPE_CHECKING:
    from pathlib import Path

ROWS = [row for n in range(40) for row in life(f"O{n}", 60 * n)]
LINES = encode(ROWS)
ALL = 1 << 30


def parquet_of(rows: list[dict[str, object]], group_rows: int = 64) -> bytes:
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), out, row_group_size=group_rows)
    return out.getvalue()


FORMS = {"jsonl": LINES, "jsonl.gz": gzip.compress(LINES), "parquet": parquet_of(ROWS)}


def ids(path: Path, suffix: str, last_bytes: int = ALL) -> list[str]:
    rows = [row for block in read_rows(path, suffix, last_bytes) for row in block]
    assert all(isinstance(row, Row) and row.is_whole for row in rows)
    return [row.event_id for row in rows if isinstance(row, Row)]


@pytest.mark.parametrize("suffix", FORMS)
def test_reads_all_rows(suffix: str, tmp_path: Path) -> None:
    path = put(tmp_path / "in", 1, FORMS[suffix], suffix)
    assert ids(path, suffix) == [row["event_id"] for row in ROWS]


@pytest.mark.parametrize("suffix", FORMS)
def test_reads_the_last_rows_alone(suffix: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "READ_BYTES", 1000)
    path = put(tmp_path / "in", 1, FORMS[suffix], suffix)
    found = ids(path, suffix, 8000)
    assert 0 < len(found) < 100
    assert found == [row["event_id"] for row in ROWS][-len(found) :]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(LINES)), max_size=20))
def test_lines_are_the_same_wherever_reads_end(cuts: list[int]) -> None:
    cutter, rows = LineCutter(), []
    bounds = [0, *sorted(cuts), len(LINES)]
    for first, last in pairwise(bounds):
        rows += cutter.cut(LINES[first:last])
    rows += cutter.finish()
    assert [row.event_id for row in rows if isinstance(row, Row)] == [row["event_id"] for row in ROWS]


def test_a_line_without_an_end_is_read_and_one_that_is_too_long_is_malformed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "LINE_MAX", 2000)
    data = encode([b'{"' + b"x" * 1_000_000, ROWS[0]]) + json.dumps(ROWS[1]).encode()
    path = put(tmp_path / "in", 1, data)
    long, *others = (row for block in read_rows(path, "jsonl", ALL) for row in block)
    assert long == Malformed(is_json=False)
    assert [row.event_id for row in others if isinstance(row, Row)] == ["O0-0", "O0-1"]


@pytest.mark.parametrize(
    ("suffix", "data"),
    [
        ("jsonl.gz", b"no gzip"),
        ("jsonl.gz", gzip.compress(LINES)[:-50]),
        ("jsonl.gz", gzip.compress(LINES)[:200] + b"\0" * 500),
        ("parquet", b"no Parquet"),
        ("parquet", FORMS["parquet"][:-20]),
        ("parquet", b""),
    ],
)
def test_damage_is_one_line_that_names_the_file(suffix: str, data: bytes, tmp_path: Path) -> None:
    path = put(tmp_path / "in", 1, data, suffix)
    with pytest.raises(DataError, match=rf"{path}: expected a file that can be read, got: [^\n]*\.$"):
        list(read_rows(path, suffix, ALL))


def test_what_is_no_file_is_refused_at_once(tmp_path: Path) -> None:
    for name, make in (("pipe", os.mkfifo), ("folder", os.mkdir)):
        make(tmp_path / name)
        with pytest.raises(DataError, match=rf"{tmp_path / name}: expected a file"):
            list(read_rows(tmp_path / name, "jsonl", ALL))
    with pytest.raises(DataError, match="No such file"):
        list(read_rows(tmp_path / "gone", "jsonl", ALL))


def test_a_small_file_that_unpacks_to_a_large_one_ends_early(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "UNPACKED_MAX", 1 << 20)
    path = put(tmp_path / "in", 1, gzip.compress(b"\n" * (4 << 20)), "jsonl.gz")
    with pytest.raises(DataError, match="more than 1,048,576 bytes"):
        list(read_rows(path, "jsonl.gz", ALL))
