"""Two template folders are compared by the same customers, and their figures are those of the orders."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.errors import FastgenWarning, ScenarioError
from fastgen.queueing.kernels import records as r
from fastgen.queueing.paired import Verdict
from fastgen.templates.reading import read_universe
from fastgen.units import MIN_PER_DAY, US_PER_MIN
from fastgen.universes.compare import compare
from fastgen.universes.site_plan import plan_sites
from fastgen.universes.site_run import run_days
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.universes.comparison import Comparison

# Of day 0, in comparisons.
START = dt.date(2024, 1, 1)
CHICAGO = {"timezone": "America/Chicago"}
# One of each instead of two, and one courier: orders wait.
KITCHEN = {
    "info": {"name": "kitchen-1"},
    "stations": [
        {"name": kind, "station_type": f"KITCHEN_STATION_{kind.upper()}"}
        for kind in ("workstation", "stove", "oven")
    ],
}
MORE = {
    **KITCHEN,
    "stations": [*KITCHEN["stations"], {"name": "two", "station_type": "KITCHEN_STATION_STOVE"}],
}


class Folders:
    """Two template folders and their roads: sf with one stove, or with two; chicago is the same."""

    def __init__(self, folder: Path) -> None:
        self.one, self.roads = write_universe(folder / "one", sf={"kitchens": [KITCHEN]}, chicago=CHICAGO)
        self.two, _ = write_universe(folder / "two", sf={"kitchens": [MORE]}, chicago=CHICAGO)

    def compare(self, **options: Any) -> Comparison:
        return compare(self.one, self.two, **{"seeds": 4, "days": 3, "roads": self.roads, **options})


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Folders:
    return Folders(tmp_path_factory.mktemp("universes"))


@pytest.fixture(scope="module")
def found(folders: Folders) -> Comparison:
    return folders.compare()


def value(found: Comparison, seed: int, side: str, site: str | None, figure: str) -> float:
    runs = found.runs.filter(seed=seed, side=side, figure=figure)
    (one,) = (row["value"] for row in runs.iter_rows(named=True) if row["site"] == site)
    return float(one)


def test_a_second_stove_makes_food_sooner_and_changes_nothing_else(found: Comparison) -> None:
    verdicts = {(row.site, row.figure.name): row.paired.verdict for row in found.list_differences()}
    assert {site for site, _ in verdicts} == {"chicago", "sf", None}
    assert {verdict for (site, _), verdict in verdicts.items() if site == "chicago"} == {Verdict.EQUAL}
    for figure in ("created_to_ready", "stove_queue_length", "stove_utilisation", "time_in_system"):
        assert verdicts["sf", figure] is Verdict.LOWER
        assert verdicts[None, figure] is Verdict.LOWER
    for figure in ("orders_cancelled", "oven_utilisation"):
        assert verdicts["sf", figure] is Verdict.EQUAL
    # No station of that type is anywhere.
    assert not [figure for _, figure in verdicts if figure.startswith("unspecified")]


def test_a_folder_equals_itself(folders: Folders) -> None:
    found = compare(folders.one, folders.one, seeds=2, days=1, roads=folders.roads)
    assert {row.paired.verdict for row in found.list_differences()} == {Verdict.EQUAL}


def test_figures_are_those_of_the_orders(folders: Folders, found: Comparison) -> None:
    for side, templates in (("a", folders.one), ("b", folders.two)):
        for plan in plan_sites(
            read_universe(templates), 43, dt.date(2024, 1, 1), folders.roads, lambda _: None
        ):
            begins, ends = plan.day_start_us(1), plan.day_start_us(4)
            logs = list(run_days(plan, 4))
            orders = np.concatenate([log.orders for log in logs])
            created, ended = orders[:, r.ORDER_CREATED], orders[:, r.ORDER_ENDED]
            delivered = orders[(begins <= ended) & (ended < ends)]
            minutes = (delivered[:, r.ORDER_ENDED] - delivered[:, r.ORDER_CREATED]) / US_PER_MIN
            steps = np.concatenate([log.steps for log in logs])
            oven = steps[(steps[:, r.STEP_TYPE] == 3) & (begins <= steps[:, r.STEP_STARTED])]
            work_min = oven[oven[:, r.STEP_STARTED] < ends, r.STEP_DURATION].sum() / US_PER_MIN
            n_ovens = plan.capacity.stations[:, 3].sum()
            expected = {
                "orders_created": np.count_nonzero((begins <= created) & (created < ends)) / 3,
                "orders_delivered": len(delivered) / 3,
                "time_in_system": minutes.mean(),
                "time_in_system_p90": np.percentile(minutes, 90, method="inverted_cdf"),
                "oven_utilisation": work_min / (3 * MIN_PER_DAY * n_ovens),
                "orders_per_courier_hour": len(delivered) / (3 * 24 * 3),
            }
            name = plan.site.info.name
            assert {key: value(found, 43, side, name, key) for key in expected} == pytest.approx(expected)


def test_all_sites_together_are_their_orders_together(found: Comparison) -> None:
    for figure in ("orders_created", "orders_delivered", "revenue", "stove_queue_length"):
        parts = [value(found, 42, "a", site, figure) for site in ("sf", "chicago")]
        assert value(found, 42, "a", None, figure) == pytest.approx(sum(parts))
    parts = [value(found, 42, "a", site, "time_in_system") for site in ("sf", "chicago")]
    numbers = [value(found, 42, "a", site, "orders_delivered") for site in ("sf", "chicago")]
    assert value(found, 42, "a", None, "time_in_system") == pytest.approx(np.average(parts, weights=numbers))


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_any_number_of_workers_finds_the_same(folders: Folders, found: Comparison, workers: int) -> None:
    again = folders.compare(workers=workers)
    np.testing.assert_array_equal(again.values, found.values)
    assert again.to_dict() == found.to_dict()


def test_a_site_is_the_same_in_any_company_and_a_seed_in_any_number(
    folders: Folders, found: Comparison, tmp_path: Path
) -> None:
    one, _ = write_universe(tmp_path, sf={"kitchens": [KITCHEN]})
    alone = compare(one, one, seeds=2, seed=44, days=3, roads=folders.roads)
    assert alone.sites == ("sf",)
    np.testing.assert_array_equal(alone.values[:, 0, 0], found.values[2:, 0, 1])


def test_days_are_counted_after_the_warm_up(folders: Folders) -> None:
    """Days 2 and 3 are the last two of days 1 to 3: counts add up."""
    runs = {
        (days, warm_up): folders.compare(seeds=2, days=days, warm_up=warm_up)
        for days, warm_up in ((3, 1), (1, 1), (2, 2))
    }
    for figure in ("orders_created", "orders_delivered"):
        whole, first, rest = (value(found, 42, "b", "sf", figure) for found in runs.values())
        assert 3 * whole == pytest.approx(first + 2 * rest)


def test_json_has_the_stated_keys(found: Comparison) -> None:
    made = json.loads(json.dumps(found.to_dict(), allow_nan=False))
    rows = made.pop("differences")
    assert made.pop("a").endswith("one/templates")
    assert made.pop("b").endswith("two/templates")
    assert made == {"seeds": [42, 43, 44, 45], "days": 3, "warm_up": 1, "confidence": 0.95}
    assert [list(row) for row in rows] == [
        [*("site", "figure", "unit", "n_pairs", "a", "b", "difference", "low", "high", "verdict")]
    ] * len(rows)
    assert found.differences.to_dicts() == rows


def test_what_only_one_side_has_is_shown(folders: Folders, tmp_path: Path) -> None:
    """A kind of station that A lacks has no figure there."""
    other = {"name": "bar", "station_type": "KITCHEN_STATION_UNSPECIFIED"}
    bar = {**KITCHEN, "stations": [*KITCHEN["stations"], other]}
    two, _ = write_universe(tmp_path, sf={"kitchens": [bar]}, chicago=CHICAGO)
    rows = compare(folders.one, two, seeds=2, days=1, roads=folders.roads).differences.filter(
        site="sf", figure="unspecified_station_utilisation"
    )
    (row,) = rows.to_dicts()
    assert (row["n_pairs"], row["a"], row["low"], row["verdict"]) == (0, None, None, "too few runs to tell")


def test_progress_counts_all_runs(folders: Folders) -> None:
    heard: list[tuple[int, int]] = []
    folders.compare(seeds=2, days=1, warm_up=0, advance=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"seeds": 1}, "seeds: expected 2 <= seeds <= 10000, got 1."),
        ({"days": 0}, "days: expected 1 <= days <= 3650, got 0."),
        ({"warm_up": -1}, "warm_up: expected 0 <= warm_up <= 3650, got -1."),
        ({"seed": -1}, "seed: expected 0 <= seed <= 18446744073709541616, got -1."),
        ({"workers": 0}, "workers: expected 1 <= workers <= 256, got 0."),
    ],
)
def test_numbers_out_of_bounds_are_refused(folders: Folders, options: dict[str, int], message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        folders.compare(**options)
    assert str(refused.value) == message


def test_folders_with_other_sites_are_refused(folders: Folders, tmp_path: Path) -> None:
    other, _ = write_universe(tmp_path, sf={})
    with pytest.raises(ScenarioError, match=r"templates: expected the sites of .*: chicago, sf; got sf\.$"):
        compare(folders.one, other, roads=folders.roads)


def test_an_overloaded_folder_is_refused_unless_forced_and_a_busy_one_warned_of(
    folders: Folders, tmp_path: Path
) -> None:
    busy, _ = write_universe(tmp_path, sf={"kitchens": [KITCHEN], "population": {"customers": 1000}})
    one, _ = write_universe(tmp_path / "one", sf={"kitchens": [KITCHEN]})
    with pytest.raises(ScenarioError, match=r"templates: expected a load of at most 1 in the busiest hour"):
        compare(one, busy, roads=folders.roads)
    found = compare(one, busy, seeds=2, days=1, roads=folders.roads, force=True)
    assert value(found, 42, "b", "sf", "orders_open_at_end") > value(
        found, 42, "a", "sf", "orders_open_at_end"
    )
    full, _ = write_universe(tmp_path / "full", sf={"kitchens": [KITCHEN], "population": {"customers": 215}})
    with pytest.warns(FastgenWarning, match="full/templates: expected a load of at most 0.9 in the busiest"):
        compare(one, full, seeds=2, days=1, roads=folders.roads)


OUTAGE = {
    "name": "stove broke",
    "kind": "station_outage",
    "station_type": "KITCHEN_STATION_STOVE",
    "from": "1 12:00",
    "to": "1 15:00",
}
LAUNCH = {"name": "soups came", "kind": "brand_launch", "brand": "soups", "from": "2 00:00"}


@pytest.fixture(scope="module")
def disturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write templates whose sf has two disturbances."""
    sf = {"kitchens": [KITCHEN], "disturbances": [OUTAGE, LAUNCH]}
    templates, _ = write_universe(tmp_path_factory.mktemp("disturbed"), sf=sf, chicago=CHICAGO)
    return templates


def test_without_an_outage_food_is_sooner(folders: Folders, disturbed: Path) -> None:
    found = compare(disturbed, without="stove broke", seeds=4, days=1, roads=folders.roads)
    assert (found.a, found.b) == (f"{disturbed} without 'stove broke'", str(disturbed))
    verdicts = {(row.site, row.figure.name): row.paired.verdict for row in found.list_differences()}
    assert verdicts["sf", "created_to_ready"] is verdicts["sf", "stove_queue_length"] is Verdict.HIGHER
    assert {verdict for (site, _), verdict in verdicts.items() if site == "chicago"} == {Verdict.EQUAL}


def test_what_is_left_out_is_as_if_no_file_had_it(folders: Folders, disturbed: Path, tmp_path: Path) -> None:
    """Without its launch, a brand is never sold."""
    found = compare(disturbed, without=["soups came", "stove broke"], seeds=2, days=2, roads=folders.roads)
    assert found.a.endswith(" without 'soups came' and 'stove broke'")
    plain, _ = write_universe(tmp_path, sf={"kitchens": [KITCHEN], "brands": ["toasts"]}, chicago=CHICAGO)
    expected = compare(plain, disturbed, seeds=2, days=2, roads=folders.roads)
    np.testing.assert_array_equal(found.values, expected.values)
    assert value(found, 42, "b", "sf", "revenue") != value(found, 42, "a", "sf", "revenue")


def test_a_disturbance_that_is_not_measured_is_warned_of(folders: Folders, disturbed: Path) -> None:
    for warm_up, days in ((2, 1), (0, 1)):
        with pytest.warns(FastgenWarning, match=r"which are measured, got 'stove broke' at 1 12:00") as heard:
            compare(
                disturbed,
                without=["stove broke"],
                seeds=2,
                days=days,
                warm_up=warm_up,
                roads=folders.roads,
            )
        assert len(heard) == 1
    compare(disturbed, without=["soups came"], seeds=2, days=1, warm_up=2, roads=folders.roads)


@pytest.mark.parametrize(
    ("without", "message"),
    [
        (["stove brok"], "expected a disturbance named 'stove brok': did you mean stove broke?"),
        (["stove broke", "x"], "expected a disturbance named 'x': expected one of soups came, stove broke."),
    ],
)
def test_names_that_no_disturbance_has_are_refused(disturbed: Path, without: list[str], message: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        compare(disturbed, without=without)
    assert str(refused.value) == f"{disturbed}: {message}"


def test_one_folder_needs_a_name_and_two_folders_none(folders: Folders) -> None:
    with pytest.raises(ScenarioError, match=r"or a second template folder, got neither\.$"):
        compare(folders.one)
    with pytest.raises(ScenarioError, match=r"or a second template folder, got both\.$"):
        compare(folders.one, folders.two, without=["x"])
    with pytest.raises(ScenarioError, match=r"expected a disturbance named 'x': there is none\.$"):
        compare(folders.one, without=["x"])
