"""Define the kitchens of a location whose orders wait for stations and couriers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fastgen.model.field_flags import boolean
from fastgen.model.field_kinds import choice, integer, number
from fastgen.model.fields import check_fields
from fastgen.model.stations import MAX_STATIONS

# How the times of an order are made: drawn one by one, or by kitchens with stations and couriers.
STATISTICAL, STATIONS = KITCHEN_MODELS = ("statistical", "stations")


@dataclass(frozen=True)
class StationKitchens:
    """Kitchens of one location with their stations and couriers; the defaults are for canonical cities."""

    model: Literal["stations"] = field(
        metadata=choice("orders wait for stations and couriers, instead of [service_times]", STATIONS)
    )
    kitchens: int = field(
        metadata=integer("kitchens of a location, over which the lines of orders are dealt", 1, 1000),
        default=2,
    )
    # The engine would let a step wait forever for a type of station that is not there.
    workstations: int = field(metadata=integer("workstations of each kitchen", 1, MAX_STATIONS), default=9)
    stoves: int = field(metadata=integer("stoves of each kitchen", 1, MAX_STATIONS), default=5)
    ovens: int = field(metadata=integer("ovens of each kitchen", 1, MAX_STATIONS), default=4)
    couriers: int = field(metadata=integer("couriers of a location", 1, 100_000), default=14)
    lead_min: float = field(
        metadata=number(
            "minutes before its expected end at which an order calls a courier; 0: when it is cooked", 0, 120
        ),
        default=10.0,
    )
    dispatch: Literal["oldest", "nearest"] = field(
        metadata=choice(
            "which order a free courier takes: the one that called first, or the one with the shortest drive",
            "oldest",
            "nearest",
        ),
        default="nearest",
    )
    packing_min: float = field(metadata=number("mean minutes of packing an order", 0, 60), default=2.0)
    longest_min: int = field(
        metadata=integer(
            "most minutes from order to pick-up; an order that takes longer ends the build", 60, 14_400
        ),
        default=720,
    )
    accept_overload: bool = field(
        metadata=boolean("whether a load above 1 in the busiest hour is accepted"), default=False
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)

    def count_stations(self) -> tuple[int, ...]:
        """Count the stations of each type in each kitchen, in the order of `STATION_TYPES`."""
        return (0, self.workstations, self.stoves, self.ovens)
