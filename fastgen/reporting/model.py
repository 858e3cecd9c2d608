"""Compute what the model of a scenario expects of a dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.inputs.timezones import load_zone
from fastgen.model.wall_clock import skipped_minutes
from fastgen.orders.demand_curve import active_events, demand_weights, event_factors
from fastgen.orders.expected import expected_orders, target_orders
from fastgen.orders.surges import cut_surges, find_surges, list_by_day
from fastgen.paths import check_input
from fastgen.reporting.axes import INTERVALS, N_BINS
from fastgen.reporting.basket_model import brand_numbers, in_first, line_numbers, make_menu
from fastgen.reporting.expected import Expected
from fastgen.reporting.reachable import find_reachable
from fastgen.reporting.tally import N_BRANDS, N_LINES, N_QUANTITIES
from fastgen.reporting.time_model import delivery_chances, drive_chances, interval_chances

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.model.location import Location
    from fastgen.model.order_rules import Baskets
    from fastgen.model.scenario import Scenario
    from fastgen.reporting.expected import Reachable
    from fastgen.reporting.survey import Survey
    from fastgen.reporting.tally import Tally


def expect(survey: Survey, roads: str | Path | None = None) -> Expected | None:
    """Compute what the scenario of a dataset expects of its tally.

    Parameters
    ----------
    survey
        The dataset.
    roads
        Folder of the road networks that it was built with, if not the built-in ones.

    Returns
    -------
    Expected or None
        None where neither the statistical source nor kitchens with stations have made the orders.
    """
    manifest, scenario = survey.manifest, survey.scenario
    folder = None if roads is None else check_input(roads, "roads")
    # A universe has a scenario too, which describes it for readers and has drawn nothing.
    if manifest.source is not None and scenario.kitchen is None:
        return None
    by_id = {location.location_id: row for row, location in enumerate(scenario.locations)}
    rows = [by_id[location_id] for location_id in survey.tally.axes.location_ids]
    here = [scenario.locations[row] for row in rows]
    mean = expected_orders(scenario)[rows]
    reachable = tuple(
        find_reachable(scenario, location, network.hash, folder)
        for location, network in zip(here, manifest.networks, strict=True)
    )
    return Expected(
        orders_mean=mean,
        orders_sd=np.sqrt(mean + noise_variance(scenario, rows, mean)),
        by_minute=np.stack(
            [_by_minute(scenario, one, orders) for one, orders in zip(here, survey.tally.orders, strict=True)]
        ),
        **_baskets(survey, here),
        seconds=np.stack(
            [
                _seconds(scenario, one, roads_of, drawn=manifest.source is None)
                for one, roads_of in zip(here, reachable, strict=True)
            ]
        ),
        reachable=reachable,
    )


def noise_variance(scenario: Scenario, rows: list[int], mean: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute how much a day's noise adds to the variance of its orders, float64 (L, D).

    Parameters
    ----------
    scenario
        The scenario.
    rows
        Places of the L locations in it.
    mean
        float64 (L, D), the orders that they expect.
    """
    noise = np.array([scenario.noise_of(scenario.locations[row]) for row in rows]).T[:, :, None]
    # The noise is uniform, and multiplies the target, which is rounded down.
    low, high = noise * target_orders(scenario)[rows]
    span = high - low

    def mean_of(integral: Callable[[NDArray[np.float64]], NDArray[np.float64]]) -> NDArray[np.float64]:
        total = integral(high) - integral(low)
        mean: NDArray[np.float64] = np.divide(total, span, out=np.zeros_like(span), where=span > 0)
        return mean

    rounded = mean_of(lambda x: _powers_of_floor(x)[0])
    variance = np.maximum(mean_of(lambda x: _powers_of_floor(x)[1]) - rounded**2, 0.0)
    # Events and surges multiply what is expected of the day.
    factor = np.divide(mean, rounded, out=np.zeros_like(mean), where=rounded > 0)
    found: NDArray[np.float64] = variance * factor**2
    return found


def _powers_of_floor(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Integrate floor(u) and its square over u from 0 to x, float64 (2, ...)."""
    n = np.floor(x)
    return np.stack([n * (n - 1) / 2 + n * (x - n), n * (n - 1) * (2 * n - 1) / 6 + n**2 * (x - n)])


def _by_minute(scenario: Scenario, location: Location, orders: NDArray[np.int64]) -> NDArray[np.float64]:
    """Spread the orders of each day over its minutes, float64 (1440,)."""
    weights = demand_weights(location, scenario.demand)
    zone = load_zone(location.timezone) if scenario.clock == "utc" else None
    surges = list_by_day(cut_surges(find_surges(scenario, location), scenario.days), scenario.days)
    found, usual = np.zeros(len(weights)), 0
    for day, n_orders in enumerate(orders.tolist()):
        gap = None if zone is None else skipped_minutes(zone, scenario.start, day)
        events = active_events(scenario.events, location.code, day)
        if not events and gap is None and not surges[day]:
            usual += n_orders
            continue
        own = weights * event_factors(events, location.code, day)
        for start_min, end_min, factor in surges[day]:
            own[start_min:end_min] *= factor
        if gap is not None:
            own[slice(*gap)] = 0.0
        found += n_orders * own / own.sum() if own.any() else 0.0
    spread: NDArray[np.float64] = found + usual * weights / weights.sum()
    return spread


def _baskets(survey: Survey, here: list[Location]) -> dict[str, NDArray[np.float64]]:
    """Compute the expected brands, lines and quantities, by the names of `Expected`."""
    axes, tally = survey.tally.axes, survey.tally
    n, shape = axes.n_locations, (axes.n_locations, axes.n_brands, axes.n_periods)
    found = {
        "first_brand": np.zeros(shape),
        "brand_orders": np.zeros(shape),
        "brands_per_order": np.zeros((n, N_BRANDS)),
        "lines_per_brand": np.zeros((n, N_LINES)),
        "lines_per_order": np.zeros((n, N_LINES)),
        "quantities": np.zeros((n, N_QUANTITIES)),
    }
    for row, location in enumerate(here):
        rules = survey.scenario.baskets_of(location)
        menu = make_menu(survey.dims, rules, location.location_id, axes.n_days)
        _add_brands(found, tally, row, menu.popularity, rules)
        brand_orders = tally.by_brand[row, :, :, 0].sum(axis=1)
        for brand in np.flatnonzero(brand_orders).tolist():
            chances = line_numbers(rules, int(menu.menu_size[brand]))
            found["lines_per_brand"][row, : len(chances)] += brand_orders[brand] * chances
        used = menu.popularity.any(axis=0)
        if (menu.menu_size[used] < rules.items_max).any():
            found["lines_per_order"][row] = np.nan
        else:
            found["lines_per_order"][row] = _sum_lines(
                found["brands_per_order"][row], line_numbers(rules, rules.items_max)
            )
        span = slice(rules.qty_min, rules.qty_max + 1)
        n_lines = tally.by_brand[row, :, :, 2].sum()
        found["quantities"][row, span] = n_lines / (rules.qty_max - rules.qty_min + 1)
    return found


def _add_brands(
    found: dict[str, NDArray[np.float64]],
    tally: Tally,
    row: int,
    popularity: NDArray[np.float64],
    rules: Baskets,
) -> None:
    """Add the expected orders of a location by brand, and by number of brands."""
    axes, orders = tally.axes, tally.orders[row]
    period = np.arange(axes.n_days) // axes.period_days
    total = popularity.sum(axis=1, keepdims=True)
    share = np.divide(popularity, total, out=np.zeros_like(popularity), where=total > 0)
    np.add.at(found["first_brand"][row].T, period, orders[:, None] * share)
    n_open = np.count_nonzero(popularity, axis=1)
    used = np.flatnonzero(popularity.any(axis=0))
    for number in np.unique(n_open[orders > 0]).tolist():
        days = np.flatnonzero((n_open == number) & (orders > 0))
        chances = brand_numbers(rules, number)
        found["brands_per_order"][row, : len(chances)] += orders[days].sum() * chances
        # In the mean of each period, to which popularity changes little.
        weight = np.zeros((axes.n_periods, len(used)))
        np.add.at(weight, period[days], orders[days, None] * share[np.ix_(days, used)])
        n_orders = weight.sum(axis=1)
        periods = np.flatnonzero(n_orders)
        among = in_first(weight[periods] / n_orders[periods, None], len(chances) - 1)
        mean = np.tensordot(chances[1:], among, 1) * n_orders[periods, None]
        found["brand_orders"][row][np.ix_(used, periods)] += mean.T


def _sum_lines(n_brands: NDArray[np.float64], lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Compute the orders by number of lines, from those by number of brands, float64 (65,)."""
    found, several = np.zeros(N_LINES), np.ones(1)
    for orders in n_brands:
        at = np.minimum(np.arange(len(several)), N_LINES - 1)
        found += np.bincount(at, orders * several, minlength=N_LINES)
        several = np.convolve(several, lines)
    return found


def _seconds(
    scenario: Scenario, location: Location, reachable: Reachable | None, *, drawn: bool
) -> NDArray[np.float64]:
    """Compute the probabilities of the bins of every time, float64 (7, N_BINS); NaN: not said."""
    found = np.full((len(INTERVALS), N_BINS), np.nan)
    times, driver = scenario.service_times_of(location), scenario.driver_of(location)
    if drawn:
        found[:] = interval_chances(times, driver)
        if reachable is not None:
            found[list(INTERVALS).index("picked_up_to_delivered")] = drive_chances(times, reachable.drive_s)
            found[list(INTERVALS).index("created_to_delivered")] = delivery_chances(times, reachable.drive_s)
    return found
