"""JSON from outside becomes a record of the right types, or a ValueError that says what is wrong."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class Record:
    text: str
    count: int
    share: float
    is_set: bool
    texts: tuple[str, ...]
    ids: tuple[int, ...] | None
    by_name: Mapping[str, str]
    note: str | None = None


class Pair(NamedTuple):
    number: int
    text: str


RECORD = Record("a", 2**63, 0.5, is_set=True, texts=("b",), ids=None, by_name={"c": "d"})
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(JSON)
def test_json_is_read_as_it_was_written(value: Any) -> None:
    assert parse_json(json.dumps(value)) == value
    assert parse_json(json.dumps(value, ensure_ascii=False).encode()) == value


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[" * 100_000, "nested too deep"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested too deep"),
        ("[NaN]", "NaN where a number belongs"),
        ('{"a": -Infinity}', "-Infinity where a number belongs"),
        ('"\\ud800"', "surrogates not allowed"),
        ('{"\\udfff": 1}', "surrogates not allowed"),
        ("9" * 5000, "digits"),
        ("", "Expecting value"),
    ],
)
def test_what_is_no_json_of_ours_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_json(text)
    with pytest.raises(ValueError, match=reason):
        parse_json(text.encode())


def test_bytes_that_are_no_utf8_are_refused() -> None:
    with pytest.raises(ValueError, match="utf-8"):
        parse_json(b'"\xff"')


def test_records_are_made_of_their_own_json() -> None:
    assert make_record(Record, parse_json(json.dumps(asdict(RECORD)))) == RECORD
    assert make_record(Record, {**asdict(RECORD), "texts": [], "ids": [1, 2]}).ids == (1, 2)
    assert make_record(Pair, [1, "a"]) == make_record(Pair, {"text": "a", "number": 1}) == Pair(1, "a")


def test_what_has_a_default_may_be_missing() -> None:
    raw = {key: value for key, value in asdict(RECORD).items() if key != "note"}
    assert make_record(Record, {**raw, "texts": ["b"]}) == RECORD
    assert make_record(Record, {**raw, "texts": ["b"], "note": "e"}).note == "e"


@given(st.sampled_from(sorted(asdict(RECORD))), JSON)
def test_values_of_another_type_are_refused(key: str, value: Any) -> None:
    """Whatever is taken has the field's type."""
    raw = {**asdict(RECORD), "texts": ["b"], key: value}
    try:
        record = make_record(Record, raw)
    except ValueError as error:
        assert str(error).startswith(f"{key}: expected ")  # noqa: PT017  # either is right
        return
    kinds: dict[str, Any] = {
        "text": str,
        "count": int,
        "share": int | float,
        "is_set": bool,
        "texts": tuple,
        "ids": tuple | None,
        "by_name": dict,
        "note": str | None,
    }
    assert isinstance(getattr(record, key), kinds[key])
    assert key == "is_set" or not isinstance(value, bool)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        ([], "expected an object, got \\[\\]"),
        (None, "expected an object, got null"),
        ({}, "no by_name"),
        ({**asdict(RECORD), "texts": ["b"], "x\n": 1}, r'the unknown key "x\\n"'),
        ({**asdict(RECORD), "texts": ["b"], "count": True}, "count: expected a whole number, got true"),
        ({**asdict(RECORD), "texts": ["b"], "count": 2**64}, "count: expected a whole number"),
    ],
)
def test_reasons_name_the_key(raw: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        make_record(Record, raw)


@pytest.mark.parametrize("raw", [[1], [1, "a", 2], ["a", 1]])
def test_rows_of_another_form_are_refused(raw: object) -> None:
    with pytest.raises(ValueError, match=r"zip\(\) argument|expected"):
        make_record(Pair, raw)
