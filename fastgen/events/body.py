"""Encode every item as JSON once, up to the quantity, which each order adds."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.kernels.expand import ItemTexts

if TYPE_CHECKING:
    from fastgen.model.dimensions import Items


def encode_items(items: Items) -> ItemTexts:
    """Encode every item of the table, in its order, as `{"id":1,...,"price":7.50,"qty":`."""
    texts = []
    keys = zip(
        items.id, items.category_id, items.menu_id, items.brand_id, items.name, items.price, strict=True
    )
    for item_id, category_id, menu_id, brand_id, name, price in keys:
        # A price has two decimals, so that every engine reads the same decimal number.
        texts.append(
            f'{{"id":{item_id},"category_id":{category_id},"menu_id":{menu_id},"brand_id":{brand_id},'
            f'"name":{json.dumps(name, ensure_ascii=False)},"price":{price:.2f},"qty":'.encode()
        )
    start = np.concatenate([[0], np.cumsum([len(t) for t in texts])]).astype(np.int64)
    return ItemTexts(start, np.frombuffer(b"".join(texts), np.uint8))
