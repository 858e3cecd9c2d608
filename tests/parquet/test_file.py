"""A file holds the same values, types and statistics in every reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastgen.parquet.chunk_hashes import CHUNK_HASHES
from fastgen.parquet.codecs import COMPRESSIONS, make_codec
from fastgen.parquet.encodings import Encoding, pack_indices, pack_validity, plain_texts
from fastgen.parquet.file import FileWriter, encode_file
from fastgen.parquet.pages import Bounds, Values
from fastgen.parquet.schema import TYPES, Field, Physical

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.parquet.codecs import Compression

DTYPES = {Physical.INT32: "<i4", Physical.INT64: "<i8", Physical.FLOAT: "<f4", Physical.DOUBLE: "<f8"}
TYPES_OF = {
    "pyarrow": [pa.string(), pa.int8(), pa.int16(), pa.int64(), pa.float32(), pa.float64()],
    "polars": [pl.String(), pl.Int8(), pl.Int16(), pl.Int64(), pl.Float32(), pl.Float64()],
    "duckdb": ["VARCHAR", "TINYINT", "SMALLINT", "BIGINT", "FLOAT", "DOUBLE"],
}
FIELDS = [Field(f"{kind}{'?' * nullable}", kind, nullable) for nullable in (False, True) for kind in TYPES]
EXTREMES: dict[str, list[Any]] = {
    "str": ["", "é\0\U0001f35c", "x" * 1000, "\n"],
    "i8": [-128, 127, 0, -1],
    "i16": [-32_768, 32_767, 0, -1],
    "i64": [-(2**63), 2**63 - 1, 0, -1],
    "f32": [-(2.0**127), 2.0**-149, 0.0, float("inf")],
    "f64": [-1.7e308, 5e-324, 0.1, float("inf")],
}


def column(field: Field, values: list[Any]) -> Values:
    """Encode values, and None, plainly, with their bounds."""
    given = [value for value in values if value is not None]
    dtype = DTYPES.get(TYPES[field.kind].physical)
    if dtype is None:
        body, bounds = plain_texts([text.encode() for text in given]), None
    else:
        numbers = np.array(given, dtype)
        body = numbers.tobytes()
        bounds = Bounds(numbers.min().tobytes(), numbers.max().tobytes()) if given else None
    levels = pack_validity(np.array([v is not None for v in values], bool)) if field.nullable else b""
    return Values(len(values), len(values) - len(given), Encoding.PLAIN, levels + body, bounds=bounds)


def extremes(field: Field) -> list[Any]:
    some = EXTREMES[field.kind]
    return [None, *some[1:], None, None] if field.nullable else [*some, some[0], some[0]]


def write(path: Path, compression: Compression = "zstd", **metadata: str) -> None:
    """Write two row groups of six rows of every type, the second backwards."""
    with FileWriter(path, FIELDS, make_codec(compression), metadata) as writer:
        for step in (1, -1):
            writer.add_group(6, [column(field, extremes(field)[::step]) for field in FIELDS])
        writer.finish()


EXPECTED = {field.name: extremes(field) + extremes(field)[::-1] for field in FIELDS}


def read_with(reader: str, path: Path) -> tuple[list[Any], dict[str, list[Any]]]:
    """Read types and columns."""
    if reader == "pyarrow":
        table = pq.read_table(path)
        return table.schema.types, table.to_pydict()
    if reader == "polars":
        frame = pl.read_parquet(path)
        return frame.dtypes, frame.to_dict(as_series=False)
    relation = duckdb.read_parquet(str(path))
    rows = relation.fetchall()
    columns = {name: [row[c] for row in rows] for c, name in enumerate(relation.columns)}
    return [str(kind) for kind in relation.types], columns


# --- readers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("reader", TYPES_OF)
def test_every_reader_finds_values_and_types(reader: str, compression: Compression, path: Path) -> None:
    write(path, compression)
    assert read_with(reader, path) == (TYPES_OF[reader] * 2, EXPECTED)
    assert [field.nullable for field in pq.read_schema(path)] == [False] * 6 + [True] * 6


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_every_page_has_its_checksum(compression: Compression, path: Path) -> None:
    """A flipped bit in any page's data is found by a reader that asks for checksums."""
    write(path, compression)
    whole = path.read_bytes()
    group = pq.read_metadata(path).row_group(0)
    for number in range(group.num_columns):
        chunk = group.column(number)
        last = chunk.data_page_offset + chunk.total_compressed_size - 1
        damaged = bytearray(whole)
        damaged[last] ^= 1
        path.write_bytes(damaged)
        with (
            pytest.raises(OSError, match="CRC checksum verification failed"),
            pq.ParquetFile(path, page_checksum_verification=True) as file,
        ):
            file.read_row_group(0, columns=[chunk.path_in_schema])
    path.write_bytes(whole)
    with pq.ParquetFile(path, page_checksum_verification=True) as file:
        assert file.read().to_pydict() == EXPECTED


@pytest.mark.parametrize("reader", TYPES_OF)
def test_no_rows_at_all(reader: str, path: Path) -> None:
    with FileWriter(path, FIELDS, make_codec("zstd"), {}) as writer:
        assert writer.finish().rows == 0
    values = [column(field, []) for field in FIELDS]
    assert path.read_bytes() == encode_file(FIELDS, make_codec("zstd"), 0, values, {CHUNK_HASHES: ""})
    path.write_bytes(encode_file(FIELDS, make_codec("zstd"), 0, values, {}))
    assert pq.read_metadata(path).num_row_groups == 0
    assert read_with(reader, path) == (TYPES_OF[reader] * 2, {field.name: [] for field in FIELDS})


def test_row_groups_are_read_one_by_one(path: Path) -> None:
    write(path)
    file = pq.ParquetFile(path)
    assert (file.metadata.num_rows, file.num_row_groups) == (12, 2)
    for group, rows in enumerate((slice(6), slice(6, 12))):
        expected = {name: values[rows] for name, values in EXPECTED.items()}
        assert file.read_row_group(group).to_pydict() == expected
        assert file.metadata.row_group(group).num_rows == 6


@pytest.mark.parametrize("reader", TYPES_OF)
def test_dictionary_stands_before_its_indices(reader: str, tmp_path: Path) -> None:
    path, entries = tmp_path / "x.parquet", plain_texts([b"b", b"", b"a"])
    values = Values(4, 0, Encoding.RLE_DICTIONARY, pack_indices(np.array([2, 0, 1, 2]), 3), entries, 3)
    path.write_bytes(encode_file([Field("x", "str", nullable=False)], make_codec("snappy"), 4, [values], {}))
    chunk = pq.read_metadata(path).row_group(0).column(0)
    assert chunk.dictionary_page_offset == 4 < chunk.data_page_offset
    assert set(chunk.encodings) == {"PLAIN", "RLE", "RLE_DICTIONARY"}
    assert read_with(reader, path)[1] == {"x": ["a", "b", "", "a"]}


# --- footer -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_chunks_follow_each_other_and_fill_the_file(compression: Compression, path: Path) -> None:
    """Readers that fetch by range trust the places and sizes of the footer."""
    write(path, compression)
    metadata, sizes, at = pq.read_metadata(path), [], 4
    for group in map(metadata.row_group, range(2)):
        chunks = [group.column(c) for c in range(group.num_columns)]
        for chunk in chunks:
            assert (chunk.file_offset, chunk.data_page_offset) == (at, at)
            at += chunk.total_compressed_size
            assert chunk.compression == {"none": "UNCOMPRESSED"}.get(compression, compression.upper())
        assert group.total_byte_size == sum(chunk.total_uncompressed_size for chunk in chunks)
        sizes.append(at - chunks[0].data_page_offset)
        assert (group.total_byte_size == sizes[-1]) == (compression == "none")
    assert at + metadata.serialized_size + 8 == path.stat().st_size
    groups = duckdb.table_function("parquet_metadata", [str(path)]).project("row_group_compressed_bytes")
    assert {row[0] for row in groups.fetchall()} == set(sizes)


def test_statistics_are_those_given(path: Path) -> None:
    write(path)
    group = pq.read_metadata(path).row_group(0)
    for c, field in enumerate(FIELDS):
        statistics, values = group.column(c).statistics, extremes(field)
        given = [value for value in values if value is not None]
        assert statistics.null_count == len(values) - len(given)
        if field.kind == "str":
            assert not statistics.has_min_max
        else:
            assert (statistics.min, statistics.max) == (min(given), max(given))


def test_readers_that_skip_row_groups_by_statistics_find_every_row(path: Path) -> None:
    write(path)
    for name in ("i8", "i16", "i64", "f32?"):
        for value in {value for value in EXPECTED[name] if value is not None}:
            n = EXPECTED[name].count(value)
            assert pl.scan_parquet(path).filter(pl.col(name) == value).collect().height == n
            assert len(duckdb.read_parquet(str(path)).filter(f"\"{name}\" = '{value}'").fetchall()) == n
            assert pq.read_table(path, filters=[(name, "==", value)]).num_rows == n


def test_metadata_of_any_text_and_number(path: Path) -> None:
    metadata = {"empty": "", "schlüssel": "Wert \U0001f35c", **{f"k{i}": str(i) * i for i in range(20)}}
    write(path, "zstd", **metadata)
    found = pq.read_metadata(path).metadata
    assert found.pop(CHUNK_HASHES.encode())
    assert {key.decode(): value.decode() for key, value in found.items()} == metadata
