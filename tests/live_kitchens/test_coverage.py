"""A kitchen whose customers live beyond its roads is told so, by every command that makes or checks it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError
from fastgen.inputs.render import render_scenario
from fastgen.live_kitchens.examples import EXAMPLES, read_example
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.scenario import as_scenario
from fastgen.roads.offline import read_builtin
from tests.live_kitchens.runs import NOON, config_of, rows, run

if TYPE_CHECKING:
    from pathlib import Path


def said_by(*command: str, cwd: Path) -> str:
    """Run a command, and return what it says on stderr."""
    process = [sys.executable, "-m", "fastgen", *command]
    return subprocess.run(process, cwd=cwd, capture_output=True, text=True, check=True).stderr


WARNING = "covers 25 % of the delivery square (8 miles to each side)"


@pytest.mark.parametrize("how", [("--check",), ("--to", "out", "--dry-run")])
def test_commands_of_live_warn(how: tuple[str, ...], tmp_path: Path) -> None:
    config = {**json.loads(read_example("sanfrancisco")), "radius_mi": 8}
    (tmp_path / "wide.json").write_text(json.dumps(config))
    said = said_by("live", "--config", "wide.json", *how, cwd=tmp_path)
    assert said.count(WARNING) == 1
    assert "--as-scenario > sf.toml" in said


def test_a_users_network_is_judged_too(tmp_path: Path) -> None:
    config = {**json.loads(read_example("sanfrancisco")), "radius_mi": 8}
    (tmp_path / "wide.json").write_text(json.dumps(config))
    (tmp_path / "roads").mkdir()
    (tmp_path / "roads" / "sf.roads").write_bytes(read_builtin("sf"))
    said = said_by("live", "--config", "wide.json", "--roads", "roads", "--check", cwd=tmp_path)
    assert said.count("location sf: roads/sf.roads covers 2") == 1


def test_a_name_of_a_built_in_network_elsewhere_needs_roads_of_its_own(tmp_path: Path) -> None:
    """Chicago's roads are of no use in Berlin; a file of that name is."""
    berlin = config_of("chicago", gk_location="52.52, 13.405", timezone="Europe/Berlin", radius_mi=1)
    with pytest.raises(DataError) as refused:
        run(berlin, tmp_path / "out")
    assert "location chicago: expected a road network" in str(refused.value)
    assert "too far from the kitchen: the built-in chicago" in str(refused.value)
    assert "--as-scenario > chicago.toml" in str(refused.value)
    place = find_place(berlin)
    scenario = as_scenario(berlin, place, NOON.date())
    (tmp_path / "chicago.toml").write_text(render_scenario(scenario))
    options = ("--location", "chicago", "--scenario", "chicago.toml", "-o", "roads")
    said_by("roads", "invent", *options, cwd=tmp_path)
    said = list[str]()
    run(berlin, tmp_path / "out", roads=tmp_path / "roads", announce=said.append)
    assert rows(tmp_path / "out")
    assert not [line for line in said if "covers" in line]


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_need_no_warning(name: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(read_example(name))
    assert said_by("live", "--config", "config.json", "--check", cwd=tmp_path) == ""


def test_a_plan_of_a_wide_scenario_warns(tmp_path: Path) -> None:
    (tmp_path / "wide.toml").write_text("[delivery]\nradius_mi = 8\n")
    said = said_by("plan", "--scenario", "wide.toml", "--locations", "sf", cwd=tmp_path)
    assert said.count(WARNING) == 1
    assert "--location sf --scenario wide.toml -o my_roads" in said
