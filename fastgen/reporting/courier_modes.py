"""Tell how the couriers of a universe move: on foot, by bicycle or by car."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.dataset.result_tables import find_result_tables
from fastgen.model.site_template import COURIER_MODES
from fastgen.reporting.engine import read_table
from fastgen.reporting.place_clocks import PlaceClocks
from fastgen.units import S_PER_DAY, US_PER_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.dataset.result_tables import ResultFile
    from fastgen.reporting.survey import Survey

# A mode is its place in this list.
MODES = ("", *COURIER_MODES)
# More seconds than any order waits for its courier.
_SPAN_S = 2**22


def find_modes(survey: Survey) -> NDArray[np.int64]:
    """Find how the couriers of the orders on the map move.

    Parameters
    ----------
    survey
        The dataset.

    Returns
    -------
    int64 (n,)
        Of each trip of the tally, the place in `MODES`; 0: nobody has carried it, or no universe was run.
    """
    trips = survey.tally.trips
    modes = np.zeros(len(trips.day), np.int64)
    files = find_result_tables(survey.folder, survey.manifest.source)
    for row, code in enumerate(survey.tally.axes.codes):
        here = [file for file in files if file.site == code]
        mine = np.flatnonzero((trips.location == row) & (trips.picked_up_s >= 0))
        if here and len(mine):
            key, mode = _read_rides(survey, row, here)
            # Rides that begin in the same seconds have one key: which of them is which makes no difference.
            wanted = _join(*(column[mine] for column in (trips.day, trips.created_s, trips.picked_up_s)))
            place = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
            modes[mine] = np.where(key[place] == wanted, mode[place], 0)
    return modes


def _read_rides(
    survey: Survey, row: int, files: list[ResultFile]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Read the rides of a site: their keys, ascending, and their modes."""

    def read(table: str) -> pl.DataFrame:
        return pl.concat([read_table(file, survey.folder) for file in files if file.table == table])

    couriers = read("persons").filter(pl.col("role") == "courier").select("number", "mode")
    rides = (
        read("orders")
        .filter(pl.col("picked_up").is_not_null())
        .join(couriers, left_on="courier", right_on="number")
    )
    # Events have whole seconds.
    created, picked_up = (
        rides[name].dt.epoch("us").to_numpy().astype(np.int64) // US_PER_S
        for name in ("created", "picked_up")
    )
    day = rides["day"].to_numpy().astype(np.int64)
    clocks = PlaceClocks(survey.tally.axes, survey.scenario)
    second = clocks.seconds_of_day(np.full(len(day), row), day, created)
    key = _join(day, second, picked_up - created)
    rank = np.argsort(key, kind="stable")
    return key[rank], np.array([MODES.index(mode) for mode in rides["mode"].to_list()], np.int64)[rank]


def _join(
    day: NDArray[np.integer], second: NDArray[np.integer], waited_s: NDArray[np.integer]
) -> NDArray[np.int64]:
    """Make one number of a ride's day, the second of its order, and the seconds from then to its begin."""
    key: NDArray[np.int64] = (day.astype(np.int64) * 2 * S_PER_DAY + second) * _SPAN_S + waited_s
    return key
