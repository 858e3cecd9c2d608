"""Hold a scenario: every number of the model, in frozen classes that check themselves."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fastgen.errors import ScenarioError
from fastgen.model.dimensions import TRAJECTORIES
from fastgen.model.field_kinds import (
    choice,
    clock_text,
    date,
    integer,
    keyed,
    matching,
    minute,
    number,
    numbers,
    optional,
    rows,
    sparse,
    table,
    text,
    texts,
)
from fastgen.model.fields import check_fields, check_order, from_dict, shown, to_dict
from fastgen.model.order_rules import MAX_DAYS, Baskets, Delivery, Driver, ServiceTime, ServiceTimes
from fastgen.model.scenario_checks import check_events, check_locations, check_popularity, check_weights
from fastgen.units import MIN_PER_DAY

__all__ = [
    "MAX_DAYS",
    "Baskets",
    "Delivery",
    "Demand",
    "DemandEvent",
    "DemandWindow",
    "Driver",
    "Location",
    "Placement",
    "Scenario",
    "ServiceTime",
    "ServiceTimes",
    "scenario_from_dict",
]


@dataclass(frozen=True)
class DemandWindow:
    """A part of the day with more (or less) demand than the base weight of 1."""

    name: str = field(metadata=text("name of the window", key=""))
    start_min: int = field(metadata=minute("first minute of the window", "start"))
    end_min: int = field(metadata=minute("end of the window, not part of it", "end", end=True))
    peak: float = field(metadata=number("demand at its height, in multiples of the base weight 1", 0, 1000))
    shape: Literal["bell", "flat"] = field(
        metadata=choice("a squared sine, or the peak throughout", "bell", "flat")
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        check_order("start", clock_text(self.start_min), "end", clock_text(self.end_min), strict=True)


@dataclass(frozen=True)
class Demand:
    """How demand varies over the week, the day, and by chance."""

    weekday_factors: tuple[float, ...] = field(
        metadata=numbers("factor on the orders of a day, Monday to Sunday", 7, 0, 100)
    )
    noise_low: float = field(metadata=number("a day's orders vary by a uniform factor from here", 0, 100))
    noise_high: float = field(metadata=number("and to here", 0, 100))
    windows: tuple[DemandWindow, ...] = field(
        metadata=keyed(DemandWindow, "name", "meal times of every location", lambda w: (w.start_min, w.name)),
        default=(),
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        check_order("noise_low", self.noise_low, "noise_high", self.noise_high)


def trajectory_by_growth(rate: float) -> str:
    """Say the sign of a growth rate in a word: growing, flat or declining."""
    growing, flat, declining = TRAJECTORIES
    return flat if rate == 0 else growing if rate > 0 else declining


@dataclass(frozen=True)
class Placement:
    """A brand at a location, open on start_day <= day < end_day."""

    brand_id: int = field(metadata=integer("the brand", 0, 2**63 - 1))
    start_day: int = field(metadata=integer("first day open", -MAX_DAYS, MAX_DAYS), default=0)
    end_day: int | None = field(
        metadata=optional(integer("first day closed again", -MAX_DAYS, 10 * MAX_DAYS), "open"), default=None
    )
    growth_rate_monthly: float = field(
        metadata=number("growth of its popularity a month", -0.99, 10), default=0.0
    )
    trajectory: str | None = field(
        metadata=sparse(optional(choice("that growth in a word", *TRAJECTORIES), "by growth")),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        if self.end_day is not None:
            check_order("start_day", self.start_day, "end_day", self.end_day, strict=True)

    @property
    def trajectory_word(self) -> str:
        """The trajectory, where none is stated by the growth rate's sign."""
        return trajectory_by_growth(self.growth_rate_monthly) if self.trajectory is None else self.trajectory


@dataclass(frozen=True)
class Location:
    """A kitchen, its city's demand, and its brands."""

    location_id: int = field(metadata=integer("number of the location", 1, 127))
    code: str = field(
        metadata=matching(
            "code of the location",
            r"[^\s./\\,][^/\\,]{0,62}(?<!\s)",
            "a code of 1 to 63 characters, no comma or slash, no dot or blank in front",
            key="",
        )
    )
    name: str = field(metadata=text("name of the place"))
    address: str = field(metadata=text("address of the kitchen", empty=True))
    lat: float = field(metadata=number("latitude, decimal degrees", -85, 85))
    lon: float = field(metadata=number("longitude, decimal degrees", -180, 180))
    narrative: str = field(metadata=text("its story in a word", empty=True))
    base_orders_day: int = field(metadata=integer("orders on day 0, before weekday and noise", 0, 10**9))
    growth_rate_daily: float = field(metadata=number("growth of the orders a day, compounding", -1, 10))
    timezone: str = field(metadata=text("IANA time zone, for clock = utc"))
    max_orders_day: float | None = field(
        metadata=optional(number("growth ends at these orders a day (times scale)", 0, 1e12), "none"),
        default=None,
    )
    weekday_factors: tuple[float, ...] | None = field(
        metadata=optional(
            numbers("its own factors, Monday to Sunday, instead of [demand]'s", 7, 0, 100), "demand"
        ),
        default=None,
    )
    windows: tuple[DemandWindow, ...] = field(
        metadata=keyed(
            DemandWindow, "name", "windows in addition to [demand]'s", lambda w: (w.start_min, w.name)
        ),
        default=(),
    )
    brands: tuple[Placement, ...] | None = field(
        metadata=optional(
            rows(Placement, "brands that deliver from here", lambda p: (p.brand_id, p.start_day)), "all"
        ),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        for before, after in zip((self.brands or ())[:-1], (self.brands or ())[1:], strict=True):
            reopened = before.end_day is not None and before.end_day <= after.start_day
            if before.brand_id == after.brand_id and not reopened:
                raise ScenarioError(
                    f"brands: expected each brand open once at a time, got brand_id {after.brand_id} twice."
                )


@dataclass(frozen=True)
class DemandEvent:
    """Some days on which demand is multiplied."""

    name: str = field(metadata=text("name of the event", key=""))
    locations: tuple[str, ...] = field(metadata=texts("codes of the locations; empty: all of them"))
    first_day: int = field(metadata=integer("first day", 0, MAX_DAYS))
    last_day: int = field(metadata=integer("last day, part of the event", 0, MAX_DAYS))
    factor: float = field(metadata=number("factor on the orders", 0, 1000))
    start_min: int = field(metadata=minute("first minute of the day", "from"), default=0)
    end_min: int = field(
        metadata=minute("end in the day, not part of it", "to", end=True), default=MIN_PER_DAY
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        check_order("first_day", self.first_day, "last_day", self.last_day)
        check_order("from", clock_text(self.start_min), "to", clock_text(self.end_min), strict=True)


@dataclass(frozen=True)
class Scenario:
    """All that a dataset depends on, but for tables and roads."""

    name: str = field(metadata=text("name of the scenario"))
    seed: int = field(metadata=integer("another seed, another dataset", 0, 2**64 - 1))
    start: dt.date = field(metadata=date("date of day 0", dt.date(1970, 1, 1), dt.date(2400, 1, 1)))
    days: int = field(metadata=integer("number of days", 1, MAX_DAYS))
    scale: float = field(metadata=number("factor on every location's orders a day", 0, 1e9, above=True))
    clock: Literal["kitchen", "utc"] = field(
        metadata=choice("timestamps are the kitchen's wall clock, or UTC by its time zone", "kitchen", "utc")
    )
    demand: Demand = field(metadata=table(Demand, "demand over the week and the day"))
    baskets: Baskets = field(metadata=table(Baskets, "what is in an order"))
    service_times: ServiceTimes = field(metadata=table(ServiceTimes, "an order's way through the kitchen"))
    driver: Driver = field(metadata=table(Driver, "arrival and drive"))
    delivery: Delivery = field(metadata=table(Delivery, "where customers live"))
    locations: tuple[Location, ...] = field(
        metadata=keyed(Location, "code", "the kitchens", lambda place: place.location_id)
    )
    events: tuple[DemandEvent, ...] = field(
        metadata=keyed(DemandEvent, "name", "days with more or less demand", lambda e: e.name), default=()
    )

    def __post_init__(self) -> None:
        """Check the fields, and what holds between them."""
        check_fields(self)
        check_locations(self)
        check_events(self)
        for place in self.locations:
            check_weights(self.demand, place)
            check_popularity(self, place)

    def to_dict(self) -> dict[str, Any]:
        """Complete form as a scenario file has it: strings, numbers, lists, tables; JSON can hold it."""
        return to_dict(self)

    def content_hash(self) -> str:
        """SHA-256 over the canonical JSON of all fields but trajectories.

        These are mere words of a table, whose own hash covers them.
        """
        tree = self.to_dict()
        for place in tree["locations"].values():
            for placement in place["brands"] if isinstance(place["brands"], list) else ():
                placement.pop("trajectory", None)
        text_form = json.dumps(tree, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        return hashlib.sha256(text_form.encode()).hexdigest()


def scenario_from_dict(raw: object) -> Scenario:
    """Make a scenario from its complete dictionary form, the inverse of `Scenario.to_dict`.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE." for what is missing, unknown, of the wrong type or out of range.
    """
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"scenario: expected a table, got {shown(raw)}.")
    return from_dict(Scenario, raw)
