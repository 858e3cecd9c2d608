"""What the model expects is what simulated orders are like; and its formulas against chance."""

from __future__ import annotations

from dataclasses import replace
from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import pytest

from fastgen.inputs.loading import load_inputs
from fastgen.model.order_rules import Driver, ServiceTime, ServiceTimes
from fastgen.orders.expected import expected_orders
from fastgen.reporting.axes import INTERVALS, bin_starts_s
from fastgen.reporting.basket_model import brand_numbers, in_first, line_numbers, make_menu
from fastgen.reporting.binning import find_percentiles
from fastgen.reporting.kernels.count_orders import ARRIVED_SHIFT_S
from fastgen.reporting.model import expect, noise_variance
from fastgen.reporting.survey import survey_dataset
from fastgen.reporting.time_model import delivery_chances, drive_chances, interval_chances
from tests.helpers import build_small
from tests.orders.parameters import count_days, model_of
from tests.significance import check_counts

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.reporting.expected import Expected
    from fastgen.reporting.tally import Tally

CANONICAL = load_inputs(None, None)[0]
DRAWS = 400_000
VERY_LONG = 60  # minutes

SCENARIOS = {
    "canonical": "",
    "the clock of UTC, over its change": 'clock = "utc"\nstart = 2024-03-01',
    "events": (
        '[events.match]\nfirst_day = 3\nlast_day = 9\nfactor = 3\nfrom = "18:00"\nto = "22:00"\n'
        'locations = ["sf"]'
    ),
    "large baskets": (
        "[baskets]\nsingle_brand_probability = 0.2\nbrands_min = 2\nbrands_max = 6\nitems_max = 5"
    ),
    "no wait": "[service_times]\nminimum_min = 0.001\ncreated_to_started = { mean_min = 0, sd_min = 0 }",
    "times of their own": (
        "[locations.sf.driver]\nafter_ready_probability = 0.2\narrival_alpha = 0.5\n"
        "arrival_beta = 4\n[locations.chicago.service_times]\nminimum_min = 0.0275\n"
        "finished_to_ready = { mean_min = 0.1, sd_min = 0.2 }"
    ),
}


def check_times(counts: NDArray[np.int64], chances: NDArray[np.float64]) -> None:
    """Compare times with their probabilities, which may be those of one certain time."""
    assert chances.sum() == pytest.approx(1.0)
    if chances.max() > 1 - 1e-9:
        assert counts.argmax() == chances.argmax()
        assert counts.max() == counts.sum()
    else:
        check_counts(counts, chances)


def check_model(tally: Tally, expected: Expected) -> None:
    """Compare every array of the model with the tally's, for each location."""
    for row in range(tally.axes.n_locations):
        check_counts(tally.by_minute[row], expected.by_minute[row])
        check_counts(tally.by_brand[row, :, :, 1].sum(axis=1), expected.first_brand[row].sum(axis=1))
        for name in ("brands_per_order", "lines_per_brand", "quantities"):
            check_counts(getattr(tally, name)[row], getattr(expected, name)[row])
        if not np.isnan(expected.lines_per_order[row]).any():
            check_counts(tally.lines_per_order[row], expected.lines_per_order[row])
        # An order has a brand once: less than chance of a brand alone.
        seen, mean = tally.by_brand[row, :, :, 0].sum(axis=1), expected.brand_orders[row].sum(axis=1)
        assert (np.abs(seen - mean) <= 5 * np.sqrt(mean)).all()
        z = (tally.orders[row] - expected.orders_mean[row]) / expected.orders_sd[row]
        assert abs(z.mean()) * np.sqrt(len(z)) < 4
        assert abs((z**2).sum() - len(z)) < 5 * np.sqrt(2 * len(z))
        for counts, chances in zip(tally.seconds[row], expected.seconds[row], strict=True):
            check_times(counts, chances)
        reachable = expected.reachable[row]
        assert reachable is not None
        nodes, seen = tally.customers[row], np.zeros(len(reachable.key), np.int64)
        seen[np.searchsorted(reachable.key, nodes.key)] = nodes.orders
        check_counts(seen, np.ones(len(seen)))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_datasets_fit_their_model(scenario: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(SCENARIOS[scenario])
    survey = survey_dataset(build_small(tmp_path, scenario=path, days=42, scale=0.6))
    expected = expect(survey, tmp_path / "roads")
    assert expected is not None
    check_model(survey.tally, expected)


def test_kitchens_with_stations_have_the_same_orders_and_other_times(tmp_path: Path) -> None:
    survey = survey_dataset(build_small(tmp_path, days=14, kitchen="stations"))
    expected = expect(survey, tmp_path / "roads")
    assert expected is not None
    assert np.isnan(expected.seconds).all()
    for row in range(2):
        check_counts(survey.tally.by_minute[row], expected.by_minute[row])
        check_counts(survey.tally.quantities[row], expected.quantities[row])


def test_other_roads_are_none(dataset: Path) -> None:
    """The built-in roads of a code are not those of a town of the same code."""
    survey = survey_dataset(dataset)
    expected = expect(survey)
    assert expected is not None
    assert expected.reachable == (None, None)
    drive = list(INTERVALS).index("picked_up_to_delivered")
    assert np.isnan(expected.seconds[:, drive]).all()
    assert not np.isnan(expected.seconds[:, 0]).any()


def test_brands_are_drawn_one_after_another() -> None:
    """Against all orders in which four of five brands can be drawn."""
    share = np.array([0.5, 0.3, 0.1, 0.07, 0.03])
    first = np.zeros((4, 5))
    for drawn in permutations(range(5), 4):
        chance, left = 1.0, 1.0
        for brand in drawn:
            chance, left = chance * share[brand] / left, left - share[brand]
        for k in range(4):
            first[k:, drawn[k]] += chance
    assert np.allclose(in_first(share[None], 4)[:, 0], first, atol=1e-9)


def test_popularity_grows_and_falls_to_its_floor() -> None:
    """As docs/model.md, 4.4 says it, one brand and day after the other."""
    dims = load_inputs(None, None)[1]
    placed = dims.brand_locations
    here = np.flatnonzero(placed.location_id == 4)
    growth = np.where(np.arange(len(placed.brand_id)) % 2, 0.5, -0.9)
    steep = placed._replace(growth_rate_monthly=growth)
    rules = replace(CANONICAL.baskets, popularity_period_days=7.0)
    menu = make_menu(replace(dims, brand_locations=steep), rules, 4, 90)
    for row in here.tolist():
        start, end = placed.start_day[row], placed.end_day[row]
        brand = dims.brands.brand_id.tolist().index(placed.brand_id[row])
        for day in range(90):
            is_open = start <= day and not day >= end
            wanted = max(0.1, (1 + growth[row]) ** ((day - start) / 7)) if is_open else 0.0
            assert menu.popularity[day, brand] == pytest.approx(wanted)


@pytest.mark.parametrize("scale", [0.2, 50])
def test_days_vary_by_chance_and_by_their_noise(scale: float) -> None:
    """Few orders vary mostly by chance, many mostly by the noise of their day."""
    scenario = replace(CANONICAL, scale=scale)
    dims = load_inputs(None, None)[1]
    mean = expected_orders(scenario)
    variance = mean + noise_variance(scenario, list(range(4)), mean)
    counts = np.stack([count_days(model_of(scenario, one.code, dims)) for one in scenario.locations])
    z2 = (counts - mean) ** 2 / variance
    assert abs(z2.mean() - 1) < 5 * np.sqrt(2 / z2.size)


def test_no_orders_are_expected_in_minutes_that_are_skipped(tmp_path: Path) -> None:
    path = tmp_path / "spring.toml"
    path.write_text('clock = "utc"\nstart = 2024-03-10')
    survey = survey_dataset(build_small(tmp_path, scenario=path, days=1))
    expected = expect(survey)
    assert expected is not None
    assert expected.by_minute[:, 120:180].sum() == 0
    assert expected.by_minute.sum() == pytest.approx(survey.tally.orders.sum())


def test_numbers_of_brands_and_lines() -> None:
    rules = replace(CANONICAL.baskets, single_brand_probability=0.5, brands_min=2, brands_max=5)
    assert brand_numbers(rules, 9).tolist() == [0, 0.5, 0.125, 0.125, 0.125, 0.125]
    assert brand_numbers(rules, 3).tolist() == [0, 0.5, 0.125, 0.375]
    assert brand_numbers(rules, 1).tolist() == [0, 1.0]
    assert line_numbers(rules, 9).tolist() == pytest.approx([0, 1 / 3, 1 / 3, 1 / 3])
    assert line_numbers(rules, 2).tolist() == pytest.approx([0, 1 / 3, 2 / 3, 0])


def draw_times(
    times: ServiceTimes, driver: Driver, drive_s: NDArray[np.float64]
) -> list[NDArray[np.float64]]:
    """Draw the times of `INTERVALS` of orders, as the model has them, in whole seconds."""
    rng = np.random.default_rng(5)
    steps = (
        times.created_to_started,
        times.started_to_finished,
        times.finished_to_ready,
        times.ready_to_picked_up,
    )
    lengths = [
        60 * np.maximum(times.minimum_min, rng.normal(step.mean_min, step.sd_min, DRAWS)) for step in steps
    ]
    at = [np.zeros(DRAWS), *np.cumsum(lengths, axis=0)]
    late = rng.random(DRAWS) < driver.after_ready_probability
    share = rng.beta(driver.arrival_alpha, driver.arrival_beta, DRAWS)
    arrived = np.where(late, at[3] + share * (at[4] - at[3]), share * at[3])
    delivered = at[4] + rng.choice(drive_s, DRAWS)
    started, finished, ready, picked_up = (np.floor(time + 1e-9) for time in at[1:])
    delivered, arrived = np.floor(delivered + 1e-9), np.floor(arrived + 1e-9)
    return [
        started,
        finished - started,
        ready - finished,
        picked_up - ready,
        delivered - picked_up,
        delivered,
        arrived - ready + ARRIVED_SHIFT_S,
    ]


@pytest.mark.parametrize(
    ("minimum_min", "steps"),
    [
        (0.1, ((2, 1), (10, 3), (2, 1), (6, 2))),
        (0.0275, ((1, 0.2), (1, 0.5), (0, 0.1), (3, 1))),
        (1.01, ((1, 0), (20, 5), (1, 2), (0, 0))),
        (0.5, ((0, 0.5), (0.3, 0.6), (150, 20), (6, 2))),
        (1.01, ((0, 0), (0, 0), (0, 0), (6, 2))),
        (VERY_LONG, ((0, 0.5), (1440, 9), (1, 2), (600, 100))),
    ],
)
def test_stored_times_are_those_of_the_formulas(
    minimum_min: float, steps: tuple[tuple[float, float], ...]
) -> None:
    first, second, third, last = (ServiceTime(*step) for step in steps)
    times = ServiceTimes(first, second, third, last, minimum_min)
    driver = replace(CANONICAL.driver, arrival_alpha=0.7, arrival_beta=3, after_ready_probability=0.3)
    drive_s = np.array([30.25, 61.9, 400.0, 1000.5])
    chances = interval_chances(times, driver).copy()
    chances[4], chances[5] = drive_chances(times, drive_s), delivery_chances(times, drive_s)
    starts = bin_starts_s()
    for drawn, chance in zip(draw_times(times, driver, drive_s), chances, strict=True):
        # The driver's arrival: not said where times may be longer than all bins, or are always the same.
        if np.isnan(chance).all() and (minimum_min == VERY_LONG or steps[0] == (0, 0)):
            continue
        place = np.maximum(np.searchsorted(starts, drawn, "right") - 1, 0)
        check_times(np.bincount(place, minlength=len(starts)), chance)


def test_times_that_hardly_vary_are_not_said() -> None:
    """After a step of almost constant length, fractions of seconds are neither known nor uniform."""
    steady = ServiceTime(2, 0.01)
    found = interval_chances(ServiceTimes(steady, steady, steady, steady, 0.1), CANONICAL.driver)
    assert not np.isnan(found[0]).any()
    assert np.isnan(found[1:]).all()


@pytest.mark.parametrize("share", [50, 75, 99])
def test_percentiles_are_times_of_the_sample(share: int) -> None:
    times = np.random.default_rng(2).integers(0, 3_000, 997)
    counts = np.bincount(times, minlength=len(bin_starts_s()))
    assert find_percentiles(counts, shares=(share,)) == [
        int(np.percentile(times, share, method="inverted_cdf"))
    ]
