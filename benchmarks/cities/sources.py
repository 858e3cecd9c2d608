"""Say where a built-in network comes from, and draw what it owes to chance."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import numpy as np

if TYPE_CHECKING:
    from fastgen.roads.synthetic.draws import Draws


def name_source(title: str) -> str:
    """Name a network's source, as the manifests of datasets hold it."""
    return f"fastgen built-in synthetic network of {title} (invented streets, not for navigation)"


def numpy_draws(seed: int, number: int) -> Draws:
    """Open a stream of NumPy's, from before the generator had its own: these networks stay as they are."""
    return cast("Draws", np.random.Generator(np.random.PCG64([seed, number])))
