"""Bound the times that the statistical source can draw, without importing its kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from fastgen.model.order_rules import ServiceTimes
    from fastgen.model.scenario import Scenario

# A service time comes from one 32-bit word, so it lies at most 6.3 standard deviations from the mean: that is
# the normal quantile of the smallest uniform number, 2**-33.
SD_MAX = 7.0


def bound_preparation_s(scenario: Scenario) -> int:
    """Compute an upper bound of the seconds from an order's creation to its pick-up.

    Windows of time are widened by it, so that no event of an earlier order is missed.

    Parameters
    ----------
    scenario
        Its service times, and those of its locations, are in minutes.
    """
    return max(_bound_preparation_s(scenario.service_times_of(one)) for one in scenario.locations)


def _bound_preparation_s(service: ServiceTimes) -> int:
    steps = (
        service.created_to_started,
        service.started_to_finished,
        service.finished_to_ready,
        service.ready_to_picked_up,
    )
    minutes = sum(max(service.minimum_min, step.mean_min + SD_MAX * step.sd_min) for step in steps)
    return int(minutes * S_PER_MIN) + 1
