"""Make the figures of what the engines of two universes have measured, or of the one that is a universe."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fastgen.reporting.figures import Column, Figure
from fastgen.reporting.figures_of_engine import (
    make_disturbances,
    make_queues,
    make_time_in_system,
    make_utilisation,
)
from fastgen.reporting.pairing import NAMES
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.reporting.pairing import Pair

DATASET = Column("dataset")
BOTH = " and ".join(NAMES)
# What time in the system is made of, by the column of the figure of one dataset.
PARTS = {
    "time_in_system_p50_s": "all, P50",
    "time_in_system_p90_s": "all, P90",
    "station_wait_s": "waiting for stations, mean",
    "cooking_s": "cooking and packing, mean",
    "courier_wait_s": "waiting for the courier, mean",
    "ride_s": "ride, mean",
}
_BOUNDS = ("begins", "ends")


def make_engine_figures(pair: Pair) -> dict[str, Figure]:
    """Make the figures by key; none where neither dataset is that of a universe.

    Times of the second are shifted so that days that are compared are at the same time.
    """
    engines = [None if side.survey is None else side.survey.engine for side in pair.sides]
    if not any(engines):
        return {}
    found = {}
    for make in (make_queues, make_utilisation, make_time_in_system, make_disturbances):
        parts = [(name, make(one)) for name, one in zip(NAMES, engines, strict=True) if one is not None]
        table = pl.concat([_place(pair, name, figure) for name, figure in parts])
        columns = {"dataset": DATASET, **parts[0][1].columns}
        one = Figure(parts[0][1].key, parts[0][1].title, " ".join(_tell(parts)), table, columns)
        found[one.key] = one
    found["time_in_system"] = _unfold(found["time_in_system"])
    found["disturbances"] = _join_shared(found["disturbances"])
    return found


def _place(pair: Pair, name: str, figure: Figure) -> pl.DataFrame:
    """Take the locations that both have, at the times of the first dataset."""
    of_first = name == NAMES[0]
    axes = pair.tallies[0 if of_first else 1].axes
    codes = {
        axes.codes[row]: code for row, code in zip(pair.rows[0 if of_first else 1], pair.codes, strict=True)
    }
    table = figure.table.filter(pl.col("location").is_in(list(codes)))
    table = table.with_columns(pl.col("location").replace(codes))
    if not of_first:
        times = [column for column in _BOUNDS if column in table.columns]
        table = table.with_columns(pl.col(times) + pair.shift)
    return table.select(pl.lit(name).alias("dataset"), pl.all())


def _tell(parts: list[tuple[str, Figure]]) -> Iterator[str]:
    for name, figure in parts:
        yield f"{name}: {figure.sentence}"
    if len(parts) == 1:
        other = next(name for name in NAMES if name != parts[0][0])
        yield f"{other} has no engine that measures this."


def _unfold(figure: Figure) -> Figure:
    """Put the times of an order one below the other, in minutes."""
    keys = ["dataset", "location", "begins"]
    long = figure.table.unpivot(list(PARTS), index=keys, variable_name="part", value_name="minutes")
    table = long.with_columns(pl.col("part").replace(PARTS), pl.col("minutes") / S_PER_MIN)
    columns = {
        **{name: figure.columns[name] for name in keys},
        "part": Column("time of an order"),
        "minutes": Column("time", "min"),
    }
    return Figure(figure.key, figure.title, figure.sentence, table, columns)


def _join_shared(figure: Figure) -> Figure:
    """Name what disturbs both datasets alike once."""
    keys = [name for name in figure.table.columns if name != "dataset"]
    table = figure.table.group_by(keys, maintain_order=True).agg(pl.col("dataset").unique().sort())
    joined = table.with_columns(pl.col("dataset").list.join(" and ")).select("dataset", *keys)
    return Figure(
        figure.key,
        figure.title,
        figure.sentence,
        joined.sort("begins", "location", "name", "target", "dataset"),
        figure.columns,
    )
