"""Turn scenario and tables into the arguments of one location's kernels.

Scenario and tables have been checked before; the kernels don't check their arguments.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.dimensions import end_days
from fastgen.model.wall_clock import skipped_minutes
from fastgen.orders.demand_curve import demand_weights
from fastgen.orders.kernels.baskets import BasketArrays
from fastgen.orders.kernels.demand import DemandArrays
from fastgen.orders.launches import split_launches
from fastgen.orders.surges import cut_surges, find_surges, list_by_day
from fastgen.rng import Purpose, Stream, stream

if TYPE_CHECKING:
    import datetime as dt
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.order_rules import Driver
    from fastgen.model.scenario import Scenario
    from fastgen.orders.launches import Launch


class LocationParameters(NamedTuple):
    """Parameters of one location's draws, as the kernels take them.

    Attributes
    ----------
    location_id
        The location.
    demand, baskets
        Arguments of the kernels `demand` and `baskets`.
    creation, kitchen, driver
        Random streams: of creation times and customers, of service times, of driver arrivals.
    mean_sd_min
        float64 (4, 2), mean and standard deviation of each service step, minutes.
    minimum_min
        Lower bound of every service step, minutes.
    driver_rules
        Probability and shape of the driver's arrival.
    house_number_max
        House numbers run from 1 to this.
    lines_max
        Most lines of an order; a line is one item with its quantity.
    zone
        Time zone of the location if timestamps are UTC; None if they are the location's wall clock.
    start
        Date of day 0.
    surge
        Demand of the orders that surges add; None without a surge.
    launches
        Brands that are launched, which `baskets` doesn't have.
    minute_counts
        int64 (n_days, 1440), usual orders of every minute; None where that would take too much memory.
    """

    location_id: int
    demand: DemandArrays
    baskets: BasketArrays
    creation: Stream
    kitchen: Stream
    driver: Stream
    mean_sd_min: NDArray[np.float64]
    minimum_min: float
    driver_rules: Driver
    house_number_max: int
    lines_max: int
    zone: ZoneInfo | None
    start: dt.date
    surge: DemandArrays | None = None
    launches: tuple[Launch, ...] = ()
    minute_counts: NDArray[np.int64] | None = None

    @property
    def undisturbed(self) -> LocationParameters:
        """The parameters without surges and launches."""
        return self._replace(surge=None, launches=())

    @property
    def all_baskets(self) -> BasketArrays:
        """The baskets with all brands, of which those that are launched open on the day of their launch."""
        return self.launches[-1].baskets if self.launches else self.baskets


def build_location_parameters(
    scenario: Scenario,
    dims: Dimensions,
    location: Location,
    targets: NDArray[np.float64],
    zone: ZoneInfo | None,
) -> LocationParameters:
    """Build the parameters of one location.

    Parameters
    ----------
    scenario, dims
        The scenario and its tables.
    location
        One of the scenario's locations.
    targets
        float64 (n_days,), the location's row of `target_orders`; its length is the number of days.
    zone
        Time zone of the location if timestamps are UTC; None if they are the location's wall clock.
    """
    seed = scenario.seed
    baskets, service = scenario.baskets_of(location), scenario.service_times_of(location)
    steps = (
        service.created_to_started,
        service.started_to_finished,
        service.finished_to_ready,
        service.ready_to_picked_up,
    )
    demand = _demand_arrays(scenario, location, targets, zone)
    placed_baskets, launches = split_launches(
        scenario, dims, location, *_basket_arrays(scenario, dims, location), zone
    )
    return LocationParameters(
        location_id=location.location_id,
        demand=demand,
        baskets=placed_baskets,
        creation=stream(seed, location.location_id, Purpose.CREATION),
        kitchen=stream(seed, location.location_id, Purpose.KITCHEN),
        driver=stream(seed, location.location_id, Purpose.DRIVER),
        mean_sd_min=np.array([(step.mean_min, step.sd_min) for step in steps], np.float64),
        minimum_min=float(service.minimum_min),
        driver_rules=scenario.driver_of(location),
        house_number_max=scenario.delivery_of(location).address_number_max,
        lines_max=max(1, baskets.brands_max) * baskets.items_max,
        zone=zone,
        start=scenario.start,
        surge=_surge_arrays(scenario, location, demand),
        launches=launches,
    )


def _surge_arrays(scenario: Scenario, location: Location, usual: DemandArrays) -> DemandArrays | None:
    """Make the demand of the orders that surges add to the usual ones; None without a surge."""
    n_days = len(usual.expected)
    periods = cut_surges(find_surges(scenario, location), n_days)
    if not periods:
        return None
    surges = [bool(one) for one in list_by_day(periods, n_days)]
    return usual._replace(
        minute=stream(scenario.seed, location.location_id, Purpose.ADDED_COUNT),
        # Other days have nothing to draw.
        expected=np.where(surges, usual.expected, 0.0),
        # The periods cover all days: in those without a surge the factor is 0.
        event_days=np.concatenate((usual.event_days, np.array([one[:4] for one in periods], np.int64))),
        event_factor=np.concatenate((usual.event_factor, [one.factor - 1 for one in periods])),
    )


def _demand_arrays(
    scenario: Scenario, location: Location, targets: NDArray[np.float64], zone: ZoneInfo | None
) -> DemandArrays:
    weight = demand_weights(location, scenario.demand)
    noise_low, noise_high = scenario.noise_of(location)
    events = [
        ((event.first_day, event.last_day, event.start_min, event.end_min), float(event.factor))
        for event in scenario.events
        if not event.locations or location.code in event.locations
    ]
    if zone is not None:
        # Where the clock is set forward, the skipped minutes don't exist: an event of factor 0 empties them.
        for day in range(len(targets)):
            gap = skipped_minutes(zone, scenario.start, day)
            if gap is not None:
                events.append(((day, day, *gap), 0.0))
    return DemandArrays(
        noise=stream(scenario.seed, location.location_id, Purpose.DAY_NOISE),
        minute=stream(scenario.seed, location.location_id, Purpose.MINUTE_COUNT),
        expected=np.array(targets, np.float64),
        noise_low=float(noise_low),
        noise_high=float(noise_high),
        # Summed exactly: the order of a vectorised sum depends on the processor.
        weight=weight / math.fsum(weight),
        event_days=np.array([days for days, _ in events], np.int64).reshape(-1, 4),
        event_factor=np.array([factor for _, factor in events], np.float64),
    )


def _basket_arrays(
    scenario: Scenario, dims: Dimensions, location: Location
) -> tuple[NDArray[np.int64], BasketArrays]:
    """Make the baskets of a location, and list the brand of each of its placements."""
    rules, placed = scenario.baskets_of(location), dims.brand_locations
    # Draws pick brands and items by position, so both are sorted: row order in the tables must not matter.
    rows = np.flatnonzero(placed.location_id == location.location_id)
    rows = rows[np.lexsort((placed.start_day[rows], placed.brand_id[rows]))]
    of_brand = [np.flatnonzero(dims.items.brand_id == brand) for brand in placed.brand_id[rows]]
    of_brand = [items[np.argsort(dims.items.id[items])] for items in of_brand]
    counts = [len(items) for items in of_brand]
    return placed.brand_id[rows], BasketArrays(
        stream=stream(scenario.seed, location.location_id, Purpose.BASKET),
        single_probability=float(rules.single_brand_probability),
        brands_min=rules.brands_min,
        brands_max=rules.brands_max,
        items_min=rules.items_min,
        items_max=rules.items_max,
        qty_min=rules.qty_min,
        qty_max=rules.qty_max,
        floor=float(rules.popularity_floor),
        period_days=float(rules.popularity_period_days),
        start_day=placed.start_day[rows].astype(np.int64),
        end_day=end_days(placed.end_day[rows]),
        growth=placed.growth_rate_monthly[rows].astype(np.float64),
        item_start=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        item=np.concatenate([*of_brand, np.zeros(0)]).astype(np.int32),
    )
