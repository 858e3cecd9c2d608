"""Charts are valid, hold their numbers in a notebook, and stay readable with many locations."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.reporting.chart_parts import ALL, LINES_MAX
from fastgen.reporting.charts import make_charts
from fastgen.reporting.figures import Figure
from fastgen.reporting.make_figures import make_figures
from fastgen.reporting.model import expect

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.reporting.survey import Survey


@pytest.fixture(scope="module")
def figures(survey: Survey, dataset: Path) -> dict[str, Figure]:
    return make_figures(survey, expect(survey, dataset.parent / "roads"))


def multiply(figure: Figure, n: int) -> Figure:
    """Give a figure the rows of its first location under `n` other names."""
    table = figure.table
    if "location" not in table.columns:
        return figure
    one = table.filter(pl.col("location") == "sf")
    names = [f"place-{number}" for number in range(n)]
    copies = [one.with_columns(pl.lit(name).alias("location")).select(table.columns) for name in names]
    return Figure(figure.key, figure.title, figure.sentence, pl.concat(copies), figure.columns)


def names_of(part: Any) -> set[str]:
    """Collect the names of a chart's parameters."""
    if isinstance(part, dict):
        own = {one["name"] for one in part.get("params", ())}
        return own.union(*(names_of(inner) for inner in part.values()))
    return set().union(*(names_of(inner) for inner in part)) if isinstance(part, list) else set()


def test_every_figure_but_the_list_of_changes_has_a_valid_chart(figures: dict[str, Figure]) -> None:
    charts = make_charts(figures)
    assert figures.keys() - charts.keys() == {"brand_changes"}
    for key, chart in charts.items():
        spec = chart.to_dict()  # checked against the schema of Vega-Lite
        assert spec["config"]["range"]["category"][0] == "#0072b2", key


def test_a_chart_of_a_notebook_holds_its_numbers(figures: dict[str, Figure]) -> None:
    spec = make_charts(figures)["prices"].to_dict()
    rows = next(part["data"]["values"] for part in (spec, *spec["layer"]) if "values" in part.get("data", {}))
    assert sum(row["orders"] for row in rows) == figures["prices"].table["orders"].sum()


def test_many_locations_are_picked_from_a_list(figures: dict[str, Figure]) -> None:
    few = make_charts(figures, inline=False)
    many = make_charts({key: multiply(one, LINES_MAX + 1) for key, one in figures.items()}, inline=False)
    for key in ("orders_by_day", "weekdays", "intraday"):
        spec, names = few[key].to_dict(), names_of(many[key].to_dict())
        assert "picked" in names_of(spec) or "facet" in spec
        assert "shown_location" in names
        assert "picked" not in names
    for key, chart in many.items():
        assert chart.to_dict(), key
    assert ALL in str(many["orders_by_day"].to_dict())
