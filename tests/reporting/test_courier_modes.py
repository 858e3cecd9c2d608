"""The map knows how each order of a universe was carried."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen import universe
from fastgen.reporting.courier_modes import MODES, find_modes
from fastgen.reporting.map_section import make_map_section
from fastgen.reporting.survey import survey_dataset
from tests.reporting.map_reader import Place, unpack
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.survey import Survey


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of a universe: at sf couriers move in all ways, at chicago by bicycle."""
    folder = tmp_path_factory.mktemp("modes")
    couriers = {"number": 6, "modes": {"foot": 1, "bicycle": 1, "car": 1}}
    templates, roads = write_universe(folder, sf={"couriers": couriers})
    universe.run(templates, folder / "dataset", days=2, roads=roads, stop_at="1 02:30")
    return folder / "dataset"


@pytest.fixture(scope="module")
def survey(mixed: Path) -> Survey:
    return survey_dataset(mixed)


def test_each_order_is_carried_as_its_courier_moves(mixed: Path, survey: Survey) -> None:
    trips, modes = survey.tally.trips, find_modes(survey)
    codes = survey.tally.axes.codes
    found = Counter(
        zip(
            (codes[row] for row in trips.location.tolist()),
            trips.day.tolist(),
            (MODES[mode] for mode in modes.tolist()),
            strict=True,
        )
    )
    tables = mixed / "universe" / "tables"
    orders = pl.read_parquet(tables / "orders", hive_schema={"site": pl.String})
    persons = pl.read_parquet(tables / "persons", hive_schema={"site": pl.String})
    couriers = persons.filter(pl.col("role") == "courier").select("site", "mode", courier="number")
    # Who was assigned and hasn't left is on no way.
    carried = pl.when(pl.col("picked_up").is_not_null()).then(pl.col("mode")).fill_null("")
    rows = orders.join(couriers, ["site", "courier"], "left").select("site", "day", carried).rows()
    assert found == Counter(rows)
    assert {mode for _, _, mode in found} == set(MODES)
    assert {mode for code, _, mode in found if code == "chicago"} <= {"", "bicycle"}


def test_the_map_has_them(survey: Survey) -> None:
    section = make_map_section(survey)
    assert section.modes == MODES[1:]
    modes = find_modes(survey)
    for row, one in enumerate(section.data["locations"]):
        shown = [section.data["modes"][mode] for mode in unpack(one["mode"])]
        assert Counter(shown) == Counter(MODES[m] for m in modes[survey.tally.trips.location == row].tolist())
        # Who is faster has less time for the same way.
        place = Place(one)
        speed: dict[str, list[float]] = {}
        for trip, mode in zip(place.trips, shown, strict=True):
            if mode and trip.ended > trip.picked_up and not trip.is_cancelled:
                way = place.length(trip.point)
                speed.setdefault(mode, []).append(way / (trip.ended - trip.picked_up))
        means = [sum(speed[mode]) / len(speed[mode]) for mode in MODES if mode in speed]
        assert means == sorted(means)


def test_other_datasets_have_none(dataset: Path) -> None:
    survey = survey_dataset(dataset)
    assert not find_modes(survey).any()
    assert make_map_section(survey, dataset.parent / "roads").modes == ()
