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
    brands_max: int = field(metadata=integer("and the most", 1, 16))
    items_min: int = field(metadata=integer("fewest different items of a brand", 1, 16))
    items_max: int = field(metadata=integer("and the most", 1, 16))
    qty_min: int = field(metadata=integer("least quantity of an item", 1, 9))
    qty_max: int = field(metadata=integer("largest quantity", 1, 9))
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

    # With these bounds all steps of an order take less than 10 days, even 9 standard deviations out.
    mean_min: float = field(metadata=number("mean, minutes", 0, 1440))
    sd_min: float = field(metadata=number("standard deviation, minutes", 0, 240))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class ServiceTimes:
    """Times between the steps of an order, minutes."""

    created_to_started: ServiceTime = field(metadata=table(ServiceTime, "order placed to work begun"))
    started_to_finished: ServiceTime = field(metadata=table(ServiceTime, "cooking"))
    finished_to_ready: ServiceTime = field(metadata=table(ServiceTime, "packing"))
    ready_to_picked_up: ServiceTime = field(metadata=table(ServiceTime, "waiting on the shelf"))
    minimum_min: float = field(metadata=number("no time is shorter, minutes", 0.001, 60))

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
        metadata=number("arrival within its interval is Beta(alpha, beta)", 0.1, 100)
    )
    arrival_beta: float = field(metadata=number("beta of the same", 0.1, 100))
    speed_mph: float = field(metadata=number("speed, miles an hour", 1, 200))
    ping_interval_s: int = field(metadata=integer("seconds between two pings", 1, 86_400))
    ping_position: Literal["distance", "node"] = field(
        metadata=choice(
            "a ping lies at its share of the distance, or of the nodes, of its path", "distance", "node"
        )
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Delivery:
    """Area and addresses of the customers."""

    radius_mi: float = field(metadata=number("half the side of the square of customers, miles", 0.1, 50))
    address_number_max: int = field(metadata=integer("house numbers run from 1 to this", 1, 999_999))
    address_street: str = field(metadata=text("street of an address where the roads have no names", 100))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
