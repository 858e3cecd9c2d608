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

# The Python function behind the kernel, which gives the same bits: a few hundred sines take less time in
# Python than the kernel takes to compile.
_sin_pi: Any = getattr(elementary.sin_pi, "py_func", elementary.sin_pi)


@lru_cache(maxsize=256)
def _bell(span: int) -> NDArray[np.float64]:
    """Compute the squared sine over `span` minutes, float64 (span,): 0 at the edges, 1 in the middle."""
    sines = np.array([_sin_pi(m / span) for m in range(span)])
    squares: NDArray[np.float64] = sines * sines
    return squares


@lru_cache(maxsize=MAX_LOCATION_ID)
def demand_weights(location: Location, demand: Demand) -> NDArray[np.float64]:
    """Compute the relative demand in every minute of a day, before events (docs/model.md, 4.2).

    Every minute has the base weight 1. Each window adds (peak - 1) times its shape in its minutes m: 1 for
    "flat", and sin²(π (m - start) / (end - start)) for "bell".

    Parameters
    ----------
    location, demand
        The windows of the location and of the scenario; both are added.

    Returns
    -------
    float64 (1440,)
        Each at least 0, and at least one above 0; read-only, since calls share it.
    """
    weights = np.ones(MIN_PER_DAY)
    for window in demand.windows + location.windows:
        span = window.end_min - window.start_min
        height = _bell(span) if window.shape == "bell" else np.ones(span)
        weights[window.start_min : window.end_min] += (window.peak - 1.0) * height
    # A window with peak 0 cancels the base weight; rounding may leave a difference just below 0.
    weights = np.maximum(weights, 0.0)
    weights.flags.writeable = False
    return weights


def event_factors(events: Iterable[DemandEvent], code: str, day: int) -> NDArray[np.float64]:
    """Compute the factor of all demand events in every minute of a location's day.

    Parameters
    ----------
    events
        Demand events of the scenario; where several overlap, their factors multiply.
    code
        Code of the location.
    day
        Day number.

    Returns
    -------
    float64 (1440,)
        1 in minutes without an event.
    """
    factors = np.ones(MIN_PER_DAY)
    for event in active_events(events, code, day):
        factors[event.start_min : event.end_min] *= event.factor
    return factors


def active_events(events: Iterable[DemandEvent], code: str, day: int) -> tuple[DemandEvent, ...]:
    """Select the events that cover a location's day, in the scenario's order."""
    return tuple(
        e for e in events if e.first_day <= day <= e.last_day and (not e.locations or code in e.locations)
    )
