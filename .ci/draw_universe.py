"""Draw a day with and without its disturbances: `python .ci/draw_universe.py FOLDER docs/pictures/oven.png`.

FOLDER has templates with one site, whose disturbances are on day 1. Queue and times are means of many runs.
"""

from __future__ import annotations

import datetime as dt
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import matplotlib.pyplot as plt
import numpy as np

from fastgen.model.stations import STATION_TYPES, STATION_WORDS
from fastgen.queueing.activity import (
    ORDER_CREATED,
    ORDER_ENDED,
    ORDER_STATE,
    describe_activity,
    describe_equipment,
    join_activity,
    no_activity,
)
from fastgen.queueing.kernels.records import DELIVERED
from fastgen.queueing.measures import make_edges, measure_pools
from fastgen.templates.reading import read_universe
from fastgen.universes.site_plan import plan_sites, reseed
from fastgen.universes.site_run import run_days

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.universes.site_plan import SitePlan

DAY, RUNS = 1, 400
US_PER_MIN = 60_000_000
QUEUE_MIN, TIME_MIN = 10, 30  # lengths of the intervals
FIRST_HOUR, END_HOUR = 9, 23
# Seen on white and on dark, and by people who don't tell red from green.
BROKEN, USUAL, OUT = "#d55e00", "#0072b2", "#f3e3d3"


def main(folder: str, target: str) -> None:
    """Draw the queue above, and the time in system below."""
    universe = read_universe(Path(folder))
    ((file, site),) = universe.sites.items()
    usual = replace(universe, sites={file: replace(site, disturbances=())})
    outage = site.disturbances[0]
    kind = STATION_TYPES.index(outage.station_type)
    begins_h, ends_h = (minute / 60 - 24 * DAY for minute in (outage.from_min, outage.to_min))
    figure, (above, below) = plt.subplots(2, 1, figsize=(8, 5.6), sharex=True, layout="constrained")
    # The usual day last: where both are equal, its line is seen.
    for templates, colour, label in (
        (universe, BROKEN, f"{outage.name}, {begins_h:.0f}:00 to {ends_h:.0f}:00"),
        (usual, USUAL, "the same day without it"),
    ):
        (plan,) = plan_sites(templates, 0, dt.date(2024, 1, 1), None, print)
        queue, minutes = measure(plan, kind, RUNS)
        above.step(
            np.arange(len(queue)) * QUEUE_MIN / 60,
            queue,
            where="post",
            color=colour,
            label=label,
            linewidth=1.8,
        )
        below.plot((np.arange(len(minutes)) + 0.5) * TIME_MIN / 60, minutes, color=colour, linewidth=1.8)
    for axes in (above, below):
        axes.axvspan(begins_h, ends_h, color=OUT, linewidth=0)
        axes.set_ylim(0)
        axes.grid(axis="y", color="0.9", linewidth=0.8)
        axes.set_axisbelow(True)
        axes.spines[["top", "right"]].set_visible(False)
    above.set_ylabel(f"lines waiting for the {STATION_WORDS[kind]}")
    below.set_ylabel("minutes from click to door")
    below.set_xlabel("time of day; below, the time at which the customer ordered")
    below.set_xlim(FIRST_HOUR, END_HOUR)
    hours = range(FIRST_HOUR, END_HOUR + 1)
    below.set_xticks(hours, [f"{hour}:00" for hour in hours])
    above.legend(frameon=False, loc="upper right")
    figure.savefig(target, dpi=100, metadata={"Software": None})


def measure(plan: SitePlan, kind: int, runs: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Measure the mean queue for stations of a type, and the mean time in system by time of order."""
    equipment = describe_equipment(plan.capacity, plan.changes, plan.weather)
    begins, ends = plan.day_start_us(DAY), plan.day_start_us(DAY + 1)
    edges = make_edges(begins, ends, QUEUE_MIN * US_PER_MIN)
    queue_us = np.zeros(len(edges) - 1)
    n_slots = 24 * 60 // TIME_MIN
    numbers, minutes = np.zeros(n_slots), np.zeros(n_slots)
    for seed in range(runs):
        activity = no_activity()
        for log in run_days(reseed(plan, seed), DAY + 1):
            activity = join_activity(activity, describe_activity(log, equipment))
        queue_us += measure_pools(activity, equipment, edges).queue_us[kind :: equipment.n_types].sum(axis=0)
        orders = activity.orders[activity.orders[:, ORDER_STATE] == DELIVERED]
        orders = orders[(begins <= orders[:, ORDER_CREATED]) & (orders[:, ORDER_CREATED] < ends)]
        slot = (orders[:, ORDER_CREATED] - begins) // (TIME_MIN * US_PER_MIN)
        np.add.at(numbers, slot, 1)
        np.add.at(minutes, slot, (orders[:, ORDER_ENDED] - orders[:, ORDER_CREATED]) / US_PER_MIN)
    return queue_us / runs / np.diff(edges), minutes / numbers


if __name__ == "__main__":
    main(*sys.argv[1:])
