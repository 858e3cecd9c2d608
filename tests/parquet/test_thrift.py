"""A wrong byte in a footer loses the whole file: every kind of field is held against bytes made by hand."""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fastgen.parquet.thrift import I8, I16, I64, Struct, Value, encode_struct, varint, zigzag


def read_varint(data: bytes) -> int:
    return sum((byte & 127) << (7 * place) for place, byte in enumerate(data))


def unzigzag(number: int) -> int:
    return (number >> 1) ^ -(number & 1)


@settings(max_examples=50)
@given(st.integers(0, 2**64 - 1))
@example(0)
@example(127)
@example(128)
@example(2**64 - 1)
def test_varint_comes_back_from_as_few_bytes_as_it_needs(number: int) -> None:
    data = varint(number)
    assert read_varint(data) == number
    assert [byte >= 128 for byte in data] == [True] * (len(data) - 1) + [False]
    assert len(data) == max(1, -(-number.bit_length() // 7))


@settings(max_examples=50)
@given(st.integers(-(2**63), 2**63 - 1))
@example(-(2**63))
@example(2**63 - 1)
def test_zigzag_comes_back_and_stays_small(number: int) -> None:
    assert unzigzag(zigzag(number)) == number
    assert 0 <= zigzag(number) <= 2 * abs(number)


def test_zigzag_begins_as_specified() -> None:
    assert [zigzag(number) for number in (0, -1, 1, -2, 2)] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (True, "11"),
        (False, "12"),
        (I8(8), "13 08"),
        (I8(-1), "13 ff"),
        (I16(300), "14 d804"),
        (I16(-1), "14 01"),
        (1, "15 02"),
        (-65, "15 8101"),
        (2**31 - 1, "15 feffffff0f"),
        (I64(-1), "16 01"),
        (I64(2**40), "16 808080808040"),
        ("", "18 00"),
        ("é", "18 02 c3a9"),
        (b"\xff\x00", "18 02 ff00"),
        ("x" * 200, "18 c801" + "78" * 200),
        (Struct({}), "1c 00"),
        (Struct({1: 2}), "1c 15 04 00"),
        ([1, -1], "19 25 02 01"),
        ([I64(1)], "19 16 02"),
        (["a", "bc"], "19 28 01 61 02 6263"),
        ([Struct({1: True}), Struct({})], "19 2c 11 00 00"),
        ([], "19 0c"),
        ([3] * 14, "19 e5" + "06" * 14),
        ([3] * 15, "19 f5 0f" + "06" * 15),
        ([3] * 300, "19 f5 ac02" + "06" * 300),
    ],
)
def test_value_of_field_1(value: Value, expected: str) -> None:
    assert encode_struct(Struct({1: value})) == bytes.fromhex(expected + "00")


@pytest.mark.parametrize(
    ("struct", "expected"),
    [
        (Struct({}), "00"),
        (Struct({1: None, 2: None}), "00"),
        (Struct({15: 1}), "f5 02 00"),
        (Struct({1: 1, 3: 1, 4: 1}), "15 02 25 02 15 02 00"),
        (Struct({1: None, 3: 1, 4: None, 6: 1}), "35 02 35 02 00"),
        (Struct({4: True, 5: False, 6: 1}), "41 12 15 02 00"),
        # Numbers count from 0 within, and go on behind as if nothing had been in between.
        (Struct({5: Struct({1: 1, 2: 1}), 6: 1}), "5c 15 02 15 02 00 15 02 00"),
        (Struct({2: [Struct({3: 1}), Struct({3: 1})], 3: 1}), "29 2c 35 02 00 35 02 00 15 02 00"),
    ],
)
def test_fields_are_numbered_by_their_distance(struct: Struct, expected: str) -> None:
    assert encode_struct(struct) == bytes.fromhex(expected)


def test_what_the_protocol_does_not_have_is_refused() -> None:
    class Number(IntEnum):
        ONE = 1

    for value in (Number.ONE, memoryview(b"text"), np.int64(3)):
        with pytest.raises(TypeError, match="expected a type of the protocol"):
            encode_struct(Struct({1: value}))  # type: ignore[dict-item]  # what is tested
    with pytest.raises(ValueError, match="bytes must be in range"):
        varint(-1)
