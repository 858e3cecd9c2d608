"""Two datasets side by side: changes are found, chance is called chance, and no manifest is needed."""

from __future__ import annotations

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
    assert rows["started_to_finished"].verdict.startswith("described alone")
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


def test_samples_of_one_distribution_have_their_level() -> None:
    rng, shares = np.random.default_rng(1), np.arange(1.0, 31.0) / 465
    p = [compare_samples(rng.multinomial(900, shares), rng.multinomial(300, shares)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(p) < 0.05) < 0.09
    days = [compare_days(rng.normal(9, 2, 20), rng.normal(9, 2, 20)).p for _ in range(400)]
    assert 0.02 < np.mean(np.array(days) < 0.05) < 0.09
