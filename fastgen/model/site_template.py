"""Define a site of a universe: its kitchens and their stations, its customers and its couriers."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, Literal

from fastgen.errors import ScenarioError
from fastgen.model.courier_fields import DISPATCH, LEAD_MIN
from fastgen.model.dimensions import MAX_ABS_LAT
from fastgen.model.disturbances import (
    DEMAND_SURGE,
    Disturbance,
    check_disturbances,
    check_launches,
    find_highest_surge,
)
from fastgen.model.field_kinds import (
    Metadata,
    absent,
    choice,
    integer,
    matching,
    number,
    rows,
    sparse,
    table,
    text,
    texts,
)
from fastgen.model.fields import check_fields
from fastgen.model.location import CODE_PATTERN, CODE_RULE
from fastgen.model.stations import MAX_STATIONS, STATION_TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable

# At one place; their stations are part of the keys of events, whose bits the time needs too.
MAX_KITCHENS = 1000
COURIER_MODES = ("foot", "bicycle", "car")
# A name is a part of the path that an id is made from.
NAME_PATTERN, NAME_RULE = r"[^/]*[^/\s][^/]*", "1 to 200 characters on one line, without a slash"


def in_file_order(_part: object) -> int:
    """Give all parts of a list the same rank, so that they stay in the order of their file."""
    return 0


def check_names(key: str, names: Iterable[str]) -> None:
    """Check that no name is used twice in a list.

    Raises
    ------
    ScenarioError
        "KEY: expected each name once, got NAME twice."
    """
    twice = [name for name, n in Counter(names).items() if n > 1]
    if twice:
        raise ScenarioError(f"{key}: expected each name once, got {twice[0]!r} twice.")


@dataclass(frozen=True)
class Station:
    """A place in a kitchen where one line of an order is worked on at a time."""

    name: str = field(metadata=matching("name of the station, once a kitchen", NAME_PATTERN, NAME_RULE))
    station_type: str = field(metadata=choice("what can be done there", *STATION_TYPES))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class KitchenInfo:
    """What a kitchen is called."""

    name: str = field(metadata=matching("name of the kitchen, once a site", NAME_PATTERN, NAME_RULE))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Kitchen:
    """A kitchen, which can cook every brand of its site."""

    info: KitchenInfo = field(metadata=table(KitchenInfo, "what the kitchen is called"))
    stations: tuple[Station, ...] = field(metadata=rows(Station, "its stations", in_file_order))

    def __post_init__(self) -> None:
        """Check the fields, and the stations' names and number."""
        check_fields(self)
        check_names("stations", (station.name for station in self.stations))
        for kind, n in zip(STATION_TYPES, self.count_stations(), strict=True):
            if n > MAX_STATIONS:
                raise ScenarioError(
                    f"stations: expected at most {MAX_STATIONS} of a station_type, got {n} of {kind}."
                )

    def count_stations(self) -> tuple[int, ...]:
        """Count the stations of each type, in the order of `STATION_TYPES`."""
        counts = Counter(station.station_type for station in self.stations)
        return tuple(counts[kind] for kind in STATION_TYPES)


@dataclass(frozen=True)
class SiteInfo:
    """What a site is called, and where it is."""

    # The name is also the code of a road network, and so a part of file names.
    name: str = field(
        metadata=matching(
            "name of the site; a built-in road network of that name is used",
            CODE_PATTERN,
            f"a name of {CODE_RULE}",
        )
    )
    latitude: float = field(metadata=number("decimal degrees", -MAX_ABS_LAT, MAX_ABS_LAT))
    longitude: float = field(metadata=number("decimal degrees", -180, 180))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class Customers:
    """Who orders at a site, and how much."""

    customers: int = field(metadata=integer("number of customers", 1, 10_000_000), default=1000)
    orders_per_customer_day: float = field(
        metadata=number("orders that a customer would like to place a day", 0, 24), default=0.3
    )
    eating_min: float = field(
        metadata=number("minutes after a delivery until the customer orders again", 0, 1440), default=30.0
    )
    lines_max: int = field(
        metadata=integer("most lines of an order; 1 to that many are equally likely", 1, 16), default=5
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


def _part(mode: str) -> Metadata:
    """Describe the part of the couriers who move in one way."""
    return sparse(number(f"part of the couriers who go by {mode}", 0, 100_000))


@dataclass(frozen=True)
class Modes:
    """How many couriers move in each way, as numbers or shares: only their ratios count."""

    foot: float = field(metadata=_part("foot"), default=0.0)
    bicycle: float = field(metadata=_part("bicycle"), default=0.0)
    car: float = field(metadata=_part("car"), default=0.0)

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)

    def deal(self, n: int) -> tuple[str, ...]:
        """Give each of n couriers a mode.

        The next one gets the mode that lags most behind its part, so that any first ones, such as those on
        duty while others are not, are mixed like all; one courier more changes no other.
        """
        # Exact, as a person writes them: 0.1 is a tenth. So no rounding decides between two modes.
        exact = {mode: Fraction(str(getattr(self, mode))) for mode in COURIER_MODES}
        unit = math.lcm(*(part.denominator for part in exact.values()))
        parts = {mode: int(part * unit) for mode, part in exact.items()}
        total, dealt = sum(parts.values()), []
        lags = dict.fromkeys(parts, 0)
        for _ in range(n):
            for mode, part in parts.items():
                lags[mode] += part
            # Of equals, the first mode.
            chosen = max(lags, key=lambda mode: lags[mode])
            lags[chosen] -= total
            dealt.append(chosen)
        return tuple(dealt)


@dataclass(frozen=True)
class Couriers:
    """Who delivers, and how they are sent."""

    mode: Literal["foot", "bicycle", "car"] | None = field(
        metadata=absent(
            choice("how all of them move: at 5, 15 or 60 km/h; without it by bicycle", *COURIER_MODES)
        ),
        default=None,
    )
    modes: Modes | None = field(
        metadata=absent(table(Modes, "or how many of them move in which way, as numbers or shares")),
        default=None,
    )
    lead_min: float = field(metadata=LEAD_MIN, default=10.0)
    dispatch: Literal["oldest", "nearest"] = field(metadata=DISPATCH, default="nearest")
    # Last, because its name hides the function that describes the field of a number.
    number: int | None = field(
        metadata=absent(integer("number of couriers; without it a tenth of the customers", 0, 100_000)),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields, and that they say in one way how couriers move."""
        check_fields(self)
        if self.mode is not None and self.modes is not None:
            raise ScenarioError(f"modes: expected either mode or modes, got both: mode is {self.mode!r}.")
        if self.modes == Modes():
            raise ScenarioError("modes: expected a part above 0 of foot, bicycle or car, got none.")

    def deal_modes(self, n: int) -> tuple[str, ...]:
        """Give each of n couriers a mode."""
        return (self.mode or "bicycle",) * n if self.modes is None else self.modes.deal(n)


@dataclass(frozen=True)
class Site:
    """A site: its place, kitchens, customers, couriers and brands."""

    info: SiteInfo = field(metadata=table(SiteInfo, "what the site is called, and where it is"))
    kitchens: tuple[Kitchen, ...] = field(metadata=rows(Kitchen, "its kitchens", in_file_order))
    population: Customers = field(metadata=table(Customers, "who orders, and how much"), default=Customers())
    couriers: Couriers = field(metadata=table(Couriers, "who delivers"), default=Couriers())
    radius_mi: float = field(
        metadata=number("customers live within a square of so many miles to each side", 0.1, 50), default=4.0
    )
    timezone: str = field(metadata=text("IANA time zone of the hours in which people eat"), default="UTC")
    brands: tuple[str, ...] | None = field(
        metadata=absent(texts("names of the brands that it sells; without it all")), default=None
    )
    packing_s: float = field(
        metadata=number("seconds from the end of an order's last line until it is packed and ready", 0, 3600),
        default=120.0,
    )
    disturbances: tuple[Disturbance, ...] = field(
        metadata=sparse(rows(Disturbance, "what goes wrong, or right, for a time", in_file_order)), default=()
    )

    def __post_init__(self) -> None:
        """Check the fields, that there is a kitchen and a brand, and what disturbances hit."""
        check_fields(self)
        for key, listed in (("kitchens", self.kitchens), ("brands", self.brands)):
            if listed == ():
                raise ScenarioError(f"{key}: expected one at least, got an empty list.")
        if len(self.kitchens) > MAX_KITCHENS:
            raise ScenarioError(f"kitchens: expected at most {MAX_KITCHENS}, got {len(self.kitchens)}.")
        check_names("kitchens", (kitchen.info.name for kitchen in self.kitchens))
        stations = {kitchen.info.name: kitchen.count_stations() for kitchen in self.kitchens}
        check_disturbances(self.disturbances, stations, self.n_couriers)
        check_launches(self.disturbances, self.brands)

    @property
    def highest_surge(self) -> float:
        """How many times as many orders as usual there are at most."""
        return find_highest_surge(self.disturbances_of(DEMAND_SURGE))

    def disturbances_of(self, kind: str) -> tuple[Disturbance, ...]:
        """List the disturbances of one kind, in the order of the file."""
        return tuple(one for one in self.disturbances if one.kind == kind)

    @property
    def n_couriers(self) -> int:
        """Number of couriers; where none is stated, a tenth of the customers, but one at least."""
        stated = self.couriers.number
        return max(self.population.customers // 10, 1) if stated is None else stated
