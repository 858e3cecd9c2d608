"""Parse order ids and house numbers; the texts may be damaged in any way."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit
from fastgen.kernels.order_ids import BASE, IDS_6, IDS_7

if TYPE_CHECKING:
    from numpy.typing import NDArray

WIDTH_MIN, WIDTH_MAX = 6, 8  # characters of an order id
NO_ID = -1
NO_NUMBER = 0
NUMBER_DIGITS_MAX = 6


@jit
def parse_order_ids(start: NDArray[np.int64], text: NDArray[np.uint8], code: NDArray[np.int64]) -> None:
    """Parse ids of 6 to 8 characters A-Z0-9 as numbers; those of longer ids follow all of shorter ones.

    Parameters
    ----------
    start
        int64 (n + 1,), offsets of the ids in `text`.
    text
        Their characters.
    code
        Output, int64 (n,): a different number for every id, `NO_ID` for what is not an id.
    """
    for i in range(len(code)):
        width = start[i + 1] - start[i]
        if not WIDTH_MIN <= width <= WIDTH_MAX:
            code[i] = NO_ID
            continue
        value = 0
        for j in range(start[i], start[i + 1]):
            character = np.int64(text[j])
            if 48 <= character <= 57:  # 0 to 9
                value = value * BASE + character - 48
            elif 65 <= character <= 90:  # A to Z
                value = value * BASE + character - 55
            else:
                value = NO_ID
                break
        if value >= 0:
            value += 0 if width == WIDTH_MIN else IDS_6 if width == WIDTH_MIN + 1 else IDS_6 + IDS_7
        code[i] = value


@jit
def parse_house_numbers(
    first: NDArray[np.int64], last: NDArray[np.int64], text: NDArray[np.uint8], number: NDArray[np.int64]
) -> None:
    """Parse the house numbers of addresses "N Street".

    Parameters
    ----------
    first, last
        int64 (n,), begin and end of each address in `text`.
    text
        Their UTF-8 bytes.
    number
        Output, int64 (n,): the number, `NO_NUMBER` where the number or the street is missing.
    """
    for i in range(len(first)):
        number[i] = NO_NUMBER
        value, at = 0, first[i]
        while at < last[i] and at - first[i] < NUMBER_DIGITS_MAX and 48 <= text[at] <= 57:
            value = value * 10 + (np.int64(text[at]) - 48)
            at += 1
        # A number has no zero in front; a blank and the street follow it.
        is_number = at > first[i] and text[first[i]] != 48
        if is_number and at + 1 < last[i] and text[at] == 32 and text[at + 1] > 32:
            number[i] = value


def format_order_id(code: int) -> str:
    """Write the order id of a number that `parse_order_ids` made."""
    if code < 0:
        return "?"
    width, rest = WIDTH_MIN, code
    for size in (IDS_6, IDS_7):
        if rest >= size and width < WIDTH_MAX:
            rest, width = rest - size, width + 1
    digits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return "".join(digits[rest // BASE**k % BASE] for k in range(width - 1, -1, -1))
