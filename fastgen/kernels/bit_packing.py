"""Pack whole numbers into bits as Parquet's encodings have them: the first value in the lowest bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.kernels.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW_8, SHIFT_8 = np.uint64(255), np.uint64(8)
WIDTH_MAX = 57  # with the up to seven bits that wait for their byte, 64


@jit
def pack_bits(
    values: NDArray[np.int64],
    size: int,
    width: NDArray[np.int64],
    at: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Pack values group by group.

    Parameters
    ----------
    values
        (n,), each of at least 0 and below 2 to the power of its group's width.
    size
        Values of a group; the last group may have fewer.
    width
        (n_groups,), bits of a value, at most `WIDTH_MAX`.
    at
        (n_groups,), where each group begins in `out`; its last byte is filled up with zeros.
    out
        Output.
    """
    for g in range(len(width)):
        bits, n_bits, place = np.uint64(0), 0, at[g]
        for j in range(g * size, min((g + 1) * size, len(values))):
            bits |= np.uint64(values[j]) << np.uint64(n_bits)
            n_bits += width[g]
            while n_bits >= 8:
                out[place] = bits & LOW_8
                bits >>= SHIFT_8
                n_bits -= 8
                place += 1
        if n_bits > 0:
            out[place] = bits & LOW_8
