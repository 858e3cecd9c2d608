"""Deal the brands of a location their growth at random, by its momentum (docs/model.md, 4.12)."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

import numpy as np

from fastgen.rng import Purpose, stream

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.model.location import Placement
    from fastgen.model.momentum import Momentum


def deal_growth(
    momentum: Momentum, placements: Sequence[Placement], seed: int, location_id: int
) -> list[Placement]:
    """Give each placement of a location the growth that its brand is dealt.

    Brands are shuffled by one draw each. So the deal depends on the seed, the location and its brands alone,
    and a brand that closes and opens again keeps its growth.

    Parameters
    ----------
    momentum
        Shares and growth rates.
    placements
        All placements of the location.
    seed, location_id
        Address of the draws.

    Returns
    -------
    list of Placement
        The placements in their order; a stated trajectory gives way to that of the growth.
    """
    # Only for momentum: it loads the compiler, which takes longer than to read a scenario.
    from fastgen.kernels.philox import draw_blocks  # noqa: PLC0415

    brands = sorted({placement.brand_id for placement in placements})
    words = draw_blocks(stream(seed, location_id, Purpose.MOMENTUM), 0, np.arange(len(brands)), range(1))[0]
    shuffled = [brands[i] for i in np.argsort(words, kind="stable").tolist()]
    rate_of = dict(zip(shuffled, momentum.growth_rates(len(brands)), strict=True))
    return [
        dataclasses.replace(one, growth_rate_monthly=rate_of[one.brand_id], trajectory=None)
        for one in placements
    ]
