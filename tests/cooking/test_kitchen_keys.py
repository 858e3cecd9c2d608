"""Tables of kitchens: what file and option say, which hash follows, and that every key has an effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.errors import ScenarioError
from fastgen.inputs.scenario_file import load_scenario
from fastgen.model.fields import field_specs
from fastgen.model.scenario import scenario_from_dict
from fastgen.model.station_kitchens import StationKitchens
from tests.cooking.kitchens import BELLEVUE, BUSY, SF, fill_day, simulate
from tests.small_town import write_towns

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.model.scenario import Scenario

CANONICAL = load_scenario(None)
# Another value for each key that changes orders.
OTHER: dict[str, Any] = {
    "kitchens": 1,
    "workstations": 3,
    "stoves": 1,
    "ovens": 2,
    "couriers": 3,
    "lead_min": 0,
    "dispatch": '"oldest"',
    "packing_min": 9,
    "disturbances": '[{ kind = "fewer_couriers", number = 3, name = "flu", from = "0 04:00" }]',
}
# They choose the model, or say what is accepted.
NO_EFFECT = {"model", "longest_min", "accept_overload"}


def load(folder: Path, text: str, **overrides: object) -> Scenario:
    (folder / "mine.toml").write_text(text, encoding="utf-8")
    return load_scenario(folder / "mine.toml", overrides=overrides)


def test_every_key_is_tried() -> None:
    assert OTHER.keys() | NO_EFFECT == field_specs(StationKitchens).keys()


@pytest.mark.parametrize("key", OTHER)
def test_a_key_changes_the_times(tmp_path: Path, key: str) -> None:
    roads = write_towns(tmp_path / "towns")
    usual = simulate(tmp_path, roads=roads, days=2, locations=["sf", "bellevue"], scale=0.7)
    own = f"\n[locations.sf.kitchen]\n{key} = {OTHER[key]}\n"
    changed = simulate(tmp_path, BUSY + own, roads=roads, days=2, locations=["sf", "bellevue"], scale=0.7)
    before, after = (fill_day(one, SF, 1).times_us for one in (usual, changed))
    np.testing.assert_array_equal(before[:, 0], after[:, 0])
    assert (before != after).any()
    before, after = (fill_day(one, BELLEVUE, 1).times_us for one in (usual, changed))
    np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ("", {}),
        ("", {"kitchen": "statistical"}),
        ('kitchen = "statistical"', {}),
        ("[kitchen]\nstoves = 9", {}),
        ('[kitchen]\nmodel = "stations"', {"kitchen": "statistical"}),
        ("[locations.sf.kitchen]\nstoves = 9", {}),
    ],
)
def test_without_stations_it_is_the_scenario_as_ever(
    tmp_path: Path, text: str, overrides: dict[str, object]
) -> None:
    assert load(tmp_path, text, **overrides) == CANONICAL
    assert "kitchen" not in CANONICAL.to_dict()


@pytest.mark.parametrize(
    ("text", "overrides"),
    [
        ('[kitchen]\nmodel = "stations"\n', {}),
        ("", {"kitchen": "stations"}),
        ('kitchen = "stations"', {}),
        ('[kitchen]\nmodel = "statistical"\n', {"kitchen": "stations"}),
    ],
)
def test_the_option_outweighs_the_file(tmp_path: Path, text: str, overrides: dict[str, object]) -> None:
    scenario = load(tmp_path, text, **overrides)
    assert scenario.kitchen == StationKitchens("stations")
    assert scenario.content_hash() != CANONICAL.content_hash()
    assert scenario_from_dict(scenario.to_dict()) == scenario


def test_a_location_takes_the_rest_of_its_table_from_the_scenario(tmp_path: Path) -> None:
    text = "[kitchen]\nstoves = 7\n[locations.sf.kitchen]\novens = 9\n"
    scenario = load(tmp_path, text, kitchen="stations")
    sf, sv, *_ = scenario.locations
    assert scenario.kitchens_of(sf) == StationKitchens("stations", stoves=7, ovens=9)
    assert scenario.kitchens_of(sv) == StationKitchens("stations", stoves=7)


def test_another_model_is_refused() -> None:
    with pytest.raises(
        ScenarioError, match=r"^--kitchen: expected .statistical. or .stations., got .bells.\.$"
    ):
        load_scenario(None, overrides={"kitchen": "bells"})
