"""The figures of a comparison are those that the result tables of a run with the same seed give."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import fastgen
from fastgen.units import S_PER_DAY, US_PER_MIN
from fastgen.universes.table_files import scan_table
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

SEED, WARM_UP, DAYS = 7, 1, 3
SITES: dict[str, Any] = {
    # Two disturbances, so that stations and couriers are missing on measured days.
    "sf": {
        "disturbances": [
            {
                "name": "stove broke",
                "kind": "station_outage",
                "station_type": "KITCHEN_STATION_STOVE",
                "number": 1,
                "from": "1 17:00",
                "to": "1 20:00",
            },
            {"name": "flu", "kind": "fewer_couriers", "number": 1, "from": "0 12:00", "to": "2 12:00"},
        ]
    },
    "chicago": {"timezone": "America/Chicago"},
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    """Make templates, roads, and the tables of a run."""
    folder = tmp_path_factory.mktemp("universe")
    templates, roads = write_universe(folder, **SITES)
    options: Any = {"days": WARM_UP + DAYS, "seed": SEED, "roads": roads, "force": True}
    fastgen.universe.run(templates, folder / "dataset", **options)
    return templates, roads, folder / "dataset" / "universe" / "tables"


@pytest.mark.parametrize("site", SITES)
def test_figures_follow_from_the_tables(folders: tuple[Path, Path, Path], site: str) -> None:
    templates, roads, tables = folders
    found = fastgen.universe.compare(
        templates, templates, seeds=2, seed=SEED, days=DAYS, warm_up=WARM_UP, roads=roads, force=True
    )
    rows = found.runs.filter(seed=SEED, side="a", site=site).drop_nulls("value")
    values = dict(rows.select("figure", "value").iter_rows())
    measured = pl.col("day").is_between(WARM_UP, WARM_UP + DAYS - 1)
    metrics = scan_table(tables, "metrics").filter(measured, site=site).collect()
    stations = scan_table(tables, "station_metrics").filter(measured, site=site).collect()
    expected = {**figures_of_site(metrics), **figures_of_stations(stations)}
    last_begins = pl.lit(metrics["begins"].max())
    orders = scan_table(tables, "orders").filter(
        pl.col("ended") >= pl.lit(metrics["begins"].min()),
        pl.col("ended") < last_begins + pl.duration(minutes=15),
        site=site,
        state="delivered",
    )
    took = orders.select((pl.col("ended") - pl.col("created")).dt.total_microseconds()).collect()
    minutes = np.sort(took.to_series().to_numpy() / US_PER_MIN)
    expected["time_in_system"] = float(minutes.mean())
    expected["time_in_system_p90"] = float(minutes[-(-len(minutes) * 9 // 10) - 1])
    assert expected["orders_delivered"] > 20
    assert {name: values[name] for name in expected} == pytest.approx(expected)


def integral(rows: pl.DataFrame, column: str) -> float:
    """Integrate a time average over intervals, in seconds."""
    return float((rows[column].to_numpy() * rows["length_s"].to_numpy()).sum())


def figures_of_site(metrics: pl.DataFrame) -> dict[str, float]:
    couriers = [f"couriers_{name}" for name in ("riding_out", "waiting", "riding_back", "idle")]
    busy, on_duty = (sum(integral(metrics, name) for name in couriers[:n]) for n in (3, 4))
    created, delivered = (
        int(metrics[f"orders_{name}"].to_numpy().sum()) for name in ("created", "delivered")
    )
    return {
        "orders_created": created / DAYS,
        "orders_delivered": delivered / DAYS,
        "courier_utilisation": busy / on_duty,
        "orders_per_courier_hour": delivered / on_duty * 3600,
    }


def figures_of_stations(stations: pl.DataFrame) -> dict[str, float]:
    figures: dict[str, float] = {}
    for word in ("workstation", "stove", "oven"):
        of = stations.filter(station_type=f"KITCHEN_STATION_{word.upper()}")
        busy, there, waiting = (integral(of, column) for column in ("busy", "stations", "queue_length"))
        figures |= {f"{word}_utilisation": busy / there, f"{word}_queue_length": waiting / (DAYS * S_PER_DAY)}
    return figures
