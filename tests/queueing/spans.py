"""Checks of spans of time: who, from when, until when."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def assert_apart(who: NDArray[np.int64], begins: NDArray[np.int64], ends: NDArray[np.int64]) -> None:
    """Check that nobody is at two things at once."""
    # A ride to a customer at the kitchen takes no time: it comes before another one that begins then.
    order = np.lexsort((ends, begins, who))
    same = who[order][1:] == who[order][:-1]
    assert (begins[order][1:][same] >= ends[order][:-1][same]).all()
