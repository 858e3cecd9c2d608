"""A page that one reader takes may stop another: bytes are decoded as the format has it, and by readers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import polars as pl
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.parquet.codecs import make_codec
from fastgen.parquet.encodings import (
    Encoding,
    delta_packed,
    index_width,
    pack_indices,
    pack_validity,
    plain_texts,
    repeat_indices,
)
from fastgen.parquet.file import encode_file
from fastgen.parquet.pages import Values
from fastgen.parquet.schema import Field

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

few = settings(deadline=None, max_examples=50)  # the first call compiles
# Ends of bytes, of miniblocks and of blocks, before and behind.
LENGTHS = (1, 2, 7, 8, 9, 32, 33, 34, 65, 97, 98, 128, 129, 130, 161, 257, 258, 400)
DIFFERENCE_BITS = 55

# --- The encodings in plain Python --------------------------------------------------------------------------


def read_varint(data: io.BytesIO) -> int:
    number = shift = 0
    while True:
        byte = data.read(1)[0]
        number |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return number


def read_zigzag(data: io.BytesIO) -> int:
    number = read_varint(data)
    return (number >> 1) ^ -(number & 1)


def read_bits(data: io.BytesIO, width: int, n: int) -> list[int]:
    """Read n values, a multiple of eight; none of their bytes may be missing."""
    packed = data.read(width * n // 8)
    assert len(packed) == width * n // 8
    number = int.from_bytes(packed, "little")
    return [number >> (width * place) & ((1 << width) - 1) for place in range(n)]


def decode_runs(body: bytes, width: int, n: int) -> list[int]:
    """Decode runs and bit-packed groups; only the last group may be filled up, and only with zeros."""
    data, values = io.BytesIO(body), list[int]()
    while data.tell() < len(body):
        head = read_varint(data)
        if head & 1:
            values += read_bits(data, width, (head >> 1) * 8)
        else:
            values += [int.from_bytes(data.read((width + 7) // 8), "little")] * (head >> 1)
    assert n <= len(values) < n + 8
    assert not any(values[n:])
    return values[:n]


def decode_deltas(body: bytes) -> list[int]:
    data = io.BytesIO(body)
    block, n_miniblocks, n = read_varint(data), read_varint(data), read_varint(data)
    values = [read_zigzag(data)]
    while len(values) < n:
        least, widths = read_zigzag(data), data.read(n_miniblocks)
        for width in widths:
            if len(values) >= n:
                assert width == 0, "a miniblock that holds no value has a width"
            else:
                for delta in read_bits(data, width, block // n_miniblocks):
                    values.append(values[-1] + least + delta)
    assert data.read() == b""
    return values[:n]


def decode_indices(body: bytes, n: int) -> list[int]:
    return decode_runs(body[1:], body[0], n)


def decode_validity(body: bytes, n: int) -> list[bool]:
    assert int.from_bytes(body[:4], "little") == len(body) - 4
    return [level == 1 for level in decode_runs(body[4:], 1, n)]


def decode_plain_texts(body: bytes) -> list[bytes]:
    data, texts = io.BytesIO(body), []
    while data.tell() < len(body):
        texts.append(data.read(int.from_bytes(data.read(4), "little")))
    return texts


# --- readers ------------------------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "x.parquet"


def encode(kind: str, values: Values, *, nullable: bool = False) -> bytes:
    """Make a file of one column."""
    return encode_file([Field("x", kind, nullable)], make_codec("none"), values.n_values, [values], {})


def read(file: bytes) -> list[Any]:
    """Read its values with PyArrow."""
    values: list[Any] = pq.read_table(io.BytesIO(file)).column("x").to_pylist()
    return values


def assert_all_read(file: bytes, expected: list[Any], path: Path) -> None:
    path.write_bytes(file)
    assert read(file) == expected
    assert pl.read_parquet(path)["x"].to_list() == expected
    assert [row[0] for row in duckdb.read_parquet(str(path)).fetchall()] == expected


def deltas(numbers: list[int]) -> Values:
    body = delta_packed(np.array(numbers, np.int64))
    return Values(len(numbers), 0, Encoding.DELTA_BINARY_PACKED, body)


def indices(body: bytes, n: int, entries: NDArray[np.int64]) -> Values:
    return Values(n, 0, Encoding.RLE_DICTIONARY, body, entries.tobytes(), len(entries))


# --- validity -----------------------------------------------------------------------------------------------


@few
@given(st.lists(st.booleans(), min_size=1, max_size=300))
def test_validity(valid: list[bool]) -> None:
    head = pack_validity(np.array(valid))
    assert decode_validity(head, len(valid)) == valid
    numbers = np.arange(sum(valid), dtype=np.int64)
    values = Values(len(valid), valid.count(False), Encoding.PLAIN, head + numbers.tobytes())
    rest = iter(numbers.tolist())
    assert read(encode("i64", values, nullable=True)) == [next(rest) if is_set else None for is_set in valid]


@pytest.mark.parametrize("n", LENGTHS)
def test_nulls_everywhere(n: int, path: Path) -> None:
    """Nothing stands behind the levels, whatever the encoding, but the width of indices and an empty run."""
    none = pack_validity(np.zeros(n, bool))
    empty = none + pack_indices(np.zeros(0, np.int32), 1)
    zero = np.zeros(1, np.int64).tobytes()
    dictionary = Values(n, n, Encoding.RLE_DICTIONARY, empty, zero, 1)
    for values in (Values(n, n, Encoding.PLAIN, none), dictionary):
        assert_all_read(encode("i64", values, nullable=True), [None] * n, path)


@pytest.mark.parametrize("n", LENGTHS)
def test_nulls_nowhere(n: int, path: Path) -> None:
    values = Values(n, 0, Encoding.PLAIN, pack_validity(np.ones(n, bool)) + np.arange(n).tobytes())
    assert_all_read(encode("i64", values, nullable=True), list(range(n)), path)


# --- indices ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n_entries", "width"),
    [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9), (2**20, 20), (2**20 + 1, 21), (2**31, 31)],
)
def test_index_width(n_entries: int, width: int) -> None:
    assert index_width(n_entries) == width


@few
@given(st.integers(1, 31), st.integers(0, 300), st.integers(0, 2**32 - 1))
def test_packed_indices_of_every_width(width: int, n: int, seed: int) -> None:
    index = np.random.default_rng(seed).integers(0, 2**width, n, np.int32)
    body = pack_indices(index, 2**width)
    assert body[0] == width
    assert decode_indices(body, n) == index.tolist()


@few
@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
@example([1])
@example([10**6])
@example([1, 63, 64, 8191, 8192, 1])
def test_repeated_indices(counts: list[int]) -> None:
    body, expected = repeat_indices(np.array(counts)), np.repeat(np.arange(len(counts)), counts)
    assert decode_indices(body, len(expected)) == expected.tolist()
    assert (
        read(encode("i64", indices(body, len(expected), 3 * np.arange(len(counts)))))
        == (3 * expected).tolist()
    )


@pytest.mark.parametrize("n_entries", [1, 2, 3, 255, 256, 257, 65_536, 65_537, 2**20])
def test_readers_take_indices_of_one_two_and_three_bytes(n_entries: int, path: Path) -> None:
    entries, n = np.arange(n_entries, dtype=np.int64) - 5, 1001
    index = np.linspace(0, n_entries - 1, n).astype(np.int32)[::-1]
    packed = indices(pack_indices(index, n_entries), n, entries)
    assert_all_read(encode("i64", packed), entries[index].tolist(), path)
    counts = 1 + np.arange(min(n_entries, 70_000)) % 3
    runs = indices(repeat_indices(counts), int(counts.sum()), entries[: len(counts)])
    assert_all_read(encode("i64", runs), np.repeat(entries[: len(counts)], counts).tolist(), path)


# --- differences --------------------------------------------------------------------------------------------


@few
@given(
    st.integers(-(2**60), 2**60),
    st.integers(0, DIFFERENCE_BITS),
    st.integers(0, 399),
    st.integers(0, 2**32 - 1),
)
def test_deltas_of_every_width(first: int, width: int, n: int, seed: int) -> None:
    steps = np.random.default_rng(seed).integers(-(2**width), 2**width, n, endpoint=True)
    numbers = [first, *(first + np.cumsum(steps)).tolist()]
    values = deltas(numbers)
    assert decode_deltas(bytes(values.body)) == numbers
    assert read(encode("i64", values)) == numbers


@pytest.mark.parametrize("n", LENGTHS)
@pytest.mark.parametrize(
    "pattern",
    [[-7], [-(2**63)], [2**63 - 1], [3, 2, 1], [0, 2**DIFFERENCE_BITS], [1 - 2**DIFFERENCE_BITS, 0, 1]],
)
def test_deltas_of_every_length(pattern: list[int], n: int, path: Path) -> None:
    numbers = (pattern * n)[:n]
    values = deltas(numbers)
    assert decode_deltas(bytes(values.body)) == numbers
    assert_all_read(encode("i64", values), numbers, path)


def test_equal_differences_take_no_bits() -> None:
    """Of a block only its least difference is left, in one byte, and four widths."""
    assert len(delta_packed(np.arange(0, -1000, -5))) == 6 + 2 * 5
    assert len(delta_packed(np.full(129, 2**40))) == 11 + 5


@pytest.mark.parametrize("dtype", [np.int16, np.uint32])
def test_differences_wider_than_the_type_do_not_wrap(dtype: type[np.integer[Any]]) -> None:
    numbers = np.array([np.iinfo(dtype).max, np.iinfo(dtype).min, np.iinfo(dtype).max], dtype)
    assert decode_deltas(delta_packed(numbers)) == numbers.tolist()


# --- texts --------------------------------------------------------------------------------------------------


@few
@given(st.lists(st.text(max_size=20), min_size=1, max_size=70))
@example(["x" * 70_000, ""])
def test_texts(texts: list[str]) -> None:
    data = [text.encode() for text in texts]
    plain = plain_texts(data)
    assert decode_plain_texts(plain) == data
    assert read(encode("str", Values(len(texts), 0, Encoding.PLAIN, plain))) == texts


@pytest.mark.parametrize("n", LENGTHS)
def test_texts_of_a_nullable_column_please_every_reader(n: int, path: Path) -> None:
    valid = np.arange(n * 3 // 2) % 3 < 2
    texts = ["é" * (7 * place % 40) for place in range(int(valid.sum()))]
    plain = plain_texts([text.encode() for text in texts])
    rest = iter(texts)
    expected = [next(rest) if is_set else None for is_set in valid.tolist()]
    head, n_nulls = pack_validity(valid), len(valid) - len(texts)
    values = Values(len(valid), n_nulls, Encoding.PLAIN, head + plain)
    assert_all_read(encode("str", values, nullable=True), expected, path)
    body = head + pack_indices(np.arange(len(texts)), max(len(texts), 1))
    values = Values(len(valid), n_nulls, Encoding.RLE_DICTIONARY, body, plain, len(texts))
    assert_all_read(encode("str", values, nullable=True), expected, path)
