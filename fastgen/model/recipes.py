"""Define recipes: the steps by which kitchens make each item, and on which type of station."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Recipes(NamedTuple):
    """Steps of every item, one item after the other.

    Attributes
    ----------
    step_start
        int64 (n_items + 1,), offsets into the steps, by row of the items table; an item has one at least.
    step_type
        int64 (n_steps,), type of station, from 0.
    expected_us
        int64 (n_steps,), mean duration, microseconds, at least 1.
    """

    step_start: NDArray[np.int64]
    step_type: NDArray[np.int64]
    expected_us: NDArray[np.int64]
