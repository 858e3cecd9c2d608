"""Say how a dataset was made: the command that makes it again, and what it was made from."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.inputs.location_tables import make_dimensions
from fastgen.inputs.menus import load_built_in_menus
from fastgen.inputs.render import render_scenario
from fastgen.inputs.scenario_file import load_scenario

if TYPE_CHECKING:
    from fastgen.dataset.manifest import Manifest
    from fastgen.model.scenario import Scenario
    from fastgen.reporting.survey import Survey

# Which a build has where nothing else is said.
USUAL_FORM = {"layout": "hive", "partition_by": "location_id", "compression": "zstd"}


@dataclass(frozen=True)
class Origin:
    """How a dataset was made.

    Attributes
    ----------
    command
        A command that makes it again.
    needs
        What the command needs besides fastgen; empty: nothing.
    scenario
        The scenario as a TOML file.
    facts
        What identifies it: name and value.
    """

    command: str
    needs: tuple[str, ...]
    scenario: str
    facts: tuple[tuple[str, str], ...]


def describe_origin(survey: Survey) -> Origin:
    """Say how a dataset was made."""
    manifest, scenario = survey.manifest, survey.scenario
    command, needs = _tell_command(manifest, scenario)
    facts = {
        "scenario": scenario.name,
        "seed": str(scenario.seed),
        "days": f"{scenario.days}, from {scenario.start}",
        "scale": f"{scenario.scale:g}",
        "clock": "the kitchens' own clocks" if scenario.clock == "kitchen" else "UTC",
        "source of the orders": "statistical model" if manifest.source is None else manifest.source.name,
        "fastgen": manifest.fastgen_version,
        "versions": f"random streams {manifest.stream_version}, digest {manifest.digest_version}",
        "digest": manifest.digest,
        "scenario hash": manifest.scenario_hash,
        "tables hash": manifest.dimensions_hash,
        "build id": manifest.build_id,
    }
    facts |= {
        f"roads of {network.code}": f"{network.source}; {network.licence}" for network in manifest.networks
    }
    return Origin(command, tuple(needs), render_scenario(scenario), tuple(facts.items()))


def _tell_universe(manifest: Manifest, source: str, scenario: Scenario) -> tuple[str, list[str]]:
    command = ["fastgen", "universe", "run", "TEMPLATES", "--days", str(scenario.days)]
    command += ["--seed", str(scenario.seed), "--start", str(scenario.start)]
    needs = ["TEMPLATES is the folder of the universe's templates; with a load over 1 they need --force."]
    stopped = source.partition(" until ")[2]
    if stopped:
        command += ["--stop-at", stopped]
        needs.append("The run was stopped: --days may have been more.")
    _add_roads(manifest, command, needs)
    return f"{shlex.join(command)} -o dataset", needs


def _add_roads(manifest: Manifest, command: list[str], needs: list[str]) -> None:
    if not all(network.source.startswith("fastgen built-in") for network in manifest.networks):
        command += ["--roads", "ROADS"]
        needs.append("ROADS is the folder of the road networks that are named below.")


def _has_built_in_tables(manifest: Manifest, scenario: Scenario) -> bool:
    try:
        return make_dimensions(scenario, load_built_in_menus()).content_hash() == manifest.dimensions_hash
    except ScenarioError:  # it places brands that only other tables have
        return False


def _tell_command(manifest: Manifest, scenario: Scenario) -> tuple[str, list[str]]:
    """Make the command, and list what it needs."""
    source = None if manifest.source is None else manifest.source.name
    if source is not None and source.startswith("universe"):
        return _tell_universe(manifest, source, scenario)
    if source is not None and scenario.kitchen is None:
        return "", ["These orders were adopted from elsewhere: no command makes them again."]
    command, needs = ["fastgen", "build"], []
    # A whole number without its ".0".
    scale = int(scenario.scale) if scenario.scale == int(scenario.scale) else scenario.scale
    knobs = {"days": scenario.days, "seed": scenario.seed, "scale": scale, "start": scenario.start}
    if scenario != load_scenario(None, overrides=knobs):
        command += ["--scenario", "scenario.toml"]
        needs.append("scenario.toml is the scenario below.")
    for name, value in knobs.items():
        command += [f"--{name}", str(value)]
    codes = [network.code for network in manifest.networks]
    if len(codes) < len(scenario.locations):
        command += ["--locations", ",".join(codes)]
    if not _has_built_in_tables(manifest, scenario):
        command += ["--dimensions", "TABLES"]
        needs.append("TABLES is the folder of this dataset's tables, without its events.")
    _add_roads(manifest, command, needs)
    for name, usual in USUAL_FORM.items():
        if (form := str(getattr(manifest, name))) != usual:
            command += [f"--{name.replace('_', '-')}", form]
    if manifest.writer is not None:
        command += ["--writer", manifest.writer]
    return f"{shlex.join(command)} -o dataset", needs
