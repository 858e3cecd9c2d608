"""Two datasets side by side: changes are found, chance is called chance, and no manifest is needed."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner

from fastgen.cli import cli
from fastgen.errors import DamageError, DataError
from fastgen.reporting.bare_events import read_bare_events
from fastgen.reporting.compare import compare
from fastgen.reporting.measures import Measure
from fastgen.reporting.pair_engine import make_engine_figures
from fastgen.reporting.pair_figures import make_pair_figures
from fastgen.reporting.survey import survey_dataset
from fastgen.reporting.two_samples import compare_days, compare_samples
from tests.helpers import build_small, copy_of, first_part

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.compare import Comparison
    from fastgen.reporting.survey import Survey

LONGER = "service_times = { started_to_finished = { mean_min = 11 } }\n"
BROKEN = (
    "kitchen = {{ model = 'stations' }}\n[locations.sf.kitchen]\nkitchens = 1\nworkstations = 3\nstoves = 3\n"
    "ovens = 2\ncouriers = 12\naccept_overload = true\ndisturbances = [{}]\n"
)
OUTAGE = (
    '{ kind = "station_outage", name = "oven", from = "0 11:00", to = "9 23:00", share = 0.5, '
    'station_type = "KITCHEN_STATION_OVEN" }'
)


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("usual"), days=28)


def differing(comparison: Comparison) -> set[str]:
    return {row.name for row in comparison.differs}


def facts(comparison: Comparison) -> set[str]:
    return {one.name for one in comparison.facts}


def test_other_seeds_differ_by_chance_alone(usual: Path, tmp_path: Path) -> None:
    comparison = compare(usual, build_small(tmp_path, days=28, seed=7))
    assert differing(comparison) == set()
    assert facts(comparison) >= {"seed", "digest", "orders"}
    assert [one.name for one in comparison.settings] == ["seed"]
    assert "more than chance" in comparison.verdict
    json.dumps(comparison.to_dict(), allow_nan=False)


def test_a_changed_setting_is_found_and_named(usual: Path, tmp_path: Path) -> None:
    """Of the same seed, so that all else is the same."""
    (tmp_path / "it.toml").write_text(LONGER)
    comparison = compare(usual, build_small(tmp_path, days=28, scenario=tmp_path / "it.toml"))
    assert differing(comparison) == {
        *("preparation_by_day", "delivery_by_day", "started_to_finished", "created_to_delivered"),
    }
    setting = comparison.settings[0]
    assert setting == ("service_times.started_to_finished.mean_min", 10.0, 11.0)
    verdicts = {row.name: row.verdict for row in comparison.rows}
    assert verdicts["by_minute"] == verdicts["customers"] == "the same"
    wait = next(row for row in comparison.rows if row.name == "preparation_by_day")
    assert wait.effect == pytest.approx(21 / 20, abs=0.01)


def test_a_dataset_is_the_same_as_itself(usual: Path, tmp_path: Path) -> None:
    comparison = compare(usual, copy_of(usual, tmp_path))
    assert comparison.verdict == "The datasets are the same."
    assert {row.verdict for row in comparison.rows if row.p is not None} == {"the same"}


def test_events_without_a_manifest_are_counted_as_with_it(survey: Survey, tmp_path: Path) -> None:
    copy = copy_of(survey.folder, tmp_path)
    (copy / "manifest.json").unlink()
    bare, mine = read_bare_events(copy), survey.tally
    assert bare.axes.location_ids == mine.axes.location_ids
    brands = np.searchsorted(mine.axes.brand_ids, bare.axes.brand_ids)
    for name, counts in bare.counts().items():
        if name == "by_brand":
            assert np.array_equal(counts[:, :, 0], mine.by_brand[:, brands].sum(axis=2))
        elif name != "by_hour":
            assert np.array_equal(counts, mine.counts()[name]), name
    assert np.array_equal(bare.by_hour[..., 0], mine.by_hour[..., 0])
    for here, there in zip(bare.customers, mine.customers, strict=True):
        assert np.array_equal(here.key, there.key)
        assert np.array_equal(here.orders, there.orders)
    assert np.sort(bare.trips.ended_s).tolist() == np.sort(mine.trips.ended_s).tolist()


@pytest.mark.parametrize("form", ["folder", "file"])
def test_an_older_tools_events_are_compared(form: str, usual: Path, tmp_path: Path) -> None:
    pattern = str(usual / "events.parquet" / "**" / "*.parquet")
    old = tmp_path / "events.parquet"
    pl.read_parquet(pattern, hive_partitioning=True).write_parquet(old)
    comparison = compare(usual, tmp_path if form == "folder" else old)
    assert differing(comparison) == set()
    assert facts(comparison) >= {"manifest", "seed"}
    assert comparison.settings == ()


def test_a_broken_oven_is_seen_by_days(tmp_path: Path) -> None:
    """Orders of a kitchen wait in the same queues, so days are compared, not orders."""
    built = []
    for name, text in (("usual", BROKEN.format("")), ("broken", BROKEN.format(OUTAGE))):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "it.toml").write_text(text)
        built.append(
            build_small(
                folder,
                locations=("sf",),
                days=10,
                scale=0.6,
                scenario=folder / "it.toml",
            )
        )
    comparison = compare(built[0], built[1])
    assert "preparation_by_day" in differing(comparison)
    rows = {row.name: row for row in comparison.rows}
    assert rows["started_to_finished"].verdict.startswith("not judged")
    assert rows["by_minute"].verdict == "the same"
    assert rows["preparation_by_day"].effect is not None
    assert rows["preparation_by_day"].effect > 1


@pytest.mark.parametrize("as_json", [False, True])
def test_the_command_prints_what_differs(as_json: bool, usual: Path, tmp_path: Path) -> None:  # noqa: FBT001
    other = copy_of(usual, tmp_path)
    (other / "manifest.json").unlink()
    result = CliRunner().invoke(cli, ["report", "--compare", str(usual), str(other), *["--json"] * as_json])
    assert result.exit_code == 0, result.output
    if as_json:
        document = json.loads(result.stdout)
        assert (document["first"], document["second"]) == (str(usual), str(other))
        assert document["differs"] is False
    else:
        assert result.stdout.splitlines()[-1] == (
            f"{usual}, {other}: Nothing of 20 comparisons differs by more than chance."
        )


def test_what_is_no_dataset_is_refused(usual: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError):
        compare(usual, tmp_path / "none")
    pl.DataFrame({"order_id": ["A"], "ts_seconds": [1]}).write_parquet(tmp_path / "events.parquet")
    with pytest.raises(DataError, match="location_id"):
        compare(usual, tmp_path)
    copy = copy_of(usual, tmp_path)
    first_part(copy).write_bytes(b"PAR1")
    with pytest.raises(DamageError):
        compare(usual, copy)


@pytest.fixture(scope="module")
def apart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Dataset of other cities, days and a longer time, of which San Francisco is in the usual one too."""
    folder = tmp_path_factory.mktemp("apart")
    return build_small(
        folder, locations=("bellevue", "sf"), days=20, seed=3, start=dt.date(2024, 3, 7), scale=0.2
    )


def test_what_only_one_has_is_said_and_left_out(usual: Path, apart: Path) -> None:
    comparison = compare(usual, apart)
    pair = comparison.pair
    assert pair.codes == ["sf"]
    assert comparison.notes[0] == "Only A has the location chicago."
    assert "Only B has the location bellevue." in comparison.notes
    assert any(one.startswith("Only A has orders of the brands ") for one in comparison.notes)
    # 2024-03-07 is a Thursday: 2024-03-11 is put beside the Monday on which the usual one begins.
    assert (pair.later, pair.n_days) == (4, 16)
    assert "A has 28 days: 16 of them are compared by day." in comparison.notes
    assert comparison.notes[-1].startswith("2024-03-11, the first day of B that is compared")
    orders = next(row for row in comparison.rows if row.name == "orders_by_day")
    of_both = [
        survey_dataset(folder).tally.orders[row, days].mean()
        for folder, row, days in ((usual, 0, slice(0, 16)), (apart, 0, slice(4, 20)))
    ]
    assert [orders.measure.first, orders.measure.second] == pytest.approx(of_both)
    assert json.loads(json.dumps(comparison.to_dict()))["notes"] == list(comparison.notes)


def test_what_shares_no_location_is_not_called_alike(apart: Path, tmp_path: Path) -> None:
    comparison = compare(apart, build_small(tmp_path, locations=("chicago",), days=7))
    assert comparison.n_judged == 0
    assert comparison.verdict.startswith("Nothing can be judged")
    assert "Nothing can be judged" in comparison.page()


def test_locations_and_brands_of_a_universe_are_found_by_name(usual: Path, run_universe: Path) -> None:
    """Its ids are its own: location 1 may be another city there."""
    comparison = compare(usual, run_universe)
    assert comparison.pair.codes == ["sf", "chicago"]
    assert any("Only B has orders of the brands soups, toasts" in one for one in comparison.notes)
    # It has run for three days, and its customers order again and again.
    assert comparison.n_judged == 0
    assert comparison.verdict.startswith("Nothing can be judged")


def test_figures_of_two_have_the_numbers_of_each(usual: Path, apart: Path) -> None:
    pair = compare(usual, apart).pair
    figures = make_pair_figures(pair)
    for name, folder, row in (("A", usual, 0), ("B", apart, 0)):
        tally = survey_dataset(folder).tally
        days = figures["orders_by_day"].table.filter(dataset=name)
        assert days["orders"].to_list() == tally.orders[row].tolist()
        assert days["own_date"][0] == tally.axes.start
        total = int(tally.orders[row].sum())
        for key in ("intraday", "delivery_times", "drives", "driver_waiting", "prices", "distances"):
            table = figures[key].table.filter(dataset=name)
            assert table["orders"].sum() == total, key
            assert table["share"].sum() == pytest.approx(1), key
        lines = figures["basket_lines"].table.filter(dataset=name)
        assert (lines["lines"] * lines["orders"]).sum() == tally.by_brand[row, :, :, 2].sum()
        brands = figures["brand_shares"].table.filter(pl.col("orders") > 0, dataset=name)
        assert brands["orders"].sum() == total
        mondays = figures["weekdays"].table.filter(dataset=name, weekday="Monday")
        assert mondays["orders"].item() == pytest.approx(tally.orders[row, tally.axes.weekday == 0].mean())
        hours = figures["hours"].table.filter(dataset=name)
        means = tally.by_hour[row, :, :, 0] / np.bincount(tally.axes.weekday)[:, None]
        assert hours["orders"].to_numpy() == pytest.approx(means.ravel())
    dates = figures["orders_by_day"].table.filter(dataset="B")["date"]
    assert dates[0] == dt.date(2023, 12, 28)


def test_many_locations_are_added_in_tables(usual: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pair = compare(usual, usual).pair
    whole = make_pair_figures(pair)["orders_by_day"].table
    monkeypatch.setattr("fastgen.reporting.pairing.ROWS_MAX", 10)
    added = make_pair_figures(pair)["orders_by_day"].table
    assert added["location"].unique().to_list() == ["all together"]
    assert added["orders"].sum() == whole["orders"].sum()


def test_queues_of_one_universe_are_beside_nothing(usual: Path, run_universe: Path) -> None:
    """And those of two are both there, with what disturbs each."""
    alone = make_engine_figures(compare(usual, run_universe).pair)
    assert alone["queue_length"].table["dataset"].unique().to_list() == ["B"]
    assert alone["queue_length"].sentence.endswith("A has no engine that measures this.")
    both = make_engine_figures(compare(run_universe, run_universe).pair)
    assert set(both["utilisation"].table["dataset"]) == {"A", "B"}
    assert both["disturbances"].table["dataset"].unique().to_list() == ["A and B"]
    assert make_engine_figures(compare(usual, usual).pair) == {}
    minutes = both["time_in_system"].table.filter(dataset="A", part="ride, mean")["minutes"]
    engine = survey_dataset(run_universe).engine
    assert engine is not None
    assert minutes.to_list() == pytest.approx((engine.sites["ride_s"] / 60).to_list(), nan_ok=True)


def test_changes_are_told_in_the_units_of_what_changes() -> None:
    told = {
        Measure("x", "", 100.0, 105.0): ("100.0", "105.0", "+5.0%"),
        Measure("x", "count", 0, 8): ("0", "8", "+8"),
        Measure("x", "$", 41.0, 41.0): ("$41.00", "$41.00", "no change"),
        Measure("x", "share", 0.21, 0.18): ("21.0%", "18.0%", "-3.0 points"),
        Measure("x", "clock", 1062, 1070): ("17:42", "17:50", "+8 min"),
        Measure("x", "min", -2.0, -2.5): ("-2.00 min", "-2.50 min", "-0.50 min"),
        Measure("x", "km", 2.0, None): ("2.00 km", "none", ""),
    }
    for measure, (first, second, change) in told.items():
        assert (*measure.values, measure.change) == (first, second, change)


def test_samples_of_one_distribution_have_their_level() -> None:
    rng, shares = np.random.default_rng(1), np.arange(1.0, 31.0) / 465
    p = [compare_samples(rng.multinomial(900, shares), rng.multinomial(300, shares)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    days = [compare_days(rng.normal(9, 2, 20), rng.normal(9, 2, 20)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(days) < 0.05) < 0.09
