"""Every figure has the numbers that DuckDB finds in the same files."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

from fastgen.reporting.axes import INTERVALS
from fastgen.reporting.figures_of_orders import WEEKDAYS
from fastgen.reporting.figures_of_times import WORDS
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.model import expect
from fastgen.reporting.survey import survey_dataset
from tests.reporting.recount import Recount

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.figures import Figure
    from fastgen.reporting.survey import Survey

EPOCH_S = 1_704_067_200
EVENT_COLUMN = {
    1: "created",
    2: "started",
    3: "finished",
    4: "ready",
    5: "arrived",
    6: "picked_up",
    8: "delivered",
}

# The haversine formula over the legs of each route.
LENGTHS = """
SELECT location, order_id, sum(
    12742018 * asin(sqrt(
        pow(sin(radians(p[1] - q[1]) / 2), 2)
        + cos(radians(p[1])) * cos(radians(q[1])) * pow(sin(radians(p[2] - q[2]) / 2), 2)
    ))
)
FROM (
    SELECT *, points[k] AS p, points[k + 1] AS q
    FROM (SELECT *, from_json(route_json, '[["DOUBLE"]]') AS points FROM orders), range(1, 200) AS numbers(k)
    WHERE k < len(points)
)
GROUP BY ALL
"""


@pytest.fixture(scope="module")
def figures(survey: Survey, dataset: Path) -> dict[str, Figure]:
    return make_figures(survey, expect(survey, dataset.parent / "roads"))


@pytest.fixture(scope="module")
def recount(dataset: Path) -> Recount:
    return Recount(dataset)


def rows(figure: Figure, *columns: str, where: pl.Expr | None = None) -> list[tuple[Any, ...]]:
    table = figure.table if where is None else figure.table.filter(where)
    return sorted(table.select(columns).rows())


def test_orders_by_day(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask(
        "SELECT location, date, count(DISTINCT order_id), round(sum(qty * cents)), "
        "FROM (SELECT *, to_timestamp(created)::TIMESTAMP::DATE AS date FROM lines) GROUP BY ALL"
    )
    expected = [(code, date, n, cents / 100) for code, date, n, cents in found]
    columns = ("location", "date", "orders", "revenue_usd")
    assert rows(figures["orders_by_day"], *columns, where=pl.col("orders") > 0) == sorted(expected)
    table = figures["orders_by_day"].table
    assert (table["delivered"] == table["orders"]).all()
    assert len(table) == 2 * 70
    assert table["trend"].null_count() == 2 * 6
    week = table.filter(pl.col("day").is_between(7, 13), pl.col("location") == "sf")
    assert week["orders"].mean() == pytest.approx(week.filter(pl.col("day") == 10)["trend"].item())


def test_weekdays(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask(
        "SELECT location, dayname(to_timestamp(created)::TIMESTAMP), count(*) / 10 FROM orders GROUP BY ALL"
    )
    assert rows(figures["weekdays"], "location", "weekday", "orders") == sorted(found)
    assert figures["weekdays"].table["weekday"].head(7).to_list() == list(WEEKDAYS)


def test_intraday(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask("SELECT location, created % 86400 // 600 * 10, count(*) FROM orders GROUP BY ALL")
    some = pl.col("orders") > 0
    assert rows(figures["intraday"], "location", "minute", "orders", where=some) == sorted(found)


def test_revenue_by_hour(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask(
        "SELECT location, dayname(to_timestamp(created)::TIMESTAMP), created % 86400 // 3600, "
        "count(DISTINCT order_id), round(sum(qty * cents)) FROM lines GROUP BY ALL"
    )
    expected = sorted((*keys, n, cents / 100) for *keys, n, cents in found)
    columns = ("location", "weekday", "hour", "orders", "revenue_usd")
    assert rows(figures["revenue_by_hour"], *columns, where=pl.col("orders") > 0) == expected


@pytest.mark.parametrize("key", INTERVALS)
def test_percentiles(figures: dict[str, Figure], recount: Recount, key: str) -> None:
    before, after = (EVENT_COLUMN[event] for event in INTERVALS[key])
    found = recount.ask(
        "SELECT location, count(t), quantile_disc(t, 0.5), quantile_disc(t, 0.75), quantile_disc(t, 0.99) "
        "FROM (SELECT location, {after} - {before} AS t FROM orders) GROUP BY ALL",
        after=after,
        before=before,
    )
    columns = ("location", "orders", "p50_s", "p75_s", "p99_s")
    assert rows(figures["percentiles"], *columns, where=pl.col("time") == WORDS[key]) == sorted(found)


def test_service_times(figures: dict[str, Figure], recount: Recount) -> None:
    for key in tuple(INTERVALS)[:4]:
        before, after = (EVENT_COLUMN[event] for event in INTERVALS[key])
        times = [time for (time,) in recount.ask("SELECT {x} - {y} FROM orders", x=after, y=before)]
        table = figures["service_times"].table.filter(pl.col("step") == WORDS[key])
        seconds = table["seconds"].to_list()
        width = seconds[1] - seconds[0]
        counted = Counter(min(time // width * width, seconds[-1]) for time in times)
        assert [n / width for n in map(counted.__getitem__, seconds)] == table["orders"].to_list()


@pytest.mark.parametrize(("key", "before"), [("delivery_times", "created"), ("drives", "picked_up")])
def test_times_by_location(figures: dict[str, Figure], recount: Recount, key: str, before: str) -> None:
    table = figures[key].table.with_columns((pl.col("minutes") * 60).round().cast(pl.Int64).alias("seconds"))
    seconds = table["seconds"].unique().sort().to_list()
    found = recount.ask(
        "SELECT location, least((delivered - {before}) // {width} * {width}, {last}), count(*) FROM orders "
        "GROUP BY ALL",
        before=before,
        width=seconds[1],
        last=seconds[-1],
    )
    some = table.filter(pl.col("orders") > 0)
    assert sorted(some.select("location", "seconds", "orders").rows()) == sorted(found)


def test_driver_waiting(figures: dict[str, Figure], recount: Recount) -> None:
    table = figures["driver_waiting"].table
    seconds = [round(60 * minutes) for minutes in table["minutes"]]
    width = seconds[1] - seconds[0]
    found = recount.ask(
        "SELECT greatest({first}, least(floor((arrived - ready) / {width}) * {width}, {last}))::BIGINT, "
        "count(*) FROM orders GROUP BY ALL",
        first=seconds[0],
        width=width,
        last=seconds[-1],
    )
    seen = [(s, n) for s, n in zip(seconds, table["orders"], strict=True) if n]
    assert sorted(seen) == sorted(found)
    early = recount.ask("SELECT round(100 * avg((arrived < ready)::INT))::INT FROM orders")[0][0]
    assert figures["driver_waiting"].sentence.startswith(f"{early}% of the drivers come before")


def test_pings(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask("SELECT location, pings, count(*) FROM orders GROUP BY ALL")
    some = pl.col("deliveries") > 0
    assert rows(figures["pings"], "location", "pings", "deliveries", where=some) == sorted(found)


def test_brand_shares(figures: dict[str, Figure], recount: Recount) -> None:
    """By weeks; the shares of a location add up to one."""
    found = recount.ask(
        "SELECT location, brand, DATE '2024-01-01' + ((created - {epoch}) // 604800 * 7)::INT AS week, "
        "count(DISTINCT order_id), count(DISTINCT order_id) / sum(count(DISTINCT order_id)) OVER "
        "(PARTITION BY location, (created - {epoch}) // 604800) FROM lines GROUP BY location, brand, week, "
        "(created - {epoch}) // 604800",
        epoch=EPOCH_S,
    )
    table = figures["brand_shares"].table
    seen = rows(figures["brand_shares"], "location", "brand", "date", "orders", where=pl.col("orders") > 0)
    assert seen == sorted(row[:4] for row in found)
    shares = {row[:3]: row[4] for row in found}
    for code, brand, date, share in table.select("location", "brand", "date", "share").rows():
        assert share == pytest.approx(shares.get((code, brand, date), 0.0))
    sums = table.group_by("location", "date").agg(pl.col("share", "expected_share").sum())
    assert np.allclose(sums["share"], 1.0)
    assert np.allclose(sums["expected_share"], 1.0)


def test_brands_of_the_tally(survey: Survey, recount: Recount) -> None:
    """What the certificate tests: brands of first lines, and lines of each brand of an order."""
    axes, by_brand = survey.tally.axes, survey.tally.by_brand.sum(axis=2)
    found = recount.ask("SELECT location, brand, count(*), round(sum(qty * cents)) FROM lines GROUP BY ALL")
    for code, brand, n_lines, cents in found:
        counts = by_brand[axes.codes.index(code), axes.brands.index(brand)]
        assert counts[2:].tolist() == [n_lines, cents]
    first = recount.ask(
        'SELECT location, (from_json(items_json, \'[{{"brand_id":"BIGINT"}}]\')[1]).brand_id, count(*) '
        "FROM orders GROUP BY ALL"
    )
    for code, brand_id, n_orders in first:
        assert by_brand[axes.codes.index(code), axes.brand_ids.index(brand_id), 1] == n_orders
    assert by_brand[:, :, 1].sum() == sum(row[2] for row in first)
    sizes = recount.ask(
        "SELECT location, n, count(*) FROM (SELECT location, count(*) AS n FROM lines "
        "GROUP BY location, order_id, brand) GROUP BY ALL"
    )
    for code, n_lines, n_brands in sizes:
        assert survey.tally.lines_per_brand[axes.codes.index(code), n_lines] == n_brands


def test_brand_changes(figures: dict[str, Figure], survey: Survey) -> None:
    row = survey.dims.brands.brand_id.tolist().index(14)
    closed = survey.dims.brands.name[row]
    assert figures["brand_changes"].table.rows() == [(dt.date(2024, 3, 1), "chicago", closed, "closes")]
    shares = figures["brand_shares"].table.filter(pl.col("brand") == closed, pl.col("location") == "chicago")
    assert shares.filter(pl.col("date") > dt.date(2024, 3, 1))["orders"].sum() == 0 < shares["orders"].sum()


@pytest.mark.parametrize(
    ("key", "size", "sql"),
    [
        ("basket_brands", "brands", "SELECT count(DISTINCT brand_id) AS n FROM lines GROUP BY order_id"),
        ("basket_lines", "lines", "SELECT count(*) AS n FROM lines GROUP BY order_id"),
        ("quantities", "quantity", "SELECT qty AS n FROM lines"),
    ],
)
def test_baskets(figures: dict[str, Figure], recount: Recount, key: str, size: str, sql: str) -> None:
    found = recount.ask("SELECT n, count(*) FROM ({sql}) GROUP BY ALL", sql=sql)
    assert rows(figures[key], size, "lines" if key == "quantities" else "orders") == sorted(found)


def test_prices(figures: dict[str, Figure], recount: Recount) -> None:
    found = recount.ask(
        "SELECT location, least(usd, {last}), count(*) FROM (SELECT location, "
        "round(sum(qty * cents))::BIGINT // 100 AS usd FROM lines GROUP BY location, order_id) GROUP BY ALL",
        last=figures["prices"].table["price_usd"].max(),
    )
    some = pl.col("orders") > 0
    assert rows(figures["prices"], "location", "price_usd", "orders", where=some) == sorted(found)


def test_customers(figures: dict[str, Figure], recount: Recount) -> None:
    """By location and in all; the cells lie around the customers."""
    table = figures["customers"].table
    seen = table.group_by("location").agg(pl.col("customers", "orders").sum())
    found = recount.ask("SELECT location, count(DISTINCT (lat, lon)), count(*) FROM orders GROUP BY ALL")
    assert sorted(seen.rows()) == sorted(found)
    for code, south, north, west, east in recount.ask(
        "SELECT location, min(lat), max(lat), min(lon), max(lon) FROM orders GROUP BY ALL"
    ):
        here = table.filter(pl.col("location") == code)
        assert here["lat"].is_between(south, north).all()
        assert here["lon"].is_between(west, east).all()


def test_distances(figures: dict[str, Figure], recount: Recount) -> None:
    """Within half a metre of the great-circle lengths of the routes."""
    found = recount.ask(LENGTHS)
    table = figures["distances"].table
    for code in ("sf", "chicago"):
        metres = np.array([row[2] for row in found if row[0] == code])
        orders = table.filter(pl.col("location") == code)["orders"].to_numpy()
        nearest = np.histogram(metres, np.arange(len(orders) + 1) * 250.0)[0]
        # Who lives at the kitchen has a route of one point.
        nearest[0] += orders.sum() - len(metres)
        near_an_edge = np.abs(metres % 250 - 125) > 124.5
        assert np.abs(nearest - orders).sum() <= 2 * near_an_edge.sum()


def test_model_is_shown_beside_what_is_there(figures: dict[str, Figure]) -> None:
    """Only the prices, pings, customers and distances have none."""
    shown = {key: [name for name in one.table.columns if "expected" in name] for key, one in figures.items()}
    without = {key for key, columns in shown.items() if not columns}
    assert without == {"revenue_by_hour", "pings", "brand_changes", "prices", "customers", "distances"}
    for key, columns in shown.items():
        assert not any(figures[key].table[name].null_count() for name in columns), key


def test_figures_say_what_is_seen(figures: dict[str, Figure]) -> None:
    for figure in figures.values():
        assert list(figure.columns) == figure.table.columns
        assert figure.sentence.endswith(".")
        assert all(column.words for column in figure.columns.values())


def test_a_dataset_without_orders_has_all_figures(no_orders: Path, figures: dict[str, Figure]) -> None:
    empty = survey_dataset(no_orders)
    found = make_figures(empty, expect(empty, no_orders.parent / "roads"))
    assert {key: figure.table.schema for key, figure in found.items()} == {
        key: figure.table.schema for key, figure in figures.items()
    }
    assert {figure.sentence for figure in found.values()} == {
        "There are no orders.",
        "No order is delivered.",
        "No driver comes.",
        "No brand opens or closes.",
    }
