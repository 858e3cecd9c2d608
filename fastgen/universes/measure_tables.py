"""Make the tables of a site's measures by interval: of the whole site, and of each type of stations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.model.stations import STATION_TYPES
from fastgen.units import US_PER_S
from fastgen.universes.day_tables import TIME

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.queueing.activity import Equipment
    from fastgen.queueing.measures import PoolMeasures, SiteMeasures


def make_metrics(day: NDArray[np.int64], measures: SiteMeasures, epoch: int) -> pl.DataFrame:
    """Make the table of a site's orders and couriers by interval; day: int64, the day of each interval."""
    m, length = measures, measures.length_us
    # Waiting for an order keeps a courier from the next one, as riding does.
    busy = m.riding_out_us + m.holding_us + m.riding_back_us
    p50, p90 = np.where(m.percentiles_us < 0, np.nan, m.percentiles_us / US_PER_S)
    queued, cooked, held, ridden = _ratio(m.stages_us, m.delivered * US_PER_S)
    return pl.DataFrame(
        {
            **_intervals(day, np.arange(len(day)), measures, epoch),
            "orders_created": pl.Series(m.created, dtype=pl.Int32),
            "orders_delivered": pl.Series(m.delivered, dtype=pl.Int32),
            "orders_failed": pl.Series(m.failed, dtype=pl.Int32),
            "orders_cancelled": pl.Series(m.cancelled, dtype=pl.Int32),
            "orders_open": m.open_us / length,
            "orders_open_max": pl.Series(m.open_max, dtype=pl.Int32),
            "couriers_riding_out": m.riding_out_us / length,
            "couriers_waiting": m.holding_us / length,
            "couriers_riding_back": m.riding_back_us / length,
            "couriers_idle": m.idle_us / length,
            "couriers_off_duty": m.off_duty_us / length,
            "courier_utilisation": _known(_ratio(busy, busy + m.idle_us)),
            "time_in_system_p50_s": _known(p50),
            "time_in_system_p90_s": _known(p90),
            "station_wait_s": _known(queued),
            "cooking_s": _known(cooked),
            "courier_wait_s": _known(held),
            "ride_s": _known(ridden),
        }
    )


def make_station_metrics(
    day: NDArray[np.int64], site: SiteMeasures, pools: PoolMeasures, equipment: Equipment, epoch: int
) -> pl.DataFrame:
    """Make the table of each kitchen's types of stations by interval; day as above."""
    # A kitchen without stations of a type has neither a queue nor a use of them.
    there = np.unique(equipment.station_pool)
    pool, interval = (axis.ravel() for axis in np.meshgrid(there, np.arange(len(day)), indexing="ij"))
    # Day by day, as if each had been made alone.
    by_day = np.argsort(day[interval], kind="stable")
    pool, interval = pool[by_day], interval[by_day]
    length = site.length_us[interval]
    queue, work, capacity = (
        part[pool, interval] for part in (pools.queue_us, pools.work_us, pools.capacity_us)
    )
    return pl.DataFrame(
        {
            **_intervals(day, interval, site, epoch),
            "kitchen": pl.Series(pool // equipment.n_types, dtype=pl.Int16),
            "station_type": pl.Series(STATION_TYPES, dtype=pl.String)[pool % equipment.n_types],
            "stations": capacity / length,
            "busy": work / length,
            "utilisation": _known(_ratio(work, capacity)),
            "queue_length": queue / length,
            "queue_max": pl.Series(pools.queue_max[pool, interval], dtype=pl.Int32),
            "steps_started": pl.Series(pools.started[pool, interval], dtype=pl.Int32),
        }
    )


def _intervals(
    day: NDArray[np.int64], row: NDArray[np.int64], measures: SiteMeasures, epoch: int
) -> dict[str, pl.Series]:
    """Make the columns that say which interval a row is of; row: int64, its place in the measures."""
    interval = np.arange(len(day)) - np.searchsorted(day, day)
    return {
        "day": pl.Series(day[row], dtype=pl.Int32),
        "interval": pl.Series(interval[row], dtype=pl.Int16),
        "begins": pl.Series(measures.begins_us[row] + epoch).cast(TIME),
        "length_s": pl.Series(measures.length_us[row] / US_PER_S),
    }


def _ratio(values: NDArray[np.int64], by: NDArray[np.int64]) -> NDArray[np.float64]:
    """Divide; NaN where there is nothing to divide by."""
    return np.where(by > 0, values / np.maximum(by, 1), np.nan)


def _known(values: NDArray[np.float64]) -> pl.Series:
    """Make a column in which NaN is null."""
    # The means of every engine leave out null; with NaN they are NaN.
    return pl.Series(values, nan_to_null=True)
