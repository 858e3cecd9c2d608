"""Define the config of a live kitchen, one JSON file a kitchen, and read it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPES, N_TYPES_DELIVERED
from fastgen.inputs.json_file import read_json_file
from fastgen.inputs.timezones import zone_names
from fastgen.model.field_kinds import integer, matching, number, sparse, table, text
from fastgen.model.fields import Spec, check_fields, did_you_mean, from_dict, shown, to_dict
from fastgen.model.location import CODE_PATTERN, CODE_RULE
from fastgen.model.order_rules import ServiceTime
from fastgen.units import MAX_DAYS
from fastgen.wire.body_fields import BODY_FIELDS

if TYPE_CHECKING:
    from pathlib import Path

# A config has about 800 bytes. A far larger file is something else, and is not read to its end.
_MAX_BYTES = 1_000_000
# Shares are decimal fractions, which floats only approximate, so their sum may not be exactly 1.
_SUM_TOLERANCE = 1e-9
# An hour: fewer and larger files are for a replay or a slice of the config's scenario.
_MAX_BATCH_S = 3600


def _mean_sd(doc: str) -> dict[str, Spec]:
    """Describe a pair [mean, standard deviation], minutes, with the bounds of a scenario's `ServiceTime`."""

    def load(value: object) -> ServiceTime:
        if not isinstance(value, list) or len(value) != 2:  # noqa: PLR2004  # mean and standard deviation
            raise ValueError
        try:
            return ServiceTime(*value)
        except ScenarioError:
            # Its message names the keys mean_min and sd_min, which a config doesn't have.
            raise ValueError from None

    def check(value: object) -> ServiceTime:
        if not isinstance(value, ServiceTime):
            raise ValueError  # noqa: TRY004
        return value

    limits = [{"type": "number", "minimum": 0, "maximum": most} for most in (1440, 240)]
    schema = {"type": "array", "prefixItems": limits, "minItems": 2, "maxItems": 2}
    rule = "[mean, sd] in minutes, 0 <= mean <= 1440 and 0 <= sd <= 240"
    return {
        "spec": Spec(doc, rule, check, load, dump=lambda value: [value.mean_min, value.sd_min], schema=schema)
    }


@dataclass(frozen=True)
class Steps:
    """Times between the steps of an order, each [mean, standard deviation] in minutes.

    Attributes are the keys of a config: the first letters of the two steps.
    """

    cs: ServiceTime = field(metadata=_mean_sd("order created to work started"))
    sf: ServiceTime = field(metadata=_mean_sd("work started to finished"))
    fr: ServiceTime = field(metadata=_mean_sd("finished to ready"))
    rp: ServiceTime = field(metadata=_mean_sd("ready to picked up"))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class DriverArrival:
    """When the driver comes."""

    # Not per cent, in spite of its name: configs have always had a share here, 0 to 1.
    after_ready_pct: float = field(
        metadata=number("share of drivers who come after the order is ready", 0, 1)
    )
    alpha: float = field(metadata=number("arrival within its interval is Beta(alpha, beta)", 0.1, 100))
    beta: float = field(metadata=number("beta of that distribution", 0.1, 100))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


@dataclass(frozen=True)
class BrandMomentum:
    """Shares of the brands that get more orders over time, as many as before, and fewer."""

    improving: float = field(metadata=number("share of brands that grow", 0, 1))
    flat: float = field(metadata=number("share of brands that stay as they are", 0, 1))
    declining: float = field(metadata=number("share of brands that shrink", 0, 1))

    def __post_init__(self) -> None:
        """Check the fields, and that the shares cover all brands."""
        check_fields(self)
        shares = (self.improving, self.flat, self.declining)
        if abs(math.fsum(shares) - 1) > _SUM_TOLERANCE:
            raise ScenarioError(
                f"improving, flat, declining: expected shares that sum to 1, got {math.fsum(shares):g}."
            )


@dataclass(frozen=True)
class MomentumRates:
    """How fast a brand's weight changes: it is multiplied by 1 + growth, or 1 - decline, in 30 days."""

    growth: float = field(metadata=number("growth of an improving brand in 30 days", 0, 10))
    decline: float = field(metadata=number("decline of a declining brand in 30 days", 0, 0.99))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)


# Event types, each with fields of its body and their probabilities. Tuples, since a config is immutable.
Nulls = tuple[tuple[str, tuple[tuple[str, float], ...]], ...]
# A live kitchen delivers all orders: a fault of order_cancelled would hit no event.
_LIVE_FIELDS = {name: BODY_FIELDS[name] for name in EVENT_TYPES[:N_TYPES_DELIVERED]}


def _nulls(doc: str) -> dict[str, Spec]:
    """Describe, by event type and field of its body, the probability that the field is null."""
    # Read by hand, not as a table of classes: an error then names event type and field, "dq.TYPE.FIELD".
    probability = number("", 0, 1)["spec"]

    def load(value: object) -> Nulls:
        tree = _table(value)
        for kind, fields in tree.items():
            if kind not in _LIVE_FIELDS:
                raise ScenarioError(f"{kind}: unknown event type, {did_you_mean(kind, list(_LIVE_FIELDS))}")
            known = _LIVE_FIELDS[kind]
            for name, share in _table(fields, f"{kind}: expected an object").items():
                if name not in known:
                    hint = did_you_mean(name, known) if known else "its body is empty."
                    raise ScenarioError(f"{kind}.{name}: unknown field of a body, {hint}")
                _check_share(f"{kind}.{name}", share)
        return tuple((kind, tuple((n, float(p)) for n, p in of.items())) for kind, of in tree.items())

    def _check_share(key: str, share: object) -> None:
        try:
            probability.check(share)
        except ValueError:
            raise ScenarioError(f"{key}: expected a probability, 0 to 1, got {shown(share)}.") from None

    properties = {
        kind: {
            "type": "object",
            "properties": {name: dict(probability.schema) for name in fields},
            "additionalProperties": False,
        }
        for kind, fields in _LIVE_FIELDS.items()
    }
    return {
        "spec": Spec(
            doc,
            "an object of event types, each an object of fields of its body with a probability",
            lambda value: value,
            load,
            lambda value: {kind: dict(fields) for kind, fields in value},
            schema={"type": "object", "properties": properties, "additionalProperties": False},
        )
    }


def _zone(doc: str) -> dict[str, Spec]:
    """Describe the name of a time zone; a config may leave it out."""
    # The schema doesn't list the zones: there are hundreds, and each release of the database has others.
    schema = {"type": "string", "minLength": 1, "maxLength": 200}

    def check(value: object) -> str | None:
        if value is not None and value not in zone_names():
            raise ValueError
        return value if value is None else str(value)

    def load(value: object) -> str | None:
        # None is the default of a key that is left out. A file doesn't write it.
        return check("" if value is None else value)

    rule = "an IANA time zone such as America/Chicago"
    return {"spec": Spec(doc, rule, check, load, schema=schema)}


def _table(value: object, expected: str | None = None) -> Mapping[str, Any]:
    """Return an object of JSON; the error is ValueError, or with `expected` a ScenarioError that says it."""
    if isinstance(value, Mapping):
        return value
    if expected is None:
        raise ValueError
    raise ScenarioError(f"{expected}, got {shown(value)}.")


@dataclass(frozen=True)
class LiveConfig:
    """One kitchen: its history and future, demand, service, drivers, brands, place and batches.

    Attributes are the keys of a config file; the first wrong one raises ScenarioError. `timezone` is None
    where the place decides it.
    """

    start_days_ago: int = field(
        metadata=integer("days of history before the day of the first start", 0, MAX_DAYS)
    )
    end_days_ahead: int = field(metadata=integer("days from that day on, itself included", 0, MAX_DAYS))
    speed_up: float = field(metadata=number("seconds of the kitchen in a real second", 0.000_001, 1_000_000))
    orders_day_1: int = field(metadata=integer("orders on the first day", 0, 10**9))
    orders_last: int = field(
        metadata=integer("orders on the last day; in between, growth is linear", 0, 10**9)
    )
    noise_pct: float = field(metadata=number("a day's orders vary by so many per cent up and down", 0, 100))
    svc: Steps = field(metadata=table(Steps, "times between the steps of an order"))
    driver_arrival: DriverArrival = field(metadata=table(DriverArrival, "when the driver comes"))
    brand_momentum: BrandMomentum = field(metadata=table(BrandMomentum, "how many brands grow and shrink"))
    momentum_rates: MomentumRates = field(metadata=table(MomentumRates, "how fast they do"))
    gk_location: str = field(metadata=text('address of the kitchen, or "lat, lon" in degrees'))
    location_name: str = field(
        metadata=matching(
            "name of the kitchen",
            # Where no built-in network is near, the name is also the code of the location.
            CODE_PATTERN,
            f"a name of {CODE_RULE}",
        )
    )
    radius_mi: float = field(metadata=number("customers live within so many miles", 0.1, 50))
    driver_mph: float = field(metadata=number("speed of the drivers, miles an hour", 1, 200))
    batch_rows: int = field(metadata=integer("events of a batch, at most", 1, 250_000))
    batch_seconds: float = field(
        metadata=number("seconds that an event waits for its batch", 0, _MAX_BATCH_S, above=True)
    )
    ping_sec: int = field(metadata=integer("seconds between two positions of a driver", 1, 86_400))
    random_seed: int = field(metadata=integer("another seed, other orders", 0, 2**64 - 1))
    dq: Nulls = field(metadata=_nulls("probability that a field of an event's body is null"), default=())
    timezone: str | None = field(
        metadata=sparse(_zone("IANA time zone; needed where the place isn't known")), default=None
    )

    def __post_init__(self) -> None:
        """Check the fields, and the number of days."""
        check_fields(self)
        if not 1 <= self.days <= MAX_DAYS:
            raise ScenarioError(
                f"start_days_ago, end_days_ahead: expected 1 to {MAX_DAYS} days together, got {self.days}."
            )

    @property
    def days(self) -> int:
        """Number of days, history and future together."""
        return self.start_days_ago + self.end_days_ahead

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON object of a config file."""
        return to_dict(self)


def read_config(path: Path) -> LiveConfig:
    """Read a config file.

    Raises
    ------
    ScenarioError
        "FILE: KEY: expected ..., got VALUE."
    """
    try:
        return make_config(read_json_file(path, "config", _MAX_BYTES))
    except ScenarioError as error:
        raise ScenarioError(f"{path}: {error}") from None


def make_config(raw: object) -> LiveConfig:
    """Make a config from the JSON object of its file.

    Raises
    ------
    ScenarioError
        "KEY: expected ..., got VALUE." for a key that is missing or unknown, or a value that is wrong.
    """
    if not isinstance(raw, Mapping):
        raise ScenarioError(f"expected an object {{...}}, got {shown(raw)}.")
    return from_dict(LiveConfig, raw)
