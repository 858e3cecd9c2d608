"""Define how demand varies: over the week, over the day, by chance, and on days of an event."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from fastgen.errors import ScenarioError
from fastgen.model.field_kinds import (
    choice,
    clock_text,
    integer,
    keyed,
    minute,
    number,
    numbers,
    text,
    texts,
)
from fastgen.model.fields import check_fields, check_order
from fastgen.units import MAX_DAYS, MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

# The least sum of a day's weights. A minute's share is its weight over this sum, which must not be near 0.
MIN_TOTAL_WEIGHT = 1e-3
# A window of peak 0 cancels the base weight of 1; rounding may leave a weight this far below 0.
ROUNDING = 1e-9


@dataclass(frozen=True)
class DemandWindow:
    """A part of the day with more (or less) demand than the base weight of 1."""

    name: str = field(metadata=text("name of the window", key=""))
    start_min: int = field(metadata=minute("first minute of the window", "start"))
    end_min: int = field(metadata=minute("end of the window, not part of it", "end", end=True))
    peak: float = field(metadata=number("demand at its height, in multiples of the base weight 1", 0, 1000))
    shape: Literal["bell", "flat"] = field(
        metadata=choice(
            "a squared sine that reaches the peak in the middle, or the peak throughout", "bell", "flat"
        )
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        check_order("start", clock_text(self.start_min), "end", clock_text(self.end_min), strict=True)


@dataclass(frozen=True)
class Demand:
    """How demand varies over the week, over the day, and by chance."""

    weekday_factors: tuple[float, ...] = field(
        metadata=numbers("factor on the orders of a day, Monday to Sunday", 7, 0, 100)
    )
    noise_low: float = field(
        metadata=number("lowest value of a day's random factor, which is uniform", 0, 100)
    )
    noise_high: float = field(metadata=number("highest value of that factor", 0, 100))
    windows: tuple[DemandWindow, ...] = field(
        metadata=keyed(DemandWindow, "name", "windows of every location", lambda w: (w.start_min, w.name)),
        default=(),
    )

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        check_order("noise_low", self.noise_low, "noise_high", self.noise_high)


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


def check_weights(windows: Iterable[DemandWindow], code: str) -> None:
    """Check the demand of a location: no minute of the day below 0, and some minute above.

    Parameters
    ----------
    windows
        All windows that count at the location: the scenario's and its own.
    code
        Code of the location, for the error.

    Raises
    ------
    ScenarioError
        If the weight of a minute is negative, or all weights together are 0.
    """
    weights = [1.0] * MIN_PER_DAY
    for window in windows:
        span = window.end_min - window.start_min
        # The curve of `orders.demand_curve`, which this room can't import. The sine there is our own, so the
        # last bits may differ; ROUNDING allows for that.
        for m in range(window.start_min, window.end_min):
            height = math.sin(math.pi * (m - window.start_min) / span) ** 2 if window.shape == "bell" else 1.0
            weights[m] += (window.peak - 1) * height
    # fsum is exact, so no machine accepts a scenario that another one refuses.
    lowest, total = min(weights), math.fsum(weights)
    if lowest < -ROUNDING or total < MIN_TOTAL_WEIGHT:
        at = clock_text(weights.index(lowest))
        got = f"{lowest:.6g} at {at}" if lowest < -ROUNDING else "0 all day"
        raise ScenarioError(
            f"demand.windows, locations.{code}.windows: expected a demand weight >= 0 at every "
            f"minute and > 0 somewhere, got {got}."
        )
