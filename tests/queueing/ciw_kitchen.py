"""One kitchen on Ciw's event loop: a node for each type of station, a customer for each line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ciw
import numpy as np

if TYPE_CHECKING:
    from fastgen.queueing.site import Demand


class Durations(ciw.dists.Distribution):  # type: ignore[misc]
    """Durations drawn before: those of the line's steps, one after the other."""

    def __init__(self, demand: Demand) -> None:
        self.demand = demand

    def sample(self, t: float | None = None, ind: Any = None) -> float:  # noqa: ARG002  # Ciw's
        # Ciw numbers those who arrive from 1, and keeps a record of each step that they have ended.
        step = self.demand.step_start[ind.id_number - 1] + len(ind.data_records)
        return float(self.demand.duration_us[step])


def run_ciw(demand: Demand, stations: list[int]) -> list[int]:
    """Run a kitchen whose orders have one line each and come at different times; return each step's start."""

    def route(individual: Any, _: Any) -> list[int]:
        first, end = demand.step_start[individual.id_number - 1 : individual.id_number + 1]
        return [int(kind) + 1 for kind in demand.step_type[first + 1 : end]]

    arrivals = []
    for kind in range(len(stations)):
        times = demand.created_us[demand.step_type[demand.step_start[:-1]] == kind]
        # A wait without end follows the last arrival.
        arrivals.append(ciw.dists.Sequential([*np.diff(times, prepend=0).astype(float), float("inf")]))
    network = ciw.create_network(
        arrival_distributions=arrivals,
        service_distributions=[Durations(demand) for _ in stations],
        number_of_servers=stations,
        routing=ciw.routing.ProcessBased(route),
    )
    simulation = ciw.Simulation(network)
    simulation.simulate_until_max_time(2.0 * demand.created_us[-1])
    records = sorted(simulation.get_all_records(), key=lambda one: (one.id_number, one.service_start_date))
    return [int(one.service_start_date) for one in records]
