"""Verify trusts these kernels to read baskets back exactly, and to know each rule that a basket can break."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.dataset.kernels import basket_check as kernel
from fastgen.events.body import encode_items
from fastgen.model.dimensions import Items

# Brand rows 0 and 1 have three and two items; ids are in no order.
ITEMS = Items(
    id=np.array([50, 7, 8, 3, 900]),
    category_id=np.array([1, 1, 2, 3, 3]),
    menu_id=np.array([1, 1, 1, 2, 2]),
    brand_id=np.array([10, 10, 10, 20, 20]),
    name=('Caffè "L"', "Açaí", "}],[{", "x", "y"),
    price=np.array([7.5, 12.05, 3.0, 0.0, 21.99]),
)
TEXTS = encode_items(ITEMS)
ROW = np.argsort(ITEMS.id)
RULES = kernel.BasketRules(
    single=True,
    several=True,
    brands_min=2,
    brands_max=2,
    items_min=1,
    items_max=2,
    qty_min=1,
    qty_max=2,
    repeats=False,
    item_brand=np.array([0, 0, 0, 1, 1]),
    menu_size=np.array([3, 2]),
    placed_location=np.array([1, 1, 2]),
    placed_brand=np.array([0, 1, 1]),
    start_day=np.array([0, 5, 0]),
    end_day=np.array([100, 10, 100]),
)
Line = tuple[int, int]


def write(lines: list[Line]) -> str:
    texts = [TEXTS.text[TEXTS.start[i] : TEXTS.start[i + 1]].tobytes().decode() for i, _ in lines]
    return "[" + ",".join(f"{text}{qty}}}" for text, (_, qty) in zip(texts, lines, strict=True)) + "]"


def read(texts: list[str]) -> tuple[list[int], list[list[Line]], Any]:
    """Problems and lines of some baskets, and the arrays they came in."""
    data = [text.encode() for text in texts]
    ends = np.concatenate([[0], np.cumsum([len(d) for d in data])]).astype(np.int64)
    room = int(ends[-1]) // kernel.LINE_BYTES_MIN + 1
    problem, start = np.empty(len(texts), np.int8), np.empty(len(texts) + 1, np.int64)
    item, qty = np.empty(room, np.int64), np.empty(room, np.int64)
    text = np.frombuffer(b"".join(data) + b"\0", np.uint8)
    kernel.parse_items(ends[:-1], ends[1:], text, ITEMS.id[ROW], ROW, TEXTS, problem, start, item, qty)
    spans = [slice(start[i], start[i + 1]) for i in range(len(texts))]
    lines = [list(zip(item[s].tolist(), qty[s].tolist(), strict=True)) for s in spans]
    return problem.tolist(), lines, (start, item, qty, problem)


baskets = st.lists(st.tuples(st.integers(0, 4), st.integers(0, 9)), min_size=1, max_size=6)


@settings(deadline=None)
@given(st.lists(baskets, min_size=1, max_size=4))
def test_lines_come_back(orders: list[list[Line]]) -> None:
    texts = [write(lines) for lines in orders]
    assert read(texts)[:2] == ([kernel.FINE] * len(orders), orders)
    for text, lines in zip(texts, orders, strict=True):
        assert [(line["id"], line["qty"]) for line in json.loads(text)] == [
            (ITEMS.id[i], q) for i, q in lines
        ]


@settings(deadline=None)
@given(baskets, st.data())
def test_a_changed_byte_never_passes_for_the_same(lines: list[Line], data: st.DataObject) -> None:
    text = write(lines)
    at = data.draw(st.integers(0, len(text) - 1))
    changed = text[:at] + data.draw(st.sampled_from('0[]{},":x')) + text[at + 1 :]
    problems, (found, after), _ = read([changed, text])
    assert after == lines
    assert problems[0] != kernel.FINE or write(found) == changed


@pytest.mark.parametrize("cut", range(1, 80))
def test_a_basket_cut_anywhere_is_none(cut: int) -> None:
    text = write([(1, 2)])
    problems, lines, _ = read([text[:-cut], text])
    assert problems[0] in (kernel.NO_ITEMS, kernel.OTHER_ITEM)
    assert lines == [[], [(1, 2)]]


@pytest.mark.parametrize(
    ("lines", "location_id", "day", "problem"),
    [
        ([(0, 1), (1, 2)], 1, 0, kernel.FINE),
        ([(0, 1), (3, 1), (4, 2)], 1, 5, kernel.FINE),
        ([(3, 1)], 1, 4, kernel.BRAND_CLOSED),
        ([(3, 1)], 1, 10, kernel.BRAND_CLOSED),
        ([(3, 1)], 1, 9, kernel.FINE),
        ([(0, 1)], 2, 5, kernel.BRAND_CLOSED),
        ([(0, 3)], 1, 0, kernel.QTY),
        ([(0, 0)], 1, 0, kernel.QTY),
        ([(0, 1), (0, 1)], 1, 0, kernel.TWICE),
        ([(0, 1), (1, 1), (2, 1)], 1, 0, kernel.N_ITEMS),
    ],
)
def test_each_rule_is_known(lines: list[Line], location_id: int, day: int, problem: int) -> None:
    _, _, (start, item, qty, found) = read([write(lines)])
    kernel.check_baskets(RULES, np.array([location_id]), np.array([day]), start, item, qty, found)
    assert found.tolist() == [problem]


@pytest.mark.parametrize(
    ("single", "several", "one", "two"),
    [(True, False, kernel.FINE, kernel.N_BRANDS), (False, True, kernel.N_BRANDS, kernel.FINE)],
)
def test_numbers_of_brands(single: bool, several: bool, one: int, two: int) -> None:  # noqa: FBT001
    rules = RULES._replace(single=single, several=several)
    _, _, (start, item, qty, found) = read([write([(0, 1)]), write([(0, 1), (3, 1)])])
    kernel.check_baskets(rules, np.array([1, 1]), np.array([5, 5]), start, item, qty, found)
    assert found.tolist() == [one, two]
    # Where only one brand is open, several are one.
    _, _, (start, item, qty, found) = read([write([(0, 1)])])
    kernel.check_baskets(rules, np.array([1]), np.array([0]), start, item, qty, found)
    assert found.tolist() == [kernel.FINE]


def test_an_item_is_on_several_lines_where_that_is_allowed() -> None:
    """Then a brand has more lines than its menu items, and all other rules hold as before."""
    texts = [write([(0, 1)] * 4 + [(3, 1)] * 3), write([(0, 1)] * 5 + [(3, 1)]), write([(0, 1), (0, 3)])]
    _, _, (start, item, qty, found) = read(texts)
    rules = RULES._replace(repeats=True, items_max=4)
    kernel.check_baskets(rules, np.array([1] * 3), np.array([5] * 3), start, item, qty, found)
    assert found.tolist() == [kernel.FINE, kernel.N_ITEMS, kernel.QTY]
