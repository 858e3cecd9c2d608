"""Names with quotes and letters of any script must survive the JSON, and prices keep their cents."""

from __future__ import annotations

import itertools
import json

import numpy as np

from fastgen.events.body import encode_items
from fastgen.inputs.loading import load_inputs
from fastgen.model.dimensions import Items

NAMES = ('The "Pan" & Co', "Açaí \\ Caffè", "拉面", "\U0001f35c")


def texts_of(items: Items) -> list[str]:
    encoded = encode_items(items)
    raw, ends = encoded.text.tobytes(), encoded.start.tolist()
    return [raw[a:b].decode() for a, b in itertools.pairwise(ends)]


def test_names_and_numbers_survive() -> None:
    ids = np.array([2**53 + 1, 7, 3, 1])
    items = Items(ids, ids + 1, ids + 2, ids + 3, NAMES, np.array([2.02, 7.5, 12.0, 999_999.99]))
    for row, text in enumerate(texts_of(items)):
        item = json.loads(text + "2}")
        assert item["name"] == NAMES[row]
        assert [item[k] for k in ("id", "category_id", "menu_id", "brand_id")] == [
            int(ids[row]) + k for k in range(4)
        ]
        assert item["price"] == items.price[row]
        assert item["qty"] == 2


def test_prices_have_two_decimals() -> None:
    ids = np.arange(4)
    items = Items(ids, ids, ids, ids, NAMES, np.array([2.0, 7.5, 0.0, 19.99]))
    assert [text.split('"price":')[1] for text in texts_of(items)] == [
        '2.00,"qty":',
        '7.50,"qty":',
        '0.00,"qty":',
        '19.99,"qty":',
    ]


def test_every_built_in_item_is_encoded() -> None:
    items = load_inputs(None, None)[1].items
    assert [json.loads(text + "1}")["id"] for text in texts_of(items)] == items.id.tolist()
