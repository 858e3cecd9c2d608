"""The steps of live orders take as long as the config says, and drivers arrive as it says.

Each comparison fails at p < 1e-4 (see `tests.significance`), with a fixed seed.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest
from scipy import stats

from tests.significance import ALPHA, check_distribution, check_same_distribution, check_share

if TYPE_CHECKING:
    from fastgen.live_kitchens.config import LiveConfig
    from tests.live_kitchens.streams import Stream

SHORTEST_MIN = 0.1  # a step takes this at least
SPANS = {
    "cs": ("order_created", "gk_started"),
    "sf": ("gk_started", "gk_finished"),
    "fr": ("gk_finished", "gk_ready"),
    "rp": ("gk_ready", "driver_picked_up"),
}


@pytest.mark.parametrize("step", SPANS)
def test_steps_are_normal_above_the_cut(stream: Stream, figures: LiveConfig, step: str) -> None:
    """The share at the cut, the distribution above it, and, sharper, its mean and spread."""
    mean, sd = (getattr(figures.svc, step).mean_min, getattr(figures.svc, step).sd_min)
    minutes = stream.minutes(*SPANS[step]).to_numpy()
    assert minutes.min() >= SHORTEST_MIN
    share = stats.norm.cdf(SHORTEST_MIN, mean, sd)
    above = minutes > SHORTEST_MIN
    check_share(int((~above).sum()), len(minutes), share)
    quantile = (stats.norm.cdf(minutes[above], mean, sd) - share) / (1 - share)
    check_distribution(quantile, "uniform")
    z_mean = (quantile.mean() - 0.5) * math.sqrt(12 * len(quantile))
    z_spread = (((quantile - 0.5) ** 2).mean() - 1 / 12) / math.sqrt((1 / 80 - 1 / 144) / len(quantile))
    assert min(2 * stats.norm.sf(abs(z)) for z in (z_mean, z_spread)) > ALPHA


def test_driver_arrives_by_beta_in_the_interval(stream: Stream, figures: LiveConfig) -> None:
    wanted = figures.driver_arrival
    before = stream.minutes("driver_arrived", "gk_ready").to_numpy()
    late = before <= 0
    check_share(int(late.sum()), len(late), wanted.after_ready_pct)
    assert (stream.minutes("driver_arrived", "driver_picked_up") > 0).all()
    preparation = stream.minutes("order_created", "gk_ready").to_numpy()
    wait = stream.minutes("gk_ready", "driver_picked_up").to_numpy()
    early_at = 1 - before[~late] / preparation[~late]
    late_at = -before[late] / wait[late]
    for at in (early_at, late_at):
        check_distribution(at, "beta", wanted.alpha, wanted.beta)
    check_same_distribution(early_at, late_at)


def test_steps_are_independent_of_each_other(stream: Stream) -> None:
    """Spearman's correlation of each pair of steps, and of each step with the next order's."""
    steps = np.array([stream.minutes(*span).to_numpy() for span in SPANS.values()])
    for i, one in enumerate(steps):
        assert stats.spearmanr(one[1:], one[:-1]).pvalue > ALPHA
        for other in steps[:i]:
            assert stats.spearmanr(one, other).pvalue > ALPHA
