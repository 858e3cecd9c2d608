"""Compute how a day's demand is spread over its minutes."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np

from fastgen.kernels import elementary
from fastgen.model.dimensions import MAX_LOCATION_ID
from fastgen.units import MIN_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from fastgen.model.demand import Demand, DemandEvent
    from fastgen.model.location import Location

# A few hundred sines are not worth a compilation; the plain function gives the same bits.
_sin_pi: Any = getattr(elementary.sin_pi, "py_func", elementary.sin_pi)


@lru_cache(maxsize=256)
def _bell(span: int) -> NDArray[np.float64]:
    sines = np.array([_sin_pi(m / span) for m in range(span)])
    squares: NDArray[np.float64] = sines * sines
    return squares


@lru_cache(maxsize=MAX_LOCATION_ID)
def demand_weights(location: Location, demand: Demand) -> NDArray[np.float64]:
    """Compute the relative demand in every minute of a day, before events.

    Parameters
    ----------
    location, demand
        The windows of both are added to the base weight of 1.

    Returns
    -------
    float64 (1440,)
        At least 0, and above 0 somewhere; read-only, since calls share it. A window's minute m is taken at
        x = (m - start) / (end - start).
    """
    weights = np.ones(MIN_PER_DAY)
    for window in demand.windows + location.windows:
        span = window.end_min - window.start_min
        height = _bell(span) if window.shape == "bell" else np.ones(span)
        weights[window.start_min : window.end_min] += (window.peak - 1.0) * height
    # Windows that cancel the base weight may leave a rounding below 0.
    weights = np.maximum(weights, 0.0)
    weights.flags.writeable = False
    return weights


def event_factors(events: Iterable[DemandEvent], code: str, day: int) -> NDArray[np.float64]:
    """Factor of the events on the demand in every minute of a location's day.

    Parameters
    ----------
    events
        Events of the scenario; where several meet, their factors multiply.
    code
        Code of the location.
    day
        Day number.

    Returns
    -------
    float64 (1440,)
        1 where there is no event.
    """
    factors = np.ones(MIN_PER_DAY)
    for event in active_events(events, code, day):
        factors[event.start_min : event.end_min] *= event.factor
    return factors


def active_events(events: Iterable[DemandEvent], code: str, day: int) -> tuple[DemandEvent, ...]:
    """Events that touch a location's day, in their order."""
    return tuple(
        e for e in events if e.first_day <= day <= e.last_day and (not e.locations or code in e.locations)
    )
