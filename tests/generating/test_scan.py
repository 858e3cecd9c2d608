"""A scenario is scanned as the dataset that a build of it would write, and nothing of it is written."""

from __future__ import annotations

import dataclasses
import inspect
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import duckdb
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

import fastgen
from fastgen.errors import ScenarioError
from fastgen.generating.inputs import SimulationOptions
from fastgen.generating.pruning import Wanted, find_wanted
from tests.building.toy import write_toy_roads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FORMS = {
    "kitchens' clocks": 'name = "kitchens"\n',
    "the UTC clock": 'clock = "utc"\n[locations.sf]\ntimezone = "Pacific/Auckland"\n',
    "a ping a second": "[driver]\nping_interval_s = 1\n",
}
DAYS, EPOCH_S, DAY_S = 3, 1_704_067_200, 86_400


class Both:
    """A dataset, and the scan of its scenario."""

    def __init__(self, folder: Path, text: str, roads: Path) -> None:
        (folder / "it.toml").write_text(text)
        options: dict[str, Any] = {
            "scenario": folder / "it.toml",
            "days": DAYS,
            "scale": 0.3,
            "locations": ["sf", "bellevue"],
            "roads": roads,
        }
        fastgen.build(folder / "data", **options)
        self.stored = fastgen.scan_events(folder / "data")
        self.made = fastgen.scan_scenario(**options)
        self.options = options


@pytest.fixture(scope="module")
def roads(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_toy_roads(tmp_path_factory.mktemp("scan_roads"))


@pytest.fixture(scope="module", params=FORMS)
def both(request: pytest.FixtureRequest, roads: Path, tmp_path_factory: pytest.TempPathFactory) -> Both:
    return Both(tmp_path_factory.mktemp("scan"), FORMS[request.param], roads)


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_all_rows_in_order(both: Both, engine: Any) -> None:
    made, stored = (frame.collect(engine=engine) for frame in (both.made, both.stored))
    assert_frame_equal(made, stored)
    assert_frame_equal(both.made.collect(engine=engine), made)
    assert both.made.collect_schema() == both.stored.collect_schema()


FILTERS: dict[str, Callable[[], pl.Expr]] = {
    "one location": lambda: pl.col("location_id") == 3,
    "no such location": lambda: pl.col("location_id") == 2,
    "several": lambda: pl.col("location_id").is_in([1, 4]),
    "an hour": lambda: pl.col("ts_seconds").is_between(EPOCH_S + DAY_S, EPOCH_S + DAY_S + 3599),
    "just after midnight": lambda: (
        (pl.col("ts_seconds") >= EPOCH_S + DAY_S) & (pl.col("ts_seconds") < EPOCH_S + DAY_S + 900)
    ),
    "before the epoch": lambda: pl.col("ts_seconds") < EPOCH_S,
    "after the last day": lambda: pl.col("ts_seconds") > EPOCH_S + DAYS * DAY_S,
    "either end": lambda: (
        (pl.col("ts_seconds") < EPOCH_S + 9000) | (pl.col("ts_seconds") > EPOCH_S + 2 * DAY_S)
    ),
    "either, of one location": lambda: (pl.col("ts_seconds") < EPOCH_S + 9000) | (pl.col("location_id") == 1),
    "not": lambda: ~(pl.col("ts_seconds") < EPOCH_S + DAY_S),
    "some seconds": lambda: pl.col("ts_seconds").is_in([EPOCH_S + 50_000, EPOCH_S + 50_001]),
    "another column": lambda: pl.col("event_type_id") == 8,
    "an expression": lambda: (pl.col("ts_seconds") % 3600 == 0) & (pl.col("sequence") < 3),
    "a time": lambda: pl.from_epoch("ts_seconds") >= pl.datetime(2024, 1, 2),
    "fractions": lambda: pl.col("ts_seconds") > EPOCH_S + 1000.5,
    "nothing": lambda: pl.lit(value=False),
    "nulls": lambda: pl.col("ts_seconds") > pl.lit(None),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filters(both: Both, name: str) -> None:
    made, stored = (frame.filter(FILTERS[name]()) for frame in (both.made, both.stored))
    assert_frame_equal(made.collect(), stored.collect())
    columns = ["items_json", "ts_seconds"]
    assert_frame_equal(made.select(columns).collect(), stored.select(columns).collect())
    assert made.select(pl.len()).collect().item() == stored.select(pl.len()).collect().item()


@pytest.mark.parametrize("n", [0, 1, 500, 10**7])
def test_the_first_rows(both: Both, n: int) -> None:
    assert_frame_equal(both.made.head(n).collect(), both.stored.head(n).collect())


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
@pytest.mark.parametrize("n", [0, 10, 5000])
@pytest.mark.parametrize("name", ["one location", "an hour", "another column", "before the epoch"])
def test_a_filter_of_the_first_rows(both: Both, n: int, name: str, engine: Any) -> None:
    """The head comes first: it counts rows that the filter drops."""
    made, stored = (frame.head(n).filter(FILTERS[name]()) for frame in (both.made, both.stored))
    assert_frame_equal(made.collect(engine=engine), stored.collect(engine=engine))
    made, stored = (frame.filter(FILTERS[name]()).head(n) for frame in (both.made, both.stored))
    assert_frame_equal(made.collect(engine=engine), stored.collect(engine=engine))


@pytest.mark.parametrize("column", ["order_id", "location_id", "route_json", "ping_progress", "sequence"])
def test_one_column(both: Both, column: str) -> None:
    assert_frame_equal(both.made.select(column).collect(), both.stored.select(column).collect())


def test_duckdb_queries_the_batches_as_they_are(both: Both) -> None:
    events = fastgen.scenario_batches(**both.options)  # noqa: F841  # DuckDB finds it by its name
    query = "SELECT location_id, count(*), sum(ts_seconds) FROM events GROUP BY 1 ORDER BY 1"
    found = duckdb.connect().execute(query)
    wanted = both.stored.group_by("location_id").agg(pl.len(), pl.sum("ts_seconds")).sort("location_id")
    assert found.fetchall() == wanted.collect().rows()


def test_batches_are_the_rows_in_order(both: Both) -> None:
    made = pl.from_arrow(fastgen.scenario_batches(**both.options).read_all())
    assert isinstance(made, pl.DataFrame)
    assert_frame_equal(made, both.stored.collect())


@pytest.mark.parametrize("read", [fastgen.scan_scenario, fastgen.scenario_batches])
def test_both_name_every_option_of_a_simulation(read: Callable[..., object]) -> None:
    named = {name: option.default for name, option in inspect.signature(read).parameters.items()}
    assert named == {field.name: field.default for field in dataclasses.fields(SimulationOptions)}


@pytest.mark.parametrize("read", [fastgen.scan_scenario, fastgen.scenario_batches])
def test_wrong_input_is_said_at_once(read: Callable[..., object], tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="days: expected"):
        read(days=-1)
    faulty = tmp_path / "faulty.toml"
    faulty.write_text('[[faults]]\nkind = "lots"\nprobability = 0.1\n')
    with pytest.raises(ScenarioError, match=r"faulty\.toml: fault 1: kind: expected"):
        read(faulty, days=1)


INTERRUPTED = """
import os, signal, sys, threading
import fastgen, polars as pl
events = fastgen.scan_scenario(days=90, scale=1000, locations=["sf"])
threading.Timer(1, os.kill, (os.getpid(), signal.SIGINT)).start()
events.select(pl.col("order_id").n_unique()).collect(engine=sys.argv[1])
"""


@pytest.mark.parametrize("engine", ["in-memory", "streaming"])
def test_ctrl_c_ends_a_scan_at_once(engine: str) -> None:
    """All of it would take minutes."""
    run = subprocess.run(
        [sys.executable, "-c", INTERRUPTED, engine], capture_output=True, text=True, check=False, timeout=60
    )
    assert run.returncode != 0
    assert "KeyboardInterrupt" in run.stderr


# --- what is spared -----------------------------------------------------------------------------------------

SECONDS = st.integers(-3, 12)
BOUNDS = st.one_of(
    st.tuples(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), SECONDS),
    st.tuples(st.just("between"), st.tuples(SECONDS, SECONDS)),
    st.tuples(st.just("in"), st.lists(SECONDS, max_size=3)),
    st.tuples(st.just("location"), st.lists(st.integers(1, 4), max_size=3)),
)


def to_expression(bound: tuple[str, Any]) -> pl.Expr:
    kind, value = bound
    column = pl.col("ts_seconds")
    if kind == "between":
        return column.is_between(*value)
    if kind == "in":
        return column.is_in(value)
    if kind == "location":
        return pl.col("location_id").is_in(value)
    found: pl.Expr = {
        "<": column < value,
        "<=": column <= value,
        ">": column > value,
        ">=": column >= value,
        "==": column == value,
        "!=": column != value,
    }[kind]
    return found


PREDICATES = st.recursive(
    BOUNDS.map(to_expression),
    lambda inner: st.one_of(
        st.tuples(inner, inner).map(lambda two: two[0] & two[1]),
        st.tuples(inner, inner).map(lambda two: two[0] | two[1]),
        inner.map(lambda one: ~one),
    ),
    max_leaves=6,
)
EVERY = pl.DataFrame(
    [(second, place) for second in range(-4, 14) for place in (1, 2, 3, 4)],
    schema={"ts_seconds": pl.Int64, "location_id": pl.Int8},
    orient="row",
)


@settings(max_examples=150, deadline=None)
@given(PREDICATES)
def test_nothing_that_matches_is_spared(predicate: pl.Expr) -> None:
    wanted = find_wanted(predicate, (1, 2, 3, 4))
    for second, place in EVERY.filter(predicate).rows():
        assert wanted.first_s <= second <= wanted.last_s
        assert place in wanted.locations


def test_comparisons_spare_what_they_can() -> None:
    second, place = pl.col("ts_seconds"), pl.col("location_id")
    wanted = find_wanted((second >= 5) & (second < 9) & place.is_in([1, 3]), (1, 2, 3))
    assert wanted == Wanted(frozenset({1, 3}), 5, 9)
    assert find_wanted(second.is_between(2, 3) | (second == 8), (1,)) == Wanted(frozenset({1}), 2, 8)
    assert find_wanted(place == 2, (1, 2)).locations == {2}
