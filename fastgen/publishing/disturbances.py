"""Make the published table of what disturbs the kitchens of a scenario, which its manifest states."""

from __future__ import annotations

import datetime as dt
from functools import partial
from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.inputs.timezones import load_zone
from fastgen.model.site_template import Couriers, Kitchen, KitchenInfo, Site, SiteInfo, Station
from fastgen.model.stations import STATION_TYPES, STATION_WORDS
from fastgen.publishing.table import Table
from fastgen.templates.disturbances import list_labels
from fastgen.templates.universe import id_of
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.dataset.opened import OpenDataset
    from fastgen.model.location import Location
    from fastgen.model.scenario import Scenario
    from fastgen.model.station_kitchens import StationKitchens

_TIME = pa.timestamp("us", "UTC")
# The columns of a universe's result table, and its site: here the code of the location.
SCHEMA = pa.schema(
    [
        pa.field("site", pa.string(), nullable=False),
        *((name, pa.string()) for name in ("name", "kind")),
        *((name, _TIME) for name in ("begins", "ends")),
        *((name, pa.string()) for name in ("target", "target_id")),
        ("size", pa.float64()),
    ]
)


def open_disturbances(dataset: OpenDataset, name: str) -> list[Table]:
    """Make the table of a scenario's disturbances at the locations built; none where there are none.

    Raises
    ------
    DamageError
        If the manifest's scenario is damaged.
    """
    manifest, folder = dataset.manifest, dataset.index.folder
    # Most scenarios have no such kitchens, and needn't be checked here.
    if not isinstance(manifest.scenario.get("kitchen"), dict):
        return []
    scenario = parse_scenario(manifest, str(folder / MANIFEST), folder)
    built = {network.location_id for network in manifest.networks}
    found = [
        row for place in scenario.locations if place.location_id in built for row in _rows(scenario, place)
    ]
    return [Table(name, SCHEMA, partial(_batches, found))] if found else []


def _batches(found: list[dict[str, object]]) -> Iterator[pa.RecordBatch]:
    yield pa.RecordBatch.from_pylist(found, schema=SCHEMA)


def _rows(scenario: Scenario, place: Location) -> Iterator[dict[str, object]]:
    kitchens = scenario.kitchens_of(place)
    if kitchens is None or not kitchens.disturbances:
        return
    # By the wall clock of the location, times are written as if that were UTC, as in the events.
    zone = load_zone(place.timezone) if scenario.clock == "utc" else None
    midnight = dt.datetime.combine(scenario.start, dt.time(), dt.UTC)
    epoch_us = int(midnight.timestamp()) * US_PER_S
    for one in list_labels(_as_site(place, kitchens), zone, scenario.start):
        yield {
            "site": place.code,
            "name": one.name,
            "kind": one.kind,
            "begins": epoch_us + one.from_us,
            "ends": None if one.to_us is None else epoch_us + one.to_us,
            "target": one.target,
            "target_id": str(id_of(one.target)),
            "size": one.size,
        }


def _as_site(place: Location, kitchens: StationKitchens) -> Site:
    """Describe the kitchens of a location as a site of a template folder, with names by numbers."""
    stations = tuple(
        Station(f"{STATION_WORDS[kind]}-{number}", STATION_TYPES[kind])
        for kind, n in enumerate(kitchens.count_stations())
        for number in range(1, n + 1)
    )
    return Site(
        SiteInfo(place.code, place.lat, place.lon),
        tuple(Kitchen(KitchenInfo(name), stations) for name in kitchens.stations_by_kitchen),
        couriers=Couriers(number=kitchens.couriers),
        disturbances=kitchens.disturbances,
    )
