"""Draw the orders that a population of customers would like to place, day by day."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.kernels.philox import below_each, draw_blocks
from fastgen.queueing.kernels import population as kernels
from fastgen.queueing.kernels.records import NEVER
from fastgen.queueing.recipe_steps import count_offsets, list_steps
from fastgen.queueing.site import Demand
from fastgen.rng import Purpose, Stream, stream
from fastgen.units import MIN_PER_DAY, US_PER_DAY, US_PER_MIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.model.recipes import Recipes


class Surge(NamedTuple):
    """A time in which customers order more.

    Attributes
    ----------
    from_min, to_min
        Minutes from 00:00 of day 0 on, by the clock of the site: from_min <= minute < to_min.
    factor
        How many times as much, at least 1; factors of surges at the same time are multiplied.
    """

    from_min: int
    to_min: int
    factor: float


class Menu(NamedTuple):
    """Items by the minute from which on they are sold.

    Attributes
    ----------
    items
        int32 (n_items,), one group after the other.
    group_start
        int64 (n_groups + 1,), offsets into the items.
    begins_min
        int64 (n_groups,), minute from which on the items of each group are sold, ascending.
    """

    items: NDArray[np.int32]
    group_start: NDArray[np.int64]
    begins_min: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Population:
    """Customers of a site, and what they may order.

    Attributes
    ----------
    seed, location_id
        Address of all their draws.
    n_customers
        Number of customers.
    orders_per_day
        Orders that a customer would like to place a day, on average. A customer who waits for an order, or
        eats, places none.
    minute_weight
        float64 (1440,), share of each minute of a day in them; sums to 1.
    items
        int32 (n,), rows of the items table that the site sells; each is as likely as another.
    lines_max
        Most lines of an order; 1 to that many are equally likely.
    recipes
        How the items are made.
    packing_us
        Microseconds from the end of an order's last line until it is ready.
    on_sale_min
        int64 (n,), minute from which on each item is sold, counted from 00:00 of day 0 by the clock of the
        site; one of them at most 0. None: all are always sold.
    surges
        Times in which customers order more.
    """

    seed: int
    location_id: int
    n_customers: int
    orders_per_day: float
    minute_weight: NDArray[np.float64]
    items: NDArray[np.int32]
    lines_max: int
    recipes: Recipes
    packing_us: int = 0
    on_sale_min: NDArray[np.int64] | None = None
    surges: tuple[Surge, ...] = ()

    @cached_property
    def menu(self) -> Menu:
        """The items, grouped by when they are sold."""
        on_sale_min = np.zeros(len(self.items), np.int64) if self.on_sale_min is None else self.on_sale_min
        begins_min, group = np.unique(np.maximum(on_sale_min, 0), return_inverse=True)
        return Menu(
            self.items[np.argsort(group, kind="stable")], count_offsets(np.bincount(group)), begins_min
        )


class Homes(NamedTuple):
    """Where customers live: int64 node and int32 house number, both (n_customers,)."""

    node: NDArray[np.int64]
    house_number: NDArray[np.int32]


def draw_homes(population: Population, n_nodes: int) -> Homes:
    """Draw a home for every customer, uniformly over the nodes of the roads."""
    homes = Homes(np.empty(population.n_customers, np.int64), np.empty(population.n_customers, np.int32))
    kernels.draw_homes(_stream(population, Purpose.HOME), n_nodes, *homes)
    return homes


def draw_names(population: Population, role: int, n: int, n_names: tuple[int, int]) -> NDArray[np.int64]:
    """Draw the names of the people of a role, as places in lists of first names and of surnames.

    Parameters
    ----------
    population
        Seed and location are used alone.
    role
        0 for customers, 1 for couriers; neither number of people changes the other's names.
    n
        Number of people.
    n_names
        Lengths of the lists.

    Returns
    -------
    int64 (2, n)
        Places of first names, and of surnames.
    """
    words = draw_blocks(_stream(population, Purpose.PERSON_NAME), 0, np.arange(n), range(role, role + 1))
    return np.stack([below_each(words[i], n_names[i]) for i in range(2)])


def draw_wishes(
    population: Population,
    day: int,
    ride_out: NDArray[np.int64],
    ride_back: NDArray[np.int64],
    minute_start_us: NDArray[np.int64] | None = None,
) -> Demand:
    """Draw the orders that customers would like to place on one day, sorted by (created, draw).

    Parameters
    ----------
    population
        The customers.
    day
        Day number, at least 0.
    ride_out, ride_back
        int64 (n_customers,), length of the rides from the kitchen to each customer and back.
    minute_start_us
        int64 (1440,), when each minute of the day begins, NEVER where the wall clock skips it; None: days
        begin every 24 hours from the epoch on.
    """
    if minute_start_us is None:
        minute_start_us = day * US_PER_DAY + np.arange(MIN_PER_DAY, dtype=np.int64) * US_PER_MIN
    candidates = _draw_candidates(population, day, minute_start_us)
    index, customer = candidates[kernels.INDEX], candidates[kernels.CUSTOMER]
    line_start = count_offsets(candidates[kernels.N_LINES])
    line_item = _draw_items(population, day, index, line_start)
    step_start, step_type, expected_us = list_steps(population.recipes, line_item)
    duration_us = np.empty_like(expected_us)
    kernels.draw_durations(
        _stream(population, Purpose.STEP_DURATION),
        day,
        index,
        line_start,
        step_start,
        expected_us,
        duration_us,
    )
    return Demand(
        created_us=candidates[kernels.CREATED],
        number=candidates[kernels.NUMBER],
        customer=customer,
        packing_us=np.full(len(index), population.packing_us, np.int64),
        ride_out=ride_out[customer],
        ride_back=ride_back[customer],
        line_start=line_start,
        step_start=step_start,
        step_type=step_type,
        duration_us=duration_us,
        expected_us=expected_us,
        draw=index,
        line_item=line_item,
    )


def _draw_items(
    population: Population, day: int, index: NDArray[np.int64], line_start: NDArray[np.int64]
) -> NDArray[np.int32]:
    """Draw the item of every line among those that are on sale when it is ordered."""
    menu = population.menu
    minute = day * MIN_PER_DAY + (index >> kernels.NUMBER_BITS)
    line_item = np.empty(line_start[-1], np.int32)
    kernels.draw_items(
        _stream(population, Purpose.CANDIDATE_ITEM),
        day,
        index,
        line_start,
        menu.items,
        menu.group_start,
        np.searchsorted(menu.begins_min, minute, side="right"),
        line_item,
    )
    return line_item


def _draw_candidates(
    population: Population, day: int, minute_start_us: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Draw the candidates of a day, int64 (CANDIDATE_COLUMNS, n), sorted by (created, index)."""
    mean = population.n_customers * population.orders_per_day * population.minute_weight
    candidates = _draw_some(population, day, minute_start_us, mean, Purpose.CANDIDATE_COUNT, 0)
    if population.surges:
        # On top: who would have ordered anyway orders the same.
        more = mean * (_surge_factors(population, day) - 1)
        surge = _draw_some(population, day, minute_start_us, more, Purpose.SURGE_COUNT, kernels.SURGE_NUMBER)
        candidates = np.concatenate((candidates, surge))
    # Of one minute, the usual ones come first, as their numbers do; no other candidates share a microsecond.
    order = np.argsort(candidates[:, kernels.CREATED], kind="stable")
    return np.ascontiguousarray(candidates[order].T)


def _surge_factors(population: Population, day: int) -> NDArray[np.float64]:
    """Compute how many times as much is ordered in each minute of a day, float64 (1440,)."""
    minute, factors = day * MIN_PER_DAY + np.arange(MIN_PER_DAY), np.ones(MIN_PER_DAY)
    for surge in population.surges:
        factors[(surge.from_min <= minute) & (minute < surge.to_min)] *= surge.factor
    return factors


def _draw_some(
    population: Population,
    day: int,
    minute_start_us: NDArray[np.int64],
    mean: NDArray[np.float64],
    counted: Purpose,
    first_number: int,
) -> NDArray[np.int64]:
    """Draw candidates from the mean number of every minute, numbered from `first_number` on."""
    counts = np.empty(MIN_PER_DAY, np.int64)
    kernels.count_candidates(_stream(population, counted), day, mean, counts)
    counts[minute_start_us == NEVER] = 0
    candidates = np.empty((int(counts.sum()), kernels.CANDIDATE_COLUMNS), np.int64)
    kernels.draw_candidates(
        _stream(population, Purpose.CANDIDATE),
        day,
        counts,
        first_number,
        minute_start_us,
        population.n_customers,
        population.lines_max,
        candidates,
    )
    return candidates


def _stream(population: Population, purpose: Purpose) -> Stream:
    return stream(population.seed, population.location_id, purpose)
