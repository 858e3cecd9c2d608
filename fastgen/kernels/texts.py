"""Copy selected texts of a table of texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.jit import jit
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@jit
def copy_texts(
    start: NDArray[np.int64],
    text: NDArray[np.uint8],
    which: NDArray[np.int64],
    length_bytes: int,
    out: NDArray[np.uint8],
) -> None:
    """Copy texts one after another, each preceded by its length in bytes.

    Parameters
    ----------
    start
        int64 (n_texts + 1,), offsets: text i is text[start[i]:start[i + 1]].
    text
        uint8, all texts.
    which
        int64 (n,), numbers of the texts to copy.
    length_bytes
        Bytes of each length, 0 to 4, little-endian.
    out
        Output, uint8, as long as the copied texts and lengths together.
    """
    at = 0
    for j in range(len(which)):
        first = start[which[j]]
        n = start[which[j] + 1] - first
        # Four bytes in a page of a Parquet file, none in what a digest runs over.
        for k in range(length_bytes):
            out[at] = (n >> (8 * k)) & 255
            at += 1
        copy_items(text, first, out, at, n)
        at += n
