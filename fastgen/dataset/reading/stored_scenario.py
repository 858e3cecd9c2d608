"""Make the scenario that a manifest has as a dictionary."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.errors import DamageError, ScenarioError
from fastgen.model.scenario import Scenario, scenario_from_dict

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest


def parse_scenario(manifest: Manifest, name: str, dataset: Path | None = None) -> Scenario:
    """Make the scenario of a manifest.

    Parameters
    ----------
    manifest
        The manifest.
    name
        What errors call it.
    dataset
        Folder for the hint of an error; None: no hint.

    Raises
    ------
    DamageError
        If it is no scenario, or doesn't have the locations of the manifest's networks.
    """
    try:
        scenario = scenario_from_dict(manifest.scenario)
    except ScenarioError as error:
        what = f"{name}: expected a whole manifest, got a damaged one (scenario.{error})."
        raise DamageError(what, dataset) from None
    # Later code looks locations up by the ids of the networks.
    codes = {location.location_id: location.code for location in scenario.locations}
    for network in manifest.networks:
        if codes.get(network.location_id) != network.code:
            what = (
                f"{name}: expected networks of the scenario's locations, got location_id "
                f"{network.location_id!r}, code {network.code!r}."
            )
            raise DamageError(what, dataset)
    return scenario
