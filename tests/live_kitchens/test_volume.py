"""Live kitchens have the orders that their config asks for, by day, weekday and minute.

Each comparison fails at p < 1e-4 (see `tests.significance`), with fixed seeds.
"""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest
from scipy import stats

from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario, first_day
from tests import reference
from tests.live_kitchens.runs import NOON, config_of
from tests.live_kitchens.streams import read_stream
from tests.orders.parameters import count_days, model_of
from tests.significance import ALPHA, check_counts, check_distribution

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.live_kitchens.config import LiveConfig
    from tests.live_kitchens.streams import Stream

MINUTES = np.array(reference.minute_weights(night=False))


def count_orders(config: LiveConfig) -> NDArray[np.int64]:
    """Count the orders of each day without a run."""
    place = find_place(config)
    scenario = as_scenario(config, place, first_day(config, place, NOON))
    return count_days(model_of(scenario, place.code, make_dimensions(scenario, load_built_in_menus())))


def weekdays(config: LiveConfig) -> NDArray[np.int64]:
    """Find the weekday of each day, 0 for Monday."""
    start = NOON.date() - dt.timedelta(days=config.start_days_ago)
    return (start.weekday() + np.arange(config.days)) % 7


def targets(config: LiveConfig, first: int, last: int) -> NDArray[np.float64]:
    """Compute the orders that each day aims at without noise, from those of the first and the last day."""
    factors: NDArray[np.float64] = np.array(reference.WEEKDAYS)[weekdays(config)]
    return np.linspace(first, last, config.days) * factors


def share_of_wall_clock(config: LiveConfig) -> NDArray[np.float64]:
    """Compute each day's share of demand that isn't in an hour skipped by the clocks; 1 on other days."""
    start = NOON.date() - dt.timedelta(days=config.start_days_ago)
    share = np.ones(config.days)
    share[(dt.date(2026, 3, 8) - start).days] = 1 - MINUTES[120:180].sum() / MINUTES.sum()
    return share


def test_the_stream_has_the_orders_that_are_counted(stream: Stream) -> None:
    """What the counts below show is so in streams, too."""
    days = stream.config.start_days_ago
    assert (
        np.bincount(stream.orders["day"], minlength=days).tolist()
        == count_orders(stream.config)[:days].tolist()
    )


@pytest.mark.parametrize(("first", "last"), [(50, 1000), (950, 60), (300, 300), (0, 400), (400, 0)])
def test_orders_are_poisson_about_a_line(first: int, last: int) -> None:
    """Dispersion 1, the share of each day and weekday, and the mean, over the days of twelve seeds."""
    excess, freedom = 0.0, 0
    totals, wanted = np.zeros(365), np.zeros(365)
    for seed in range(12):
        config = config_of(random_seed=seed, orders_day_1=first, orders_last=last, noise_pct=0)
        counts = count_orders(config)
        # The generator cuts to whole numbers; the slack is that of the last digit.
        target = np.floor(targets(config, first, last) + 1e-9) * share_of_wall_clock(config)
        assert (counts[target == 0] == 0).all()
        are_open = target > 0
        excess += float(((counts - target)[are_open] ** 2 / target[are_open]).sum())
        freedom += int(are_open.sum())
        totals += counts
        wanted += target
    assert ALPHA < stats.chi2.sf(excess, freedom) < 1 - ALPHA
    check_counts(totals, wanted)
    of_week = weekdays(config)
    check_counts(np.bincount(of_week, totals), np.bincount(of_week, wanted))
    # The mean is known too, which check_counts takes from the data.
    assert 2 * stats.norm.sf(abs(totals.sum() - wanted.sum()) / math.sqrt(wanted.sum())) > ALPHA


@pytest.mark.parametrize("per_cent", [2.5, 10, 100])
def test_noise_is_uniform_within_its_per_cent(per_cent: float) -> None:
    changes: dict[str, Any] = {"orders_day_1": 10**7, "orders_last": 10**7, "noise_pct": per_cent}
    share = per_cent / 100
    # By the volume, the chance of counting hardly shows.
    factors = [
        count_orders(config) / (targets(config, 10**7, 10**7) * share_of_wall_clock(config))
        for config in (config_of(name, **changes) for name in ("sanfrancisco", "chicago"))
    ]
    for factor in factors:
        assert np.abs(factor - 1).max() < share + 0.002
        assert factor.max() - factor.min() > 1.9 * share
        check_distribution(np.clip((factor - 1 + share) / (2 * share), 0, 1), "uniform")
        assert stats.pearsonr(factor[1:], factor[:-1]).pvalue > ALPHA
    assert stats.pearsonr(*factors).pvalue > ALPHA


def test_minutes_follow_the_meal_times(stream: Stream) -> None:
    """Each minute of the day, and, sharper, the shares of lunch, dinner and the hours before."""
    counts = np.bincount(stream.orders["minute"], minlength=1440)
    check_counts(counts, MINUTES)
    parts = [0, 660, 810, 1020, 1200]
    check_counts(np.add.reduceat(counts, parts), np.add.reduceat(MINUTES, parts))
    seconds = stream.orders["order_created"].dt.second()
    check_counts(np.bincount(seconds, minlength=60), np.ones(60))


@pytest.mark.parametrize(
    ("change", "skipped", "twice"),
    [(dt.date(2026, 3, 8), 2, None), (dt.date(2026, 11, 1), None, 1)],
    ids=["spring", "autumn"],
)
def test_demand_follows_the_wall_clock_over_a_change(
    change: dt.date, skipped: int | None, twice: int | None, tmp_path: Path
) -> None:
    """The day of the change and those around it: meals at their time, the skipped hour without orders."""
    config = config_of(
        "chicago", start_days_ago=7, end_days_ahead=1, orders_day_1=700, orders_last=700, radius_mi=1
    )
    now = dt.datetime.combine(change + dt.timedelta(days=4), dt.time(20), dt.UTC)
    orders = read_stream(config, tmp_path / "landing", now).orders
    assert orders["order_created"].is_sorted()
    weights = MINUTES.copy()
    for day in range(config.start_days_ago):
        today = orders.filter(pl.col("day") == day)
        hours = np.bincount(today["minute"] // 60, minlength=24)
        assert min(hours[h] for h in range(24) if h != skipped) > 0
        # 25 hours of UTC in autumn, 23 in spring; the wall clock shows what it always shows.
        if day == (change - now.date()).days + config.start_days_ago and skipped is not None:
            assert hours[skipped] == 0
            weights[skipped * 60 : skipped * 60 + 60] *= (config.start_days_ago - 1) / config.start_days_ago
    check_counts(np.bincount(orders["minute"] // 10, minlength=144), weights.reshape(-1, 10).sum(axis=1))
    if twice is not None:
        at = pl.col("order_created")
        begin = dt.datetime.combine(
            change, dt.time(5)
        )  # midnight in Chicago is 5:00 in UTC before the change
        second = orders.filter(
            at.is_between(
                begin + dt.timedelta(hours=twice + 1), begin + dt.timedelta(hours=twice + 2), "left"
            )
        )
        assert second.height == 0
