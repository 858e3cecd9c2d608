"""Bound what the statistical source can draw, without loading what draws it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from fastgen.model.scenario import Scenario

# Draws of service times come from 32 bits: none lies this many standard deviations out.
SD_MAX = 7.0


def bound_preparation_s(scenario: Scenario) -> int:
    """Bound the seconds from an order's creation to its pick-up."""
    service = scenario.service_times
    steps = (
        service.created_to_started,
        service.started_to_finished,
        service.finished_to_ready,
        service.ready_to_picked_up,
    )
    minutes = sum(max(service.minimum_min, step.mean_min + SD_MAX * step.sd_min) for step in steps)
    return int(minutes * S_PER_MIN) + 1
