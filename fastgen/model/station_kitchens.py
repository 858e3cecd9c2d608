"""Define the kitchens of a location whose orders wait for stations and couriers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from fastgen.errors import ScenarioError
from fastgen.model.courier_fields import DISPATCH, LEAD_MIN
from fastgen.model.disturbances import (
    KITCHEN_CLOSED,
    USUAL,
    Disturbance,
    check_disturbances,
    check_launches,
    find_highest_surge,
)
from fastgen.model.field_flags import boolean
from fastgen.model.field_kinds import choice, integer, number, rows, sparse
from fastgen.model.fields import check_fields
from fastgen.model.stations import MAX_STATIONS

# How the times of an order are made: drawn one by one, or by kitchens with stations and couriers.
STATISTICAL, STATIONS = KITCHEN_MODELS = ("statistical", "stations")

# As the factor of a demand event at most, so that expected orders stay finite.
MAX_SURGE = 1000.0


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
    lead_min: float = field(metadata=LEAD_MIN, default=10.0)
    dispatch: Literal["oldest", "nearest"] = field(metadata=DISPATCH, default="nearest")
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
    disturbances: tuple[Disturbance, ...] = field(
        # In the order of the file, to which errors refer.
        metadata=sparse(rows(Disturbance, "what goes wrong, or right, for a time", lambda _: 0)),
        default=(),
    )

    def __post_init__(self) -> None:
        """Check the fields, and that disturbances hit what is there."""
        check_fields(self)
        check_disturbances(self.disturbances, self.stations_by_kitchen, self.couriers)
        # What a location sells isn't known here, nor whether it sells anything before a launch.
        check_launches(self.disturbances, None)
        surge = find_highest_surge(self.disturbances)
        if surge > MAX_SURGE:
            raise ScenarioError(
                f"disturbances: expected factors whose product is at most {MAX_SURGE:g}, got {surge:g}."
            )

    @property
    def may_close(self) -> bool:
        """Whether all kitchens are closed at some time, so that orders of that time are cancelled."""
        closings = [one for one in self.disturbances if one.kind == KITCHEN_CLOSED]
        # The most kitchens are closed where one closes.
        at_once = [{other.kitchen for other in closings if other.lasts_at(one.from_min)} for one in closings]
        return any(None in closed or len(closed) == self.kitchens for closed in at_once)

    @property
    def stations_by_kitchen(self) -> dict[str, tuple[int, ...]]:
        """Count the stations of each type, in the order of `STATION_TYPES`, by the name of the kitchen."""
        return {f"kitchen-{number}": self.count_stations() for number in range(1, self.kitchens + 1)}

    @property
    def slowdowns(self) -> tuple[int, ...]:
        """List the thousandths of their usual time that rides may take, the usual ones first."""
        return tuple(sorted({USUAL, *(one.permille for one in self.disturbances)}))

    def count_stations(self) -> tuple[int, ...]:
        """Count the stations of each type in each kitchen, in the order of `STATION_TYPES`."""
        return (0, self.workstations, self.stoves, self.ovens)
