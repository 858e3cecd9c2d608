"""Check beforehand that the kitchens of a simulation can make what is ordered there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fastgen.cooking.load import Load
    from fastgen.generating.simulation import Simulation


def measure_kitchen_loads(simulation: Simulation) -> list[Load]:
    """Compute how busy the kitchens of the locations built will be; empty where they have no stations."""
    if simulation.scenario.kitchen is None:
        return []
    # Only for scenarios with such kitchens: others needn't load the engine.
    from fastgen.cooking.load import measure_loads  # noqa: PLC0415
    from fastgen.cooking.source import StationsSource  # noqa: PLC0415

    source = simulation.source
    if not isinstance(source, StationsSource):
        return []
    return [one for key, table in simulation.tables.items() for one in measure_loads(source, key, table)]


def check_kitchen_loads(simulation: Simulation) -> list[str]:
    """Check the loads, and write a line for each that is high.

    Raises
    ------
    ScenarioError
        If stations or couriers have more to do than they can, and their kitchens don't accept it; or if
        disturbances leave orders waiting that nobody can make.
    """
    loads = measure_kitchen_loads(simulation)
    if not loads:
        return []
    from fastgen.cooking.load import check_loads  # noqa: PLC0415

    disturbed = _check_disturbed(simulation)
    scenario = simulation.scenario
    kitchens = {place.code: scenario.kitchens_of(place) for place in scenario.locations}
    accepting = {code for code, one in kitchens.items() if one is not None and one.accept_overload}
    return [
        *check_loads([one for one in loads if one.code not in accepting], accepted=False),
        *check_loads([one for one in loads if one.code in accepting], accepted=True),
        *disturbed,
    ]


def _check_disturbed(simulation: Simulation) -> list[str]:
    """Refuse disturbances that leave work undone, and write a line for each load above 1 that they cause."""
    from fastgen.cooking.disturbed_load import check_possible, measure_disturbed_loads  # noqa: PLC0415
    from fastgen.cooking.source import StationsSource  # noqa: PLC0415

    source, lines = simulation.source, list[str]()
    if not isinstance(source, StationsSource):
        return lines
    for key, table in simulation.tables.items():
        check_possible(source, key)
        lines += [one.describe() for one in measure_disturbed_loads(source, key, table)]
    return lines
