"""Gather what the draws of one location need: checked once here, trusted by the kernels."""

from __future__ import annotations

import datetime as dt
import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.dimensions import end_days
from fastgen.orders.demand_curve import demand_weights
from fastgen.orders.kernels.baskets import BasketArrays
from fastgen.orders.kernels.demand import DemandArrays
from fastgen.rng import Purpose, Stream, stream
from fastgen.units import MIN_PER_DAY, S_PER_DAY, S_PER_MIN

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from numpy.typing import NDArray

    from fastgen.model.dimensions import Dimensions
    from fastgen.model.location import Location
    from fastgen.model.order_rules import Driver
    from fastgen.model.scenario import Scenario


class LocationParameters(NamedTuple):
    """Parameters of one location's draws, in the kernels' form.

    Attributes
    ----------
    location_id, code
        The location.
    demand, baskets
        Parameters of those kernels.
    creation, kitchen, driver
        Streams of creation times and customers, of service times, and of the driver.
    mean_sd_min, minimum_min
        float64 (4, 2), mean and standard deviation of each service step; least time; minutes.
    driver_rules
        Probability and shape of the driver's arrival.
    house_number_max
        House numbers run from 1 to this.
    lines_max
        Most lines that an order can have.
    zone
        Time zone where timestamps are UTC, None where they are the kitchen's clock.
    start
        Date of day 0.
    minute_counts
        int64 (n_days, 1440), the orders of every minute, where a small source has kept them.
    """

    location_id: int
    code: str
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
    minute_counts: NDArray[np.int64] | None = None

    def minute_starts_s(self, day: int) -> NDArray[np.int64]:
        """Seconds from the epoch (day 0, 00:00) to the start of each minute of a day, int64 (1440,).

        By the UTC clock, a minute that the zone's wall clock shows twice is the first of the two.
        """
        starts = day * S_PER_DAY + np.arange(MIN_PER_DAY, dtype=np.int64) * S_PER_MIN
        zone = self.zone
        if zone is None:
            return starts
        midnight = _midnight(self.start, day)
        offsets = [_offset_s(zone, midnight + dt.timedelta(hours=h)) for h in range(25)]
        if len(set(offsets)) == 1:
            return starts - offsets[0]
        minutes = (midnight + dt.timedelta(minutes=m) for m in range(MIN_PER_DAY))
        return starts - np.array([_offset_s(zone, minute) for minute in minutes], np.int64)


def build_location_parameters(
    scenario: Scenario, dims: Dimensions, place: Location, targets: NDArray[np.float64], zone: ZoneInfo | None
) -> LocationParameters:
    """Put one location's parameters into the kernels' form.

    Parameters
    ----------
    scenario, dims
        The scenario and its tables.
    place
        One of the scenario's locations.
    targets
        float64 (n_days,), orders that each day aims at before noise and events.
    zone
        The location's time zone where timestamps are UTC, None where they are the kitchen's clock.
    """
    seed = scenario.seed
    baskets, driver, service = scenario.baskets, scenario.driver, scenario.service_times
    steps = (
        service.created_to_started,
        service.started_to_finished,
        service.finished_to_ready,
        service.ready_to_picked_up,
    )
    return LocationParameters(
        location_id=place.location_id,
        code=place.code,
        demand=_demand_arrays(scenario, place, targets, zone),
        baskets=_basket_arrays(scenario, dims, place),
        creation=stream(seed, place.location_id, Purpose.CREATION),
        kitchen=stream(seed, place.location_id, Purpose.KITCHEN),
        driver=stream(seed, place.location_id, Purpose.DRIVER),
        mean_sd_min=np.array([(step.mean_min, step.sd_min) for step in steps], np.float64),
        minimum_min=float(service.minimum_min),
        driver_rules=driver,
        house_number_max=scenario.delivery.address_number_max,
        lines_max=max(1, baskets.brands_max) * baskets.items_max,
        zone=zone,
        start=scenario.start,
    )


def _demand_arrays(
    scenario: Scenario, place: Location, targets: NDArray[np.float64], zone: ZoneInfo | None
) -> DemandArrays:
    weight = demand_weights(place, scenario.demand)
    events = [
        ((event.first_day, event.last_day, event.start_min, event.end_min), float(event.factor))
        for event in scenario.events
        if not event.locations or place.code in event.locations
    ]
    if zone is not None:
        # Nobody orders in minutes that the kitchen's clock skips.
        gaps = _skipped_minutes(zone, scenario.start, scenario.days)
        events += [((day, day, first, last), 0.0) for day, first, last in gaps]
    return DemandArrays(
        noise=stream(scenario.seed, place.location_id, Purpose.DAY_NOISE),
        minute=stream(scenario.seed, place.location_id, Purpose.MINUTE_COUNT),
        expected=np.array(targets, np.float64),
        noise_low=float(scenario.demand.noise_low),
        noise_high=float(scenario.demand.noise_high),
        # Summed exactly: the order of a vectorised sum depends on the processor.
        weight=weight / math.fsum(weight),
        event_days=np.array([days for days, _ in events], np.int64).reshape(-1, 4),
        event_factor=np.array([factor for _, factor in events], np.float64),
    )


def _basket_arrays(scenario: Scenario, dims: Dimensions, place: Location) -> BasketArrays:
    rules, placed = scenario.baskets, dims.brand_locations
    rows = np.flatnonzero(placed.location_id == place.location_id)
    rows = rows[np.lexsort((placed.start_day[rows], placed.brand_id[rows]))]
    of_brand = [np.flatnonzero(dims.items.brand_id == brand) for brand in placed.brand_id[rows]]
    of_brand = [items[np.argsort(dims.items.id[items])] for items in of_brand]
    counts = [len(items) for items in of_brand]
    return BasketArrays(
        stream=stream(scenario.seed, place.location_id, Purpose.BASKET),
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


def _midnight(start: dt.date, day: int) -> dt.datetime:
    return dt.datetime.combine(start, dt.time()) + dt.timedelta(days=day)


def _offset_s(zone: ZoneInfo, wall: dt.datetime) -> int:
    offset = wall.replace(tzinfo=zone).utcoffset()
    return int(offset.total_seconds()) if offset is not None else 0


def _skipped_minutes(zone: ZoneInfo, start: dt.date, days: int) -> list[tuple[int, int, int]]:
    """Find the stretches (day, first minute, end minute) that the zone's wall clock skips."""
    gaps = []
    for day in range(days):
        midnight = _midnight(start, day)
        if _offset_s(zone, midnight) == _offset_s(zone, midnight + dt.timedelta(days=1)):
            continue
        missing = [m for m in range(MIN_PER_DAY) if _is_skipped(zone, midnight + dt.timedelta(minutes=m))]
        if missing:
            gaps.append((day, missing[0], missing[-1] + 1))
    return gaps


def _is_skipped(zone: ZoneInfo, wall: dt.datetime) -> bool:
    there = wall.replace(tzinfo=zone).astimezone(dt.UTC)
    return there.astimezone(zone).replace(tzinfo=None) != wall
