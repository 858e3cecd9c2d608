"""Define a scenario: every number that a dataset depends on, in frozen classes that check themselves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastgen.errors import ScenarioError
from fastgen.model.demand import Demand, DemandEvent, check_weights
from fastgen.model.field_kinds import choice, date, integer, keyed, number, optional, sparse, table, text
from fastgen.model.fields import check_fields, from_dict, shown, to_dict
from fastgen.model.location import Location, check_popularity
from fastgen.model.order_rules import Baskets, Delivery, Driver, ServiceTimes
from fastgen.model.station_kitchens import STATISTICAL, StationKitchens
from fastgen.units import MAX_DAYS

# Dates that day 0 may have.
FIRST_START, LAST_START = dt.date(1970, 1, 1), dt.date(2400, 1, 1)


@dataclass(frozen=True)
class Scenario:
    """All parameters of a dataset; its tables and road networks are the other inputs."""

    name: str = field(metadata=text("name of the scenario"))
    seed: int = field(
        metadata=integer("start of all random draws: another seed gives other orders", 0, 2**64 - 1)
    )
    start: dt.date = field(metadata=date("date of day 0", FIRST_START, LAST_START))
    days: int = field(metadata=integer("number of days", 1, MAX_DAYS))
    scale: float = field(metadata=number("factor on every location's orders a day", 0, 1e9, above=True))
    clock: Literal["kitchen", "utc"] = field(
        metadata=choice("timestamps show the kitchen's wall clock, or UTC", "kitchen", "utc")
    )
    demand: Demand = field(metadata=table(Demand, "demand over the week and the day"))
    baskets: Baskets = field(metadata=table(Baskets, "what is in an order"))
    service_times: ServiceTimes = field(
        metadata=table(ServiceTimes, "how long each step in the kitchen takes")
    )
    driver: Driver = field(metadata=table(Driver, "the driver's arrival and drive"))
    delivery: Delivery = field(metadata=table(Delivery, "where customers live"))
    locations: tuple[Location, ...] = field(
        metadata=keyed(Location, "code", "the kitchens", lambda location: location.location_id)
    )
    events: tuple[DemandEvent, ...] = field(
        metadata=keyed(DemandEvent, "name", "days with more or less demand", lambda e: e.name), default=()
    )
    kitchen: StationKitchens | None = field(
        metadata=sparse(optional(table(StationKitchens, "kitchens with stations and couriers"), STATISTICAL)),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields, and the rules between them."""
        check_fields(self)
        _check_locations(self.locations)
        _check_events(self.events, [location.code for location in self.locations])
        for location in self.locations:
            check_weights(self.demand.windows + location.windows, location.code)
            check_popularity(location, self.days, self.baskets_of(location).popularity_period_days)
            _check_noise(*self.noise_of(location), location.code)

    def baskets_of(self, location: Location) -> Baskets:
        """Return the rules of a location's baskets: its own, or else the scenario's."""
        return location.baskets or self.baskets

    def service_times_of(self, location: Location) -> ServiceTimes:
        """Return the service times of a location: its own, or else the scenario's."""
        return location.service_times or self.service_times

    def driver_of(self, location: Location) -> Driver:
        """Return the rules of a location's drivers: its own, or else the scenario's."""
        return location.driver or self.driver

    def delivery_of(self, location: Location) -> Delivery:
        """Return the delivery area of a location: its own, or else the scenario's."""
        return location.delivery or self.delivery

    def kitchens_of(self, location: Location) -> StationKitchens | None:
        """Return the kitchens of a location: its own, or else the scenario's; None: times are drawn."""
        return None if self.kitchen is None else location.kitchen or self.kitchen

    def noise_of(self, location: Location) -> tuple[float, float]:
        """Return the bounds of the noise at a location: each its own, or else the scenario's."""
        low, high = location.noise_low, location.noise_high
        return (
            self.demand.noise_low if low is None else low,
            self.demand.noise_high if high is None else high,
        )

    def to_dict(self) -> dict[str, Any]:
        """Make the complete table of a scenario file, of values that JSON has too."""
        return to_dict(self)

    def content_hash(self) -> str:
        """Hash the canonical JSON of all fields but trajectories by SHA-256.

        Trajectories are words in a dimension table; the hash of the tables covers them.
        """
        tree = self.to_dict()
        for location in tree["locations"].values():
            for placement in location["brands"] if isinstance(location["brands"], list) else ():
                placement.pop("trajectory", None)
        # ASCII, sorted keys, no blanks: equal scenarios have equal bytes.
        text_form = json.dumps(tree, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text_form.encode()).hexdigest()


def _check_locations(locations: tuple[Location, ...]) -> None:
    """Check that there is a location, and that each has its own location_id."""
    if not locations:
        raise ScenarioError("locations: expected at least one location, got none.")
    codes: dict[int, str] = {}
    for location in locations:
        location_id = location.location_id
        if location_id in codes:
            raise ScenarioError(
                f"locations.{location.code}.location_id: expected a number of its own, "
                f"got {location_id}, which is {codes[location_id]}'s."
            )
        codes[location_id] = location.code


def _check_noise(low: float, high: float, code: str) -> None:
    """Check the noise of a location, of which one bound may be the scenario's."""
    if not low <= high:
        raise ScenarioError(
            f"locations.{code}.noise_low: expected noise_low <= noise_high, got {low} and {high}."
        )


def _check_events(events: tuple[DemandEvent, ...], codes: list[str]) -> None:
    """Check that events name locations of the scenario."""
    for event in events:
        for code in event.locations:
            if code not in codes:
                raise ScenarioError(
                    f"events.{event.name}.locations: expected codes among {', '.join(codes)}, got {code!r}."
                )


def scenario_from_dict(raw: object) -> Scenario:
    """Make a scenario from its complete dictionary form; the inverse of `Scenario.to_dict`.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE." for a key that is missing or unknown, or a value of the wrong type or
        out of range.
    """
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"scenario: expected a table, got {shown(raw)}.")
    return from_dict(Scenario, raw)
