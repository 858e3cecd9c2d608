"""Make the figures of a queueing engine: queues, stations and couriers at work, times, disturbances."""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from fastgen.reporting.figures import Column, Figure
from fastgen.reporting.figures_of_orders import LOCATION
from fastgen.units import S_PER_MIN

if TYPE_CHECKING:
    from fastgen.reporting.engine import Engine

BEGINS = Column("interval begins", "UTC")
STATION = Column("type of stations")
# Most labels of disturbances in a sentence.
SHOWN_MAX = 6


def make_queues(engine: Engine) -> Figure:
    """Show how many lines wait for stations."""
    table = engine.stations.select("location", "begins", "station_type", "queue_length", "queue_max")
    columns = {
        "location": LOCATION,
        "begins": BEGINS,
        "station_type": STATION,
        "queue_length": Column("lines that wait, mean over the interval"),
        "queue_max": Column("most lines that waited at once in a kitchen"),
    }
    sentence = "No line ever waits for a station."
    if table["queue_max"].max():
        # By place and time too, so that of equal queues always the same is named.
        worst = table.sort("queue_length", "location", "begins", descending=True).row(0, named=True)
        sentence = (
            f"The longest queue is in {worst['location']}: from {worst['begins']:%Y-%m-%d %H:%M} UTC on, "
            f"{worst['queue_length']:.1f} lines wait for {_name(worst['station_type'])} on average."
        )
    return Figure("queue_length", "Lines that wait for stations", sentence, table, columns)


def make_utilisation(engine: Engine) -> Figure:
    """Show the share of stations and couriers at work."""
    couriers = engine.sites.select(
        "location", "begins", pl.lit("couriers").alias("station_type"), "courier_utilisation"
    ).rename({"courier_utilisation": "utilisation"})
    stations = engine.stations.select("location", "begins", "station_type", "utilisation")
    table = pl.concat([stations, couriers]).rename({"station_type": "resource"})
    columns = {
        "location": LOCATION,
        "begins": BEGINS,
        "resource": Column("stations or couriers"),
        "utilisation": Column("share at work of those in order or on duty"),
    }
    means = table.group_by("resource").agg(pl.col("utilisation").mean()).sort("utilisation", "resource")
    known = means.drop_nulls().rows()
    sentence = "Nothing is at work."
    if known:
        resource, share = known[-1]
        sentence = f"The busiest are the {_name(resource)}: on average, {share:.0%} of them are at work."
    return Figure("utilisation", "Stations and couriers at work", sentence, table, columns)


def make_time_in_system(engine: Engine) -> Figure:
    """Show how long orders take from the order to the customer, and on what."""
    parts = {
        "station_wait_s": "waiting for stations",
        "cooking_s": "cooking and packing",
        "courier_wait_s": "waiting for the courier",
        "ride_s": "ride",
    }
    names = ("time_in_system_p50_s", "time_in_system_p90_s", *parts)
    table = engine.sites.select("location", "begins", "orders_delivered", *names)
    means = "mean of the medians" if _has_several(engine) else "median"
    columns = {
        "location": LOCATION,
        "begins": BEGINS,
        "orders_delivered": Column("orders delivered"),
        "time_in_system_p50_s": Column(f"time from order to delivery, {means}", "s"),
        "time_in_system_p90_s": Column("the same, P90", "s"),
        **{name: Column(f"mean time of {words}", "s") for name, words in parts.items()},
    }
    sentence = "No order is delivered."
    worst = table.filter(pl.col("orders_delivered") > 0).sort(
        "time_in_system_p90_s", "location", "begins", descending=True, nulls_last=True
    )
    if len(worst):
        row = worst.row(0, named=True)
        sentence = (
            f"The worst interval is in {row['location']} at {row['begins']:%Y-%m-%d %H:%M} UTC: "
            f"one order of ten takes {row['time_in_system_p90_s'] / S_PER_MIN:.0f} minutes or more."
        )
    return Figure("time_in_system", "How long orders take, and on what", sentence, table, columns)


def make_disturbances(engine: Engine) -> Figure:
    """List what disturbs the sites."""
    table = engine.disturbances.sort("begins", "location", "name", "target")
    columns = {
        "location": LOCATION,
        "name": Column("label"),
        "kind": Column("kind"),
        "begins": Column("begins", "UTC"),
        "ends": Column("ends; none: it goes on", "UTC"),
        "target": Column("what it hits"),
        "size": Column("size"),
    }
    labels = table["name"].unique(maintain_order=True).to_list()
    sentence = "Nothing disturbs the sites."
    if labels:
        more = ", ..." if len(labels) > SHOWN_MAX else ""
        sentence = f"{len(labels)} disturbances: {', '.join(labels[:SHOWN_MAX])}{more}."
    return Figure("disturbances", "Disturbances", sentence, table, columns)


def _name(resource: str) -> str:
    """Name couriers, or stations by their type, as people do."""
    kind = resource.removeprefix("KITCHEN_STATION_")
    return resource if kind == resource else f"{kind.replace('_', ' ').lower()}s"


def _has_several(engine: Engine) -> bool:
    """Whether an interval joins several of those that were measured."""
    return bool((engine.sites["length_s"] < engine.interval_s).all())
