"""Ids are compared as numbers: two ids must never share one, and what is no id must have none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.dataset.kernels.parse_texts import NO_ID, format_order_id, parse_house_numbers, parse_order_ids

IDS = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=6, max_size=8)


def column(texts: list[str]) -> tuple[np.ndarray, np.ndarray]:
    data = [text.encode() for text in texts]
    start = np.concatenate([[0], np.cumsum([len(d) for d in data])]).astype(np.int64)
    return start, np.frombuffer(b"".join(data) + b"\0", np.uint8)


def parse(texts: list[str]) -> list[int]:
    code = np.empty(len(texts), np.int64)
    parse_order_ids(*column(texts), code)
    return [int(c) for c in code]


@settings(deadline=None)  # the first call compiles
@given(st.lists(IDS, min_size=1, max_size=20))
def test_ids_come_back(texts: list[str]) -> None:
    codes = parse(texts)
    assert [format_order_id(code) for code in codes] == texts
    assert len(set(codes)) == len(set(texts))


@settings(deadline=None)
@given(st.text(max_size=10).filter(lambda t: not (t.isascii() and t.isalnum() and t == t.upper())))
def test_other_texts_are_no_ids(text: str) -> None:
    assert parse([text]) == [NO_ID]


def test_longer_ids_follow_shorter_ones() -> None:
    assert parse(["000000", "ZZZZZZ", "0000000", "ZZZZZZZ", "00000000"]) == [
        0,
        36**6 - 1,
        36**6,
        36**6 + 36**7 - 1,
        36**6 + 36**7,
    ]
    assert parse(["AAAAA", "AAAAAAAAA"]) == [NO_ID, NO_ID]


@pytest.mark.parametrize(
    ("address", "number"),
    [
        *(("1 A", 1), ("9999 Caffè Row", 9999), ("999999 x", 999_999), ("12 5th Street", 12)),
        *(
            ("", 0),
            ("12", 0),
            ("12 ", 0),
            ("Elm Street", 0),
            ("012 Elm", 0),
            ("0 Elm", 0),
            ("1234567 Elm", 0),
        ),
        *(("-1 Elm", 0), ("1  Elm", 0), ("1-3 Elm", 0)),
    ],
)
def test_house_numbers(address: str, number: int) -> None:
    start, text = column([address])
    found = np.empty(1, np.int64)
    parse_house_numbers(start[:1], start[1:], text, found)
    assert found.tolist() == [number]
