"""`fastgen roads invent` writes one whole network of any place, and says that it is synthetic."""

from __future__ import annotations

import json
import re
import shlex
from typing import TYPE_CHECKING

import pytest

from fastgen import universe
from fastgen.errors import DataError, ScenarioError
from tests.cli.roads_commands import run, usage_error
from tests.inputs.town_tables import changed, write_town
from tests.roads.town import RADIUS_MI

if TYPE_CHECKING:
    from pathlib import Path


def test_invent_writes_a_synthetic_network_of_a_users_location(tmp_path: Path) -> None:
    directory = write_town(tmp_path, changed("locations", "location_code", 0, "new york"))
    (tmp_path / "radius.toml").write_text(f"[delivery]\nradius_mi = {RADIUS_MI}\n")
    options = ("--scenario", tmp_path / "radius.toml", "--dimensions", directory, "-o", tmp_path / "roads")
    said = run(
        "invent", "--location", "new york", "--style", "grid", "--water", "east", "--seed", 3, *options
    )
    path = tmp_path / "roads" / "new york.roads"
    assert said.startswith(f"{path}: ")
    assert "fastgen synthetic network, style grid, water east, seed 3 (invented streets" in said
    assert json.loads(run("show", path, "--json"))["synthetic"] is True
    before = path.read_bytes()
    run("invent", "--location", "new york", "--style", "grid", "--water", "east", "--seed", 3, *options)
    assert path.read_bytes() == before


def test_an_invented_city_says_where_it_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fastgen.roads.synthetic.invention.MOST_MI", 0.5)
    (tmp_path / "wide.toml").write_text("[delivery]\nradius_mi = 50\n")
    said = run("invent", "--location", "sf", "--scenario", tmp_path / "wide.toml", "-o", tmp_path)
    assert "The city ends 0.5 miles from the kitchen, though delivery.radius_mi is 50.\n" in said


def test_the_command_of_an_error_makes_the_network_of_a_universe(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Copied as it is, once for each site, it lets the preset of London and Amsterdam run."""
    monkeypatch.chdir(tmp_path)
    universe.init("europe", "european")
    with pytest.raises(DataError) as error:
        universe.run("europe", "dataset", days=1)
    (command,) = re.findall(r"'fastgen roads (invent [^']*)'", str(error.value))
    for site in ("amsterdam", "london"):
        run(*shlex.split(command.replace("amsterdam", site)))
    assert universe.run("europe", "dataset", days=1, roads="my_roads").manifest.orders > 400


def test_a_site_of_a_universe_is_named_and_alone(tmp_path: Path) -> None:
    universe.init(tmp_path / "europe", "european")
    options = ("--universe", tmp_path / "europe", "-o", tmp_path / "roads")
    with pytest.raises(ScenarioError, match=r"--location: expected one of amsterdam, london, got 'sf'\."):
        run("invent", "--location", "sf", *options)
    said = usage_error("invent", "--location", "london", *options, "--dimensions", tmp_path)
    assert "--universe: expected no --scenario or --dimensions beside it." in said
    assert not (tmp_path / "roads").exists()


@pytest.mark.parametrize(
    ("option", "value"), [("--style", "town"), ("--water", "up"), ("--seed", "-1"), ("--seed", "one")]
)
def test_invent_names_a_wrong_option_and_writes_nothing(option: str, value: str, tmp_path: Path) -> None:
    said = usage_error("invent", "--location", "sf", option, value, "-o", tmp_path / "roads")
    assert f"Invalid value for '{option}'" in said
    assert value in said
    assert not (tmp_path / "roads").exists()


@pytest.mark.parametrize("seed", ["1_0", "-1", "1e3", "٣", " 7", str(2**64)])
def test_invent_takes_whole_numbers_as_seeds(seed: str, tmp_path: Path) -> None:
    command = ("invent", "--location", "sf", "-o", tmp_path / "roads")
    assert "--seed" in usage_error(*command, "--seed", seed)
    assert not (tmp_path / "roads").exists()
