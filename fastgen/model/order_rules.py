"""Define the parameters of a single order: items, service times, driver, delivery."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fastgen.model.field_kinds import choice, integer, number, table, text
from fastgen.model.fields import check_fields, check_order
from fastgen.units import MAX_DAYS


@dataclass(frozen=True)
class Baskets:
    """Brands, items and quantities of an order."""

    single_brand_probability: float = field(metadata=number("share of orders from one brand", 0, 1))
    brands_min: int = field(metadata=integer("fewest brands of the other orders", 1, 16))
    brands_max: int = field(metadata=integer("most brands of the other orders", 1, 16))
    items_min: int = field(metadata=integer("fewest different items of a brand", 1, 16))
    # The kernel of baskets has room for 16: `MAX_ITEMS` in orders/kernels/baskets.py.
    items_max: int = field(metadata=integer("most different items of a brand", 1, 16))
    # A quantity is written as a single digit in items_json.
    qty_min: int = field(metadata=integer("smallest quantity of an item", 1, 9))
    qty_max: int = field(metadata=integer("largest quantity of an item", 1, 9))
    # Above 0, so that a brand can be drawn even where all that are open are declining.
    popularity_floor: float = field(
        metadata=number("a brand's popularity never falls below this", 0, 1, above=True)
    )
    popularity_period_days: float = field(
        metadata=number("days over which growth_rate_monthly is counted once", 1, MAX_DAYS)
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        for what in ("brands", "items", "qty"):
            low, high = f"{what}_min", f"{what}_max"
            check_order(low, getattr(self, low), high, getattr(self, high))


@dataclass(frozen=True)
class ServiceTime:
    """A normally distributed time."""

    # With these bounds the four steps of an order take at most 10 days, even 9 deviations from the mean.
    mean_min: float = field(metadata=number("mean, minutes", 0, 1440))
    sd_min: float = field(metadata=number("standard deviation, minutes", 0, 240))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class ServiceTimes:
    """Times between the steps of an order, minutes."""

    created_to_started: ServiceTime = field(
        metadata=table(ServiceTime, "from the order to the start of the work")
    )
    started_to_finished: ServiceTime = field(metadata=table(ServiceTime, "time to cook"))
    finished_to_ready: ServiceTime = field(metadata=table(ServiceTime, "time to pack"))
    ready_to_picked_up: ServiceTime = field(metadata=table(ServiceTime, "wait on the shelf"))
    # Above 0: the driver's arrival needs an interval before the pick-up.
    minimum_min: float = field(metadata=number("no step is shorter, minutes", 0.001, 60))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Driver:
    """Arrival of the driver, speed of the drive, and its pings."""

    after_ready_probability: float = field(
        metadata=number("share of drivers who come after the order is ready, the others before", 0, 1)
    )
    arrival_alpha: float = field(
        metadata=number("the position of the arrival in its interval is Beta(alpha, beta): alpha", 0.1, 100)
    )
    arrival_beta: float = field(metadata=number("beta of that distribution", 0.1, 100))
    speed_mph: float = field(metadata=number("speed of the drive, miles an hour", 1, 200))
    ping_interval_s: int = field(metadata=integer("seconds between two pings", 1, 86_400))
    ping_position: Literal["distance", "node"] = field(
        metadata=choice(
            "pings lie at equal shares of the route's length, or of its nodes", "distance", "node"
        )
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Delivery:
    """Area and addresses of the customers."""

    radius_mi: float = field(metadata=number("half the side of the delivery square, miles", 0.1, 50))
    address_number_max: int = field(metadata=integer("house numbers run from 1 to this", 1, 999_999))
    address_street: str = field(metadata=text("street of an address where the roads have no names", 100))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
