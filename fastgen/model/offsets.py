"""Join the offsets into arrays that are put behind each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


def join_offsets(starts: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Make the offsets into the concatenation of some arrays from the offsets into each of them.

    Parameters
    ----------
    starts
        int64 (n + 1,) for each array, one array at least; the first offset is 0, the last one the array's
        length.

    Returns
    -------
    int64 (sum of all n + 1,)
        Offsets into all arrays together.
    """
    ends = np.cumsum([0, *(start[-1] for start in starts)])
    return np.concatenate([[0], *(start[1:] + end for start, end in zip(starts, ends[:-1], strict=True))])
