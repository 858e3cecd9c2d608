"""Write whole numbers into JSON in as few bits as the largest of them needs.

Text of a page has no cheaper form that is the same everywhere: what deflate makes differs between versions
of its library. `assets/map.js` reads them.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Packed(TypedDict):
    """Whole numbers.

    Attributes
    ----------
    n
        How many.
    low
        The smallest; the bits state how much more each is.
    bits
        Bits of each: 0 where all are the same.
    data
        The bits one after the other, each number's lowest first and each byte's lowest first, as base64.
    """

    n: int
    low: int
    bits: int
    data: str


def pack(values: NDArray[np.integer]) -> Packed:
    """Pack whole numbers that lie within 2^31 of each other."""
    low = int(values.min()) if len(values) else 0
    more = values.astype(np.int64) - low
    bits = int(more.max(initial=0)).bit_length()
    flags = (more[:, None] >> np.arange(bits)) & 1
    data = np.packbits(flags.astype(np.uint8), bitorder="little").tobytes()
    return Packed(n=len(values), low=low, bits=bits, data=base64.b64encode(data).decode())
