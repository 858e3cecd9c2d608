"""The figures of a universe: its measures, what disturbs it, and orders that end early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import duckdb
import polars as pl
import pytest

from fastgen.reporting import engine as engine_module
from fastgen.reporting.engine import read_engine
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.model import expect
from fastgen.reporting.survey import survey_dataset
from tests.reporting.recount import Recount

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.engine import Engine
    from fastgen.reporting.figures import Figure
    from fastgen.reporting.survey import Survey


@pytest.fixture(scope="module")
def survey(run_universe: Path) -> Survey:
    return survey_dataset(run_universe)


@pytest.fixture(scope="module")
def engine(survey: Survey) -> Engine:
    assert survey.engine is not None
    return survey.engine


@pytest.fixture(scope="module")
def figures(survey: Survey) -> dict[str, Figure]:
    return make_figures(survey, expect(survey))


def of_table(run_universe: Path, table: str, select: str) -> list[tuple[object, ...]]:
    files = f"{run_universe}/universe/tables/{table}/*/*.parquet"
    rows = duckdb.read_parquet(files, hive_partitioning=True)
    return rows.select(*map(duckdb.SQLExpression, select.split(", "))).fetchall()


def test_there_is_no_model(survey: Survey) -> None:
    assert expect(survey) is None


def test_orders_end_early(figures: dict[str, Figure], run_universe: Path) -> None:
    table = figures["orders_by_day"].table
    counted = table.select(pl.col("orders", "delivered", "cancelled", "open").sum()).row(0)
    found = Recount(run_universe).ask("SELECT count(*), count(delivered), count(cancelled) FROM orders")[0]
    assert counted == (*found, found[0] - found[1] - found[2])
    assert all(n > 0 for n in counted)


def test_measures_are_those_of_the_tables(engine: Engine, run_universe: Path) -> None:
    found = of_table(
        run_universe,
        "metrics",
        "site, epoch_us(begins), orders_created, orders_open, courier_utilisation, ride_s",
    )
    columns = ("location", "begins", "orders_created", "orders_open", "courier_utilisation", "ride_s")
    seen = engine.sites.select(columns).with_columns(pl.col("begins").dt.epoch("us")).rows()
    for one, other in zip(seen, sorted(found), strict=True):
        assert one[0] == other[0]
        assert one[2] == other[2]
        assert one[3:] == pytest.approx(other[3:])


def test_stations_of_a_site_count_together(figures: dict[str, Figure], run_universe: Path) -> None:
    queue, longest = (
        figures["queue_length"].table.select(pl.col("queue_length").sum(), pl.col("queue_max").max()).row(0)
    )
    found = of_table(run_universe, "station_metrics", "sum(queue_length), max(queue_max)")[0]
    assert (queue, longest) == pytest.approx(found)
    shares = figures["utilisation"].table["utilisation"].drop_nulls()
    assert shares.is_between(0, 1 + 1e-9).all()
    assert shares.max() == pytest.approx(1.0)


def test_longer_intervals_keep_sums_and_means(
    survey: Survey, engine: Engine, run_universe: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine_module, "INTERVALS_MAX", 24)
    joined = read_engine(run_universe, survey.manifest, survey.scenario.days)
    assert joined is not None
    assert joined.interval_s == 7_200
    assert len(joined.sites) <= 2 * 24 < len(engine.sites)
    for name in ("orders_created", "orders_delivered", "length_s"):
        assert joined.sites[name].sum() == engine.sites[name].sum()
    for frame, fine, name in (
        (joined.sites, engine.sites, "orders_open"),
        (joined.stations, engine.stations, "busy"),
    ):
        area = [(one[name] * one["length_s"]).sum() for one in (frame, fine)]
        assert area[0] == pytest.approx(area[1])
    ridden = [(one["ride_s"] * one["orders_delivered"]).sum() for one in (joined.sites, engine.sites)]
    assert ridden[0] == pytest.approx(ridden[1])


def test_disturbances_are_listed(figures: dict[str, Figure]) -> None:
    table = figures["disturbances"].table
    assert table["name"].to_list()[0] == "the match"
    assert table.filter(pl.col("name") == "rain")["ends"].null_count() == 1
    assert table["location"].unique().to_list() == ["sf"]
    assert "the match" in figures["disturbances"].sentence
