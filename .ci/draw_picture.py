"""Draw the README's picture: `python .ci/draw_picture.py canonical_dataset docs/pictures/dataset.png`."""

from __future__ import annotations

import json
import sys

import matplotlib.pyplot as plt
import polars as pl
from matplotlib.collections import LineCollection

import fastgen

S_PER_DAY, S_PER_HOUR = 86_400, 3_600
CITIES = {1: "sf", 2: "sv", 3: "bellevue", 4: "chicago"}
CHICAGO = 4
# A degree of longitude in Chicago, in degrees of latitude.
SQUEEZE = 0.744


def main(dataset: str, target: str) -> None:
    """Draw one evening of Chicago on the left; the day and the quarter of every city on the right."""
    mosaic = [["map", "hours"], ["map", "days"]]
    figure, axes = plt.subplot_mosaic(mosaic, figsize=(11, 5.5), layout="constrained")
    draw_evening(axes["map"], fastgen.slice_events(dataset, "32T17:00", "32T20:00", locations=["chicago"]))
    created = (
        fastgen.scan_events(dataset)
        .filter(event_type_id=1)
        .select(
            "location_id",
            day=(pl.col("ts_seconds") - pl.col("ts_seconds").min()) // S_PER_DAY,
            hour=pl.col("ts_seconds") % S_PER_DAY // S_PER_HOUR,
        )
        .collect()
    )
    draw_counts(axes["hours"], created, "hour", "orders by hour of the day, mean of 90 days", 90)
    draw_counts(axes["days"], created, "day", "orders by day", 1)
    axes["hours"].legend(frameon=False)
    figure.savefig(target, dpi=100)


def draw_evening(axes: plt.Axes, events: pl.LazyFrame) -> None:
    """Draw routes and pings."""
    rows = events.collect()
    routes = [json.loads(text) for text in rows["route_json"].drop_nulls()]
    lines = [[(lon, lat) for lat, lon in route] for route in routes]
    axes.add_collection(LineCollection(lines, colors="0.75", linewidths=0.8))
    axes.scatter(rows["ping_lon"], rows["ping_lat"], s=4, c=rows["ts_seconds"], cmap="plasma", zorder=3)
    kitchen = lines[0][0]
    axes.plot(*kitchen, "k*", markersize=12)
    axes.set_title("chicago, Friday of day 32, 17:00 to 20:00: routes and pings")
    axes.set_aspect(1 / SQUEEZE)
    axes.set_axis_off()


def draw_counts(axes: plt.Axes, created: pl.DataFrame, by: str, title: str, divisor: int) -> None:
    """Draw the number of orders of each city."""
    counts = created.group_by("location_id", by).len().sort(by)
    for location_id, city in CITIES.items():
        own = counts.filter(location_id=location_id)
        axes.plot(own[by], own["len"] / divisor, label=city)
    axes.set_title(title)
    axes.set_ylim(0)
    axes.spines[["top", "right"]].set_visible(False)


if __name__ == "__main__":
    main(*sys.argv[1:])
