"""Define disturbances: what goes wrong, or right, at a site for a time, as a file states it."""

from __future__ import annotations

import dataclasses
import math
import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, NamedTuple

from fastgen.errors import ScenarioError
from fastgen.model.field_kinds import Metadata, absent, choice, clock_text, integer, number, text
from fastgen.model.fields import Spec, check_fields, did_you_mean, field_specs, shown
from fastgen.model.stations import STATION_TYPES
from fastgen.units import MAX_DAYS, MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STATION_OUTAGE, FEWER_COURIERS, DEMAND_SURGE = "station_outage", "fewer_couriers", "demand_surge"
BRAND_LAUNCH, RAIN, KITCHEN_CLOSED = "brand_launch", "rain", "kitchen_closed"
# With a step of 5 per cent, the pace of every mode of couriers stays a whole number of microseconds.
SLOWDOWN_STEP, SLOWDOWN_MAX = 5, 400
FACTOR_MAX = 100.0
USUAL = 1000  # permille: a ride takes its usual time
# Two a day for a year and more: what they change is found in a moment.
MAX_DISTURBANCES = 1000
_TIME = re.compile(r"([0-9]{1,5}) ([0-9]{2}):([0-5][0-9])")
_LAST_MINUTE = MAX_DAYS * MIN_PER_DAY


class Keys(NamedTuple):
    """Keys of a kind beside kind, name and from: those that it must have, and those that it may have."""

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ("to",)


KINDS = {
    STATION_OUTAGE: Keys(("station_type",), ("to", "kitchen", "number", "share")),
    FEWER_COURIERS: Keys((), ("to", "number", "share")),
    DEMAND_SURGE: Keys(("factor",)),
    BRAND_LAUNCH: Keys(("brand",), ()),
    RAIN: Keys(("slowdown_percent",)),
    KITCHEN_CLOSED: Keys((), ("to", "kitchen")),
}


def _time(doc: str, key: str) -> Metadata:
    """Describe a minute of a day, written "DAY HH:MM" in a file: minutes from 00:00 of day 0 on."""

    def check(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _LAST_MINUTE:
            raise ValueError
        return value

    def load(value: object) -> int:
        match = _TIME.fullmatch(value) if isinstance(value, str) else None
        minute = 60 * int(match[2]) + int(match[3]) if match else MIN_PER_DAY + 1
        if match is None or minute > MIN_PER_DAY:
            raise ValueError
        return check(int(match[1]) * MIN_PER_DAY + minute)

    rule = f'"DAY HH:MM" by the clock of the site, such as "3 12:00", at most "{time_text(_LAST_MINUTE)}"'
    schema = {"type": "string", "pattern": r"^[0-9]{1,5} (?:[01][0-9]|2[0-3]):[0-5][0-9]$|^[0-9]{1,5} 24:00$"}
    return {"spec": Spec(doc, rule, check, load, time_text, key=key, schema=schema)}


def time_text(minute: int) -> str:
    """Write minutes from 00:00 of day 0 on as DAY HH:MM."""
    day, minute_of_day = divmod(minute, MIN_PER_DAY)
    return f"{day} {clock_text(minute_of_day)}"


def _slowdown(doc: str) -> Metadata:
    spec = integer(doc, SLOWDOWN_STEP, SLOWDOWN_MAX)["spec"]

    def check(value: object) -> int:
        percent = int(spec.check(value))
        if percent % SLOWDOWN_STEP:
            raise ValueError
        return percent

    rule = f"a multiple of {SLOWDOWN_STEP}, {SLOWDOWN_STEP} to {SLOWDOWN_MAX}"
    schema = {**spec.schema, "multipleOf": SLOWDOWN_STEP}
    return absent({"spec": dataclasses.replace(spec, rule=rule, check=check, load=check, schema=schema)})


@dataclass(frozen=True)
class Disturbance:
    """Something that changes what a site can do, or is asked for, for a time.

    Attributes are the keys of the file, None where it doesn't state one. `from_min` and `to_min` are its keys
    from and to, as minutes from 00:00 of day 0 on by the clock of the site; without `to` it has no end.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE." for the first key that is wrong.
    """

    kind: str = field(metadata=choice("what happens", *KINDS))
    name: str = field(metadata=text("label, once a site"))
    from_min: int = field(metadata=_time("when it begins", "from"))
    to_min: int | None = field(metadata=absent(_time("when it is over", "to")), default=None)
    kitchen: str | None = field(
        metadata=absent(text("name of the kitchen that it hits; without it all of the site")), default=None
    )
    station_type: str | None = field(
        metadata=absent(choice("type of the stations that are out of order", *STATION_TYPES)), default=None
    )
    share: float | None = field(
        metadata=absent(
            number("share of stations or couriers that are missing, rounded up", 0, 1, above=True)
        ),
        default=None,
    )
    factor: float | None = field(
        metadata=absent(number("how many times as much is ordered", 1, FACTOR_MAX, above=True)), default=None
    )
    brand: str | None = field(
        metadata=absent(text("name of the brand that is sold from then on, and not before")), default=None
    )
    slowdown_percent: int | None = field(
        metadata=_slowdown("by how many per cent rides that begin in it take longer"), default=None
    )
    # Last, because its name hides the function that describes the field of a number.
    number: int | None = field(
        metadata=absent(integer("how many stations of a kitchen, or couriers, are missing", 1, 100_000)),
        default=None,
    )

    def __post_init__(self) -> None:
        """Check the fields, and the rules between them."""
        check_fields(self)
        self._check_keys()
        if self.number is not None and self.share is not None:
            raise ScenarioError("share: expected either number or share, got both.")
        if self.to_min is not None and self.to_min <= self.from_min:
            raise ScenarioError(
                f"to: expected a time after {time_text(self.from_min)!r}, got {time_text(self.to_min)!r}."
            )

    def _check_keys(self) -> None:
        """Refuse a key that the kind has no use for, and the lack of one that it needs."""
        needed, optional = KINDS[self.kind]
        for attribute, spec in field_specs(type(self)).items():
            key, value = spec.key or attribute, getattr(self, attribute)
            if key in {"kind", "name", "from"}:
                continue
            if value is None and key in needed:
                raise ScenarioError(
                    f"{key}: expected {spec.expected(key)}, got nothing: kind {self.kind} needs the key."
                )
            if value is not None and key not in {*needed, *optional}:
                # A key without effect would make its author believe that it has one.
                got = time_text(value) if key == "to" else value
                raise ScenarioError(f"{key}: expected no such key with kind {self.kind}, got {shown(got)}.")

    def count_missing(self, n: int) -> int:
        """Count how many of n stations or couriers are missing: all if it states no number or share."""
        if self.number is not None:
            return min(self.number, n)
        # Exact, as a person writes it: 0.1 of 30 are 3.
        return n if self.share is None else math.ceil(Fraction(str(self.share)) * n)

    def lasts_at(self, minute: int) -> bool:
        """Say whether it lasts at a minute from 00:00 of day 0 on."""
        return self.from_min <= minute and (self.to_min is None or minute < self.to_min)

    @property
    def permille(self) -> int:
        """Thousandths of its usual time that a ride takes."""
        return USUAL + 10 * (self.slowdown_percent or 0)


def check_disturbances(
    disturbances: Sequence[Disturbance], stations: Mapping[str, Sequence[int]], n_couriers: int
) -> None:
    """Check that disturbances hit what is there.

    Parameters
    ----------
    disturbances
        Those of one site.
    stations
        Number of stations of each type, in the order of `STATION_TYPES`, by the name of the kitchen.
    n_couriers
        Number of couriers.

    Raises
    ------
    ScenarioError
        "disturbances[N].KEY: expected ..., got VALUE." for the first key that is wrong.
    """
    if len(disturbances) > MAX_DISTURBANCES:
        raise ScenarioError(f"disturbances: expected at most {MAX_DISTURBANCES}, got {len(disturbances)}.")
    names: set[str] = set()
    for i, one in enumerate(disturbances):
        where = f"disturbances[{i}]"
        if one.name in names:
            raise ScenarioError(f"{where}.name: expected each name once, got {one.name!r} twice.")
        names.add(one.name)
        if one.kitchen is not None and one.kitchen not in stations:
            raise ScenarioError(
                f"{where}.kitchen: expected a kitchen of the site, got {one.kitchen!r}: "
                f"{did_you_mean(one.kitchen, list(stations))}"
            )
        if one.kind == STATION_OUTAGE:
            _check_outage(where, one, stations)
        if one.kind == FEWER_COURIERS and n_couriers == 0:
            raise ScenarioError(
                f"{where}.kind: expected another kind at a site without couriers, got {one.kind!r}."
            )
        if one.kind == FEWER_COURIERS and one.number is not None and one.number > n_couriers:
            raise ScenarioError(
                f"{where}.number: expected at most the {n_couriers} couriers of the site, got {one.number}."
            )


def _check_outage(where: str, outage: Disturbance, stations: Mapping[str, Sequence[int]]) -> None:
    """Check that the kitchens of an outage have so many stations of its type."""
    kind = STATION_TYPES.index(outage.station_type or "")
    kitchens = [outage.kitchen] if outage.kitchen is not None else list(stations)
    most = max((stations[kitchen][kind] for kitchen in kitchens), default=0)
    if most == 0:
        raise ScenarioError(
            f"{where}.station_type: expected a type of station that {outage.kitchen or 'a kitchen'} has, got "
            f"{outage.station_type!r}."
        )
    if outage.number is not None and outage.number > most:
        raise ScenarioError(
            f"{where}.number: expected at most the {most} stations of type {outage.station_type}, got "
            f"{outage.number}."
        )


def check_launches(disturbances: Sequence[Disturbance], brands: Sequence[str] | None) -> None:
    """Check that each launched brand is launched once, at a site that sells it; brands: None for all."""
    launched: set[str] = set()
    for i, one in enumerate(disturbances):
        if one.kind != BRAND_LAUNCH or one.brand is None:
            continue
        where = f"disturbances[{i}].brand"
        if brands is not None and one.brand not in brands:
            raise ScenarioError(
                f"{where}: expected a brand of the site's brands, got {one.brand!r}: "
                f"{did_you_mean(one.brand, brands)}"
            )
        if one.brand in launched:
            raise ScenarioError(f"{where}: expected each brand launched once, got {one.brand!r} twice.")
        launched.add(one.brand)


def find_highest_surge(surges: Sequence[Disturbance]) -> float:
    """Find how many times as many orders as usual there are at most; factors at the same time multiply."""
    # The most is reached where a surge begins.
    active = [[one for one in surges if one.lasts_at(begins.from_min)] for begins in surges]
    return max((math.prod(one.factor or 1.0 for one in some) for some in active), default=1.0)
