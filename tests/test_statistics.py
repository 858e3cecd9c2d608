"""The data follow docs/model.md, 4 in distribution, not only in the mean: the canonical scenario, ten times.

Each comparison fails at p < 1e-4 (see `tests.significance`), with the canonical seed.
"""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from scipy import stats

from fastgen.inputs.loading import load_inputs
from tests import reference
from tests.canonical_sample import CODES, DAYS, N_CUSTOMERS, Sample, draw_samples
from tests.orders.parameters import count_days, model_of
from tests.significance import (
    ALPHA,
    check_counts,
    check_distribution,
    check_independent,
    check_same_distribution,
    check_share,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario

N_SEEDS = 60
US_PER_MIN = 60_000_000
# docs/model.md, 2.5: base orders, growth a day; sv has no weekday factors.
VOLUME = {"sf": (150, 0.0065), "sv": (50, 0.0135), "bellevue": (200, 0.0), "chicago": (300, -0.004)}


@pytest.fixture(scope="module")
def samples() -> dict[str, Sample]:
    return draw_samples()


@pytest.fixture(scope="module")
def noise() -> dict[str, NDArray[np.float64]]:
    """Orders over base, growth and weekday factor, (60 seeds, 90); by their volume chance hardly shows."""
    scenario, dims = load_inputs(None, None)
    factors = {}
    for code in CODES:
        base, growth = VOLUME[code]
        days = np.arange(DAYS)
        week = np.array(reference.WEEKDAYS)[days % 7] if code != "sv" else 1.0
        counts = np.array([_count_loud_days(scenario, code, seed, dims) for seed in range(N_SEEDS)])
        factors[code] = counts / (base * 1e5 * (1 + growth) ** days * week)
    return factors


def _count_loud_days(scenario: Scenario, code: str, seed: int, dims: Dimensions) -> NDArray[np.int64]:
    """Orders a day of 1e5 times the volume; all in one minute, to be quick."""
    model = model_of(dataclasses.replace(scenario, scale=1e5, seed=seed), code, dims)
    demand = model.demand._replace(weight=np.eye(1, 1440)[0])
    return count_days(model._replace(demand=demand))


@pytest.mark.parametrize("code", CODES)
def test_days_follow_base_growth_weekday_and_a_uniform_noise(
    noise: dict[str, NDArray[np.float64]], code: str
) -> None:
    factor = noise[code]
    check_distribution((factor.ravel() - 0.9) / 0.2, "uniform")
    days = np.broadcast_to(np.arange(DAYS), factor.shape)
    assert stats.linregress(days.ravel(), factor.ravel()).pvalue > ALPHA
    by_weekday = [factor[:, d::7].ravel() for d in range(7)]
    for one in by_weekday:
        check_distribution((one - 0.9) / 0.2, "uniform")
    assert stats.f_oneway(*by_weekday).pvalue > ALPHA


def test_noise_of_days_locations_and_seeds_is_independent(noise: dict[str, NDArray[np.float64]]) -> None:
    cube = np.array([noise[code] for code in CODES])  # location, seed, day
    pairs = [
        (cube[:, :, 1:], cube[:, :, :-1]),
        (cube[:, 1:], cube[:, :-1]),
        (cube[1:], cube[:-1]),
        (cube[:, :, 7:], cube[:, :, :-7]),
    ]
    for one, other in pairs:
        assert stats.pearsonr(one.ravel(), other.ravel()).pvalue > ALPHA


def test_totals_are_poisson_about_their_target() -> None:
    """Without noise: dispersion 1, to a few percent, over 900 days; and a third seed of the mean."""
    scenario, dims = load_inputs(None, None)
    still = dataclasses.replace(scenario.demand, noise_low=1.0, noise_high=1.0)
    scenario = dataclasses.replace(scenario, demand=still, scale=3.0)
    excess, freedom = 0.0, 0
    for seed in range(3):
        for code in CODES:
            model = model_of(dataclasses.replace(scenario, seed=seed), code, dims)
            target = np.floor(model.demand.expected)
            excess += float(((count_days(model) - target) ** 2 / target).sum())
            freedom += DAYS
    assert ALPHA < stats.chi2.sf(excess, freedom) < 1 - ALPHA


@pytest.mark.parametrize("code", CODES)
def test_counts_by_minute_follow_the_weights(samples: dict[str, Sample], code: str) -> None:
    minute = samples[code].times_us[:, 0] // US_PER_MIN % 1440
    check_counts(np.bincount(minute, minlength=1440), reference.minute_weights(night=code == "sv"))


def test_meal_times_have_their_shares(samples: dict[str, Sample]) -> None:
    """All locations together: sharper than the minutes one by one for a peak that is a little off."""
    of_day = np.concatenate(
        [s.times_us[:, 0] // US_PER_MIN % 1440 for code, s in samples.items() if code != "sv"]
    )
    weights = np.array(reference.minute_weights(night=False))
    for first, last in ((660, 810), (1020, 1200), (0, 660)):
        inside = int(((of_day >= first) & (of_day < last)).sum())
        check_share(inside, len(of_day), float(weights[first:last].sum() / weights.sum()))


@pytest.mark.parametrize("code", CODES)
def test_counts_by_minute_scatter_as_independent_orders_do(samples: dict[str, Sample], code: str) -> None:
    """Pearson's statistic of each day's minutes, against its exact mean and variance under a multinomial."""
    sample, k = samples[code], 1440
    p = np.array(reference.minute_weights(night=code == "sv"))
    p /= p.sum()
    excess, variance = 0.0, 0.0
    for day in range(DAYS):
        counts = np.bincount(sample.times_us[sample.day == day, 0] // US_PER_MIN % 1440, minlength=k)
        n = counts.sum()
        excess += float(((counts - n * p) ** 2 / (n * p)).sum()) - (k - 1)
        variance += 2 * (k - 1) + ((1 / p).sum() - k * k - 2 * k + 2) / n
    assert abs(excess) < 4.5 * math.sqrt(variance)


@pytest.mark.parametrize("code", CODES)
def test_seconds_customers_and_house_numbers_are_uniform(samples: dict[str, Sample], code: str) -> None:
    sample = samples[code]
    second = sample.times_us[:, 0] // 1_000_000 % 60
    check_counts(np.bincount(second, minlength=60), np.ones(60))
    check_counts(np.bincount(sample.customer, minlength=N_CUSTOMERS), np.ones(N_CUSTOMERS))
    assert (sample.house_number.min(), sample.house_number.max()) == (1, 9999)
    check_counts(np.bincount(sample.house_number, minlength=10_000)[1:], np.ones(9999))


@pytest.mark.parametrize("code", CODES)
def test_what_is_drawn_apart_is_independent(samples: dict[str, Sample], code: str) -> None:
    """Hour, second, customer, house number, steps, arrival, size of the basket: every pair, in tenths."""
    sample = samples[code]
    created = sample.times_us[:, 0]
    steps = np.diff(sample.times_us[:, [0, 1, 2, 3, 5]])
    late = (sample.times_us[:, 4] >= sample.times_us[:, 3]).astype(float)
    columns = [created // 1_000_000 % 60, sample.customer, sample.house_number, *steps.T, late]
    columns += [np.bincount(sample.line_order), np.bincount(sample.line_order, sample.line_qty)]
    hour = created // (60 * US_PER_MIN) % 24
    tenths = [_tenths(column) for column in [*columns, hour]]
    n_basket = len(columns) - 2  # lines and quantities belong together
    for i, one in enumerate(tenths):
        for j, other in enumerate(tenths[:i]):
            if (j, i) != (n_basket, n_basket + 1):
                check_independent(np.histogram2d(one, other, bins=[one.max() + 1, other.max() + 1])[0])


def _tenths(column: NDArray[Any]) -> NDArray[np.int64]:
    """Find the tenth that each value is in; fewer parts where values repeat."""
    borders = np.unique(np.quantile(column, np.linspace(0.1, 0.9, 9)))
    _, tenths = np.unique(np.digitize(column, borders), return_inverse=True)
    return tenths.astype(np.int64)


@pytest.mark.parametrize("code", CODES)
def test_service_times_are_normal_above_the_cut(samples: dict[str, Sample], code: str) -> None:
    steps = np.diff(samples[code].times_us[:, [0, 1, 2, 3, 5]]) / US_PER_MIN
    for step, (mean, sd) in zip(steps.T, reference.SERVICE, strict=True):
        assert step.min() >= 0.1
        share = stats.norm.cdf(0.1, mean, sd)
        at_cut = step == 0.1
        check_share(int(at_cut.sum()), len(step), share)
        check_distribution((stats.norm.cdf(step[~at_cut], mean, sd) - share) / (1 - share), "uniform")


@pytest.mark.parametrize("step", range(4))
def test_service_times_have_their_mean_and_spread(samples: dict[str, Sample], step: int) -> None:
    """All locations together: mean and variance of the quantiles, each within 4 sd."""
    mean, sd = reference.SERVICE[step]
    columns = [s.times_us[:, [0, 1, 2, 3, 5]] for s in samples.values()]
    minutes = np.concatenate([np.diff(times)[:, step] for times in columns]) / US_PER_MIN
    share = stats.norm.cdf(0.1, mean, sd)
    quantile = (stats.norm.cdf(minutes[minutes > 0.1], mean, sd) - share) / (1 - share)
    n = len(quantile)
    assert abs(quantile.mean() - 0.5) < 4 * math.sqrt(1 / 12 / n)
    assert abs(((quantile - 0.5) ** 2).mean() - 1 / 12) < 4 * math.sqrt((1 / 80 - 1 / 144) / n)


@pytest.mark.parametrize("code", CODES)
def test_driver_arrives_by_beta_in_his_interval(samples: dict[str, Sample], code: str) -> None:
    created, _, _, ready, arrived, picked_up = samples[code].times_us.T
    late = arrived >= ready
    check_share(int(late.sum()), len(late), 0.5)
    assert (arrived < picked_up).all()
    assert (arrived >= created).all()
    before = (arrived - created)[~late] / (ready - created)[~late]
    after = (arrived - ready)[late] / (picked_up - ready)[late]
    check_distribution(before, "beta", 3, 3)
    check_distribution(after, "beta", 3, 3)
    check_same_distribution(before, after)


def test_locations_do_not_share_their_draws(samples: dict[str, Sample]) -> None:
    """Order n of one location and of another: customers as independent as chance has it."""
    for one, other in (("sf", "sv"), ("bellevue", "chicago"), ("sf", "chicago")):
        n = min(len(samples[one].customer), len(samples[other].customer))
        table, *_ = np.histogram2d(samples[one].customer[:n], samples[other].customer[:n], bins=12)
        check_independent(table)


def test_total_is_that_of_the_model() -> None:
    """About 75,000 orders in the canonical 90 days, seed 42: within 4 sd of the sum of the targets."""
    scenario, dims = load_inputs(None, None)
    total = sum(int(count_days(model_of(scenario, code, dims)).sum()) for code in CODES)
    targets = []
    for code, (base, growth) in VOLUME.items():
        week = [1.0] * 7 if code == "sv" else reference.WEEKDAYS
        targets += [base * (1 + growth) ** day * week[day % 7] for day in range(DAYS)]
    wanted = sum(targets) - 0.5 * len(targets)  # the cut to a whole number takes half an order
    sd = math.sqrt(wanted + sum(t * t for t in targets) * 0.2**2 / 12)
    assert abs(total - wanted) < 4 * sd
    assert total == pytest.approx(75_000, rel=0.03)
