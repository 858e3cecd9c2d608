"""Attribute values are read as other programs wrote them, in time by their length."""

from __future__ import annotations

import re
import time
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.roads.attribute_text import read_flag, read_number, split_list
from tests.roads.graphml_writer import LIST_STYLES

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=12)


@settings(deadline=None)
@given(st.lists(LINES, min_size=1, max_size=4), st.sampled_from(LIST_STYLES[:4]))
def test_list_gives_its_texts_back(texts: list[str], write_list: object) -> None:
    assert callable(write_list)
    assert split_list(write_list(texts)) == [t for t in texts if split_list(t) != []]


@pytest.mark.parametrize(
    ("text", "texts"),
    [
        ("Main Street", ["Main Street"]),
        ("['A', 'B']", ["A", "B"]),
        ("['O\\'Hara', \"St. John's\"]", ["O'Hara", "St. John's"]),
        ('["\\ud83d\\ude00", "\\u00e9"]', ["😀", "é"]),
        ("['A' 'B']", ["A", "B"]),
        ("{'A'}", ["A"]),
        ("['A', None, nan, 3]", ["A"]),
        ("[Closed]", ["[Closed]"]),
        ("[1, 2]", []),
        ("[]", []),
        ("{}", []),
        ("{'en': 'Main'}", []),
        ('{"en": "Main"}', []),
        ("[['A']]", []),
        ("nan", []),
        ("", []),
        ("[", ["["]),
        ("('B', 'A')", ["B", "A"]),
        ("('A',)", ["A"]),
        ("(None, 'A')", ["A"]),
        ("(None, nan)", []),
        ("array(['B', 'A'], dtype=object)", ["B", "A"]),
        ("array(['A'], dtype='<U1')", ["A"]),
        ("frozenset({'A'})", ["A"]),
        ("numpy.array([1, 2])", []),
        ("(Closed)", ["(Closed)"]),
        ("(2)", ["(2)"]),
        ("(Old) Main Street (East)", ["(Old) Main Street (East)"]),
        ("('Old' Road)", ["('Old' Road)"]),
        ("Main(East)", ["Main(East)"]),
        ("St.((Old))", ["St.((Old))"]),
    ],
)
def test_texts_in_a_value(text: str, texts: list[str]) -> None:
    assert split_list(text) == texts


@pytest.mark.parametrize("piece", ["]", "],dtype=", "] ", "(", "],  ", "'a',"])
@pytest.mark.parametrize("start", ["array([", "(", "a(((", "array(['a'],"])
def test_any_long_value_is_read_in_a_moment(start: str, piece: str) -> None:
    began = time.perf_counter()
    with suppress(ValueError):
        split_list(start + piece * 200_000 + ")")
    assert time.perf_counter() - began < 3


@pytest.mark.parametrize("text", ["1_0", "0x1", "41,9", "1e", "--1", "[1]", "True", "inf", "\u0661"])
def test_what_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=re.escape(text)):
        read_number(text)
    assert np.isnan(read_number(" None "))
    assert read_number(" -87.5e0 ") == -87.5
    with pytest.raises(ValueError, match="maybe"):
        read_flag("maybe")
