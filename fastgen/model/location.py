"""Define a location: its kitchen, the demand of its city, and the brands that deliver from it."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from itertools import pairwise

from fastgen.errors import ScenarioError
from fastgen.model.demand import DemandWindow
from fastgen.model.dimensions import MAX_ABS_LAT, MAX_LOCATION_ID, TRAJECTORIES
from fastgen.model.field_kinds import (
    choice,
    integer,
    keyed,
    matching,
    number,
    numbers,
    optional,
    rows,
    sparse,
    table,
    text,
)
from fastgen.model.fields import check_fields, check_order
from fastgen.model.momentum import Momentum
from fastgen.model.order_rules import Baskets, Delivery, Driver, ServiceTimes
from fastgen.model.station_kitchens import StationKitchens
from fastgen.units import MAX_DAYS

# A location's code, and in words what it is.
CODE_RULE = "1 to 63 characters on one line, no comma or slash, no dot in front, no blank at either end"
CODE_PATTERN = r"[^\s./\\,][^/\\,]{0,62}(?<!\s)"
# Far below the largest float, 1.8e308, so that sums and ratios of popularities stay finite.
MAX_POPULARITY = 1e100


def trajectory_by_growth(rate: float) -> str:
    """Return the trajectory that a growth rate implies: growing, flat or declining."""
    growing, flat, declining = TRAJECTORIES
    return flat if rate == 0 else growing if rate > 0 else declining


@dataclass(frozen=True)
class Placement:
    """A brand at a location, open on start_day <= day < end_day."""

    brand_id: int = field(metadata=integer("id of the brand", 0, 2**63 - 1))
    start_day: int = field(metadata=integer("first day on which it is open", -MAX_DAYS, MAX_DAYS), default=0)
    end_day: int | None = field(
        metadata=optional(integer("first day on which it is closed again", -MAX_DAYS, 10 * MAX_DAYS), "open"),
        default=None,
    )
    growth_rate_monthly: float = field(
        metadata=number("growth of its popularity a month", -0.99, 10), default=0.0
    )
    trajectory: str | None = field(
        metadata=sparse(optional(choice("its growth in one word", *TRAJECTORIES), "by growth")),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        if self.end_day is not None:
            check_order("start_day", self.start_day, "end_day", self.end_day, strict=True)

    @property
    def trajectory_word(self) -> str:
        """The trajectory; if none is stated, the one of the growth rate."""
        return trajectory_by_growth(self.growth_rate_monthly) if self.trajectory is None else self.trajectory


@dataclass(frozen=True)
class Location:
    """A kitchen, its city's demand, and its brands."""

    location_id: int = field(metadata=integer("number of the location", 1, MAX_LOCATION_ID))
    # The code is part of file names, and --locations takes several codes with commas between them.
    code: str = field(
        metadata=matching(
            "code of the location",
            CODE_PATTERN,
            f"a code of {CODE_RULE}",
            key="",
        )
    )
    name: str = field(metadata=text("name of the location"))
    address: str = field(metadata=text("address of the kitchen", empty=True))
    lat: float = field(metadata=number("latitude, decimal degrees", -MAX_ABS_LAT, MAX_ABS_LAT))
    lon: float = field(metadata=number("longitude, decimal degrees", -180, 180))
    narrative: str = field(metadata=text("its growth in words", empty=True))
    base_orders_day: int = field(metadata=integer("orders on day 0, before weekday and noise", 0, 10**9))
    growth_rate_daily: float = field(metadata=number("growth of the orders a day, compounding", -1, 10))
    timezone: str = field(metadata=text("IANA time zone, for clock = utc"))
    growth_orders_daily: float = field(
        metadata=sparse(number("or linear growth: orders more each day, before scale", -1e9, 1e9)),
        default=0.0,
    )
    max_orders_day: float | None = field(
        metadata=optional(number("growth stops at this many orders a day, times scale", 0, 1e12), "none"),
        default=None,
    )
    weekday_factors: tuple[float, ...] | None = field(
        metadata=optional(
            numbers("its own factors, Monday to Sunday, instead of [demand]'s", 7, 0, 100), "demand"
        ),
        default=None,
    )
    noise_low: float | None = field(
        metadata=sparse(optional(number("its own noise_low, instead of [demand]'s", 0, 100), "demand")),
        default=None,
    )
    noise_high: float | None = field(
        metadata=sparse(optional(number("its own noise_high, instead of [demand]'s", 0, 100), "demand")),
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
    momentum: Momentum | None = field(
        metadata=sparse(
            optional(table(Momentum, "deals its brands' growth_rate_monthly at random, by shares"), "none")
        ),
        default=None,
    )
    baskets: Baskets | None = field(
        metadata=sparse(optional(table(Baskets, "its own baskets, instead of [baskets]"), "scenario")),
        default=None,
    )
    service_times: ServiceTimes | None = field(
        metadata=sparse(
            optional(table(ServiceTimes, "its own times, instead of [service_times]"), "scenario")
        ),
        default=None,
    )
    driver: Driver | None = field(
        metadata=sparse(optional(table(Driver, "its own drivers, instead of [driver]"), "scenario")),
        default=None,
    )
    delivery: Delivery | None = field(
        metadata=sparse(optional(table(Delivery, "its own area, instead of [delivery]"), "scenario")),
        default=None,
    )
    kitchen: StationKitchens | None = field(
        metadata=sparse(
            optional(table(StationKitchens, "its own kitchens, instead of [kitchen]"), "scenario")
        ),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        if self.growth_orders_daily != 0 and self.growth_rate_daily != 0:
            raise ScenarioError(
                f"growth_orders_daily: expected 0 beside growth_rate_daily = {self.growth_rate_daily}, got "
                f"{self.growth_orders_daily}: growth is linear or compounds, so set one of them to 0."
            )
        # Sorted by brand, then start_day: periods of one brand follow each other.
        for before, after in pairwise(self.brands or ()):
            reopened = before.end_day is not None and before.end_day <= after.start_day
            if before.brand_id == after.brand_id and not reopened:
                raise ScenarioError(
                    f"brands: expected each brand open once at a time, got brand_id {after.brand_id} twice."
                )


def check_popularity(location: Location, days: int, period_days: float) -> None:
    """Check that no brand of a location grows beyond what a float can hold.

    Parameters
    ----------
    location
        The location.
    days
        Days of the scenario.
    period_days
        Days over which a brand's monthly growth counts once.

    Raises
    ------
    ScenarioError
        If a brand's popularity exceeds `MAX_POPULARITY` on its last day.
    """
    momentum = location.momentum
    # Momentum may deal any brand the growth of the improving ones, so each is checked with it. Without a list
    # of brands all are open from day 0 on: one stands for them.
    placements = (Placement(0),) if momentum and location.brands is None else location.brands or ()
    for placement in placements:
        rate = momentum.growth if momentum else placement.growth_rate_monthly
        last = days if placement.end_day is None else min(days, placement.end_day)
        # None for a brand that opens after the last day: its popularity is never computed.
        periods = max(last - placement.start_day, 0) / period_days
        # As a logarithm, which can't overflow. A popularity that falls has a floor and needs no check.
        log_popularity = periods * math.log1p(rate)
        if log_popularity > math.log(MAX_POPULARITY):
            where, cause = "brands", f"growth_rate_monthly {rate} of brand_id {placement.brand_id}"
            if momentum:
                where, cause = "momentum", f"growth {rate}"
            raise ScenarioError(
                f"locations.{location.code}.{where}: expected a popularity below {MAX_POPULARITY:g}, got "
                f"10^{log_popularity / math.log(10):.0f} by {cause} on day {last}."
            )
