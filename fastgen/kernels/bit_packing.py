"""Pack whole numbers into bits as Parquet does: the first value goes into the lowest bits."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray

LOW_8, SHIFT_8 = np.uint64(255), np.uint64(8)
# Up to seven bits wait in a 64-bit word until their byte is full, so a value has room for 57.
WIDTH_MAX = 57


@jit
def pack_bits(
    values: NDArray[np.int64],
    size: int,
    width: NDArray[np.int64],
    at: NDArray[np.int64],
    out: NDArray[np.uint8],
) -> None:
    """Pack values in groups; the values of a group have the same number of bits.

    Parameters
    ----------
    values
        int64 (n,), each at least 0 and below 2**width of its group.
    size
        Number of values in a group; the last group may have fewer.
    width
        int64 (n_groups,), bits of each value in the group, at most `WIDTH_MAX`.
    at
        int64 (n_groups,), position of the group's first byte in `out`.
    out
        Output, uint8. The last byte of a group is padded with zero bits.
    """
    for g in range(len(width)):
        bits, n_bits, byte = np.uint64(0), 0, at[g]
        for j in range(g * size, min((g + 1) * size, len(values))):
            bits |= np.uint64(values[j]) << np.uint64(n_bits)
            n_bits += width[g]
            while n_bits >= 8:
                out[byte] = bits & LOW_8
                bits >>= SHIFT_8
                n_bits -= 8
                byte += 1
        if n_bits > 0:
            out[byte] = bits & LOW_8
