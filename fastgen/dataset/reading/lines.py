"""Read the lines of orders back from items_json."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.kernels.basket_check import LINE_BYTES_MIN, parse_items
from fastgen.events.body import encode_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.events.kernels.expand import ItemTexts
    from fastgen.model.dimensions import Items


class ItemIndex(NamedTuple):
    """The items table, to look up the items of a line.

    Attributes
    ----------
    ids
        int64 (n_items,), ids in ascending order.
    row
        int64 (n_items,), row of the items table of each of `ids`.
    texts
        JSON of every row up to its quantity.
    cents
        int64 (n_items,), price of every row.
    """

    ids: NDArray[np.int64]
    row: NDArray[np.int64]
    texts: ItemTexts
    cents: NDArray[np.int64]


class Lines(NamedTuple):
    """Lines of n orders.

    Attributes
    ----------
    problem
        int8 (n,): `FINE`, or what `parse_items` found wrong with the text; such an order has no lines.
    start
        int64 (n + 1,), offsets of the orders' lines.
    item, qty
        int64, row of the items table and quantity of each line.
    """

    problem: NDArray[np.int8]
    start: NDArray[np.int64]
    item: NDArray[np.int64]
    qty: NDArray[np.int64]


def index_items(items: Items) -> ItemIndex:
    """Index the items table by id."""
    row = np.argsort(items.id, kind="stable").astype(np.int64)
    # Prices are whole cents but for the last bits of a float.
    cents = np.rint(items.price * 100).astype(np.int64)
    return ItemIndex(items.id[row], row, encode_items(items), cents)


def read_lines(orders: OrderRows, items: ItemIndex) -> Lines:
    """Read the lines of well-formed orders."""
    texts = orders.batch.texts["items_json"]
    first, last = texts.start[orders.first], texts.start[orders.first + 1]
    # Every line takes at least LINE_BYTES_MIN bytes, which bounds their number.
    n, n_lines_max = len(first), int((last - first).sum()) // LINE_BYTES_MIN + 1
    problem, start = np.empty(n, np.int8), np.empty(n + 1, np.int64)
    item, qty = np.empty((2, n_lines_max), np.int64)
    parse_items(first, last, texts.text, items.ids, items.row, items.texts, problem, start, item, qty)
    n_lines = int(start[-1])
    return Lines(problem, start, item[:n_lines], qty[:n_lines])
