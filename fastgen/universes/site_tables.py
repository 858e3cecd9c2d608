"""Make the tables of what a site is: its kitchens, their stations, its people, and what disturbs it."""

from __future__ import annotations

import tomllib
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.model.stations import STATION_TYPES
from fastgen.queueing.population import draw_names
from fastgen.templates.arrays import PACES
from fastgen.templates.disturbances import list_labels
from fastgen.templates.universe import id_of, kitchen_path, person_path, station_path
from fastgen.universes.day_tables import TIME, epoch_us

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from fastgen.universes.site_plan import SitePlan

ROLES = ("customer", "courier")


def make_kitchens(plan: SitePlan) -> pl.DataFrame:
    """Make the table of a site's kitchens: numbers as in the tables of orders, ids, names and places."""
    # All kitchens of a site are at one point, from which every ride begins.
    info, names = plan.site.info, [kitchen.info.name for kitchen in plan.site.kitchens]
    return pl.DataFrame(
        {
            "kitchen": pl.Series(range(len(names)), dtype=pl.Int16),
            "kitchen_id": [str(id_of(kitchen_path(info.name, name))) for name in names],
            "name": names,
            "latitude": [info.latitude] * len(names),
            "longitude": [info.longitude] * len(names),
        }
    )


def make_stations(plan: SitePlan) -> pl.DataFrame:
    """Make the table of a site's stations; their numbers go by kitchen, type, and place in the template."""
    site = plan.site
    rows = [
        (number, station)
        for number, kitchen in enumerate(site.kitchens)
        # The engine numbers the stations of a type together; sorting keeps the template's order in a type.
        for station in sorted(kitchen.stations, key=lambda station: STATION_TYPES.index(station.station_type))
    ]
    names = [(site.info.name, site.kitchens[kitchen].info.name, station.name) for kitchen, station in rows]
    return pl.DataFrame(
        {
            "station": pl.Series(range(len(rows)), dtype=pl.Int32),
            "station_id": [str(id_of(station_path(*three))) for three in names],
            "name": [station.name for _, station in rows],
            "station_type": [station.station_type for _, station in rows],
            "kitchen": pl.Series([kitchen for kitchen, _ in rows], dtype=pl.Int16),
        },
        schema_overrides={"station_id": pl.String, "name": pl.String, "station_type": pl.String},
    )


def make_people(plan: SitePlan) -> pl.DataFrame:
    """Make the table of a site's customers and couriers, with invented names and e-mail addresses."""
    n_customers, modes = plan.population.n_customers, {pace: mode for mode, pace in PACES.items()}
    homes, table = plan.homes, plan.rides.table
    customers = _make_people(plan, "customer", n_customers).with_columns(
        address=pl.Series(_addresses(table.street[homes.node], homes.house_number, plan), dtype=pl.String),
        # Coordinates of roads are whole microdegrees: six decimals.
        latitude=pl.Series(table.lat[homes.node].astype(np.float64)).round(6),
        longitude=pl.Series(table.lon[homes.node].astype(np.float64)).round(6),
    )
    couriers = _make_people(plan, "courier", len(plan.capacity.paces)).with_columns(
        mode=pl.Series([modes[pace] for pace in plan.capacity.paces.tolist()], dtype=pl.String)
    )
    # Columns that one of the roles lacks are null there.
    return pl.concat((customers, couriers), how="diagonal")


def make_disturbances(plan: SitePlan) -> pl.DataFrame:
    """Make the table of a site's disturbances, a row for each thing that one hits."""
    labels, epoch = list_labels(plan.site, plan.zone, plan.start), epoch_us(plan.start)
    ends = [None if label.to_us is None else epoch + label.to_us for label in labels]
    return pl.DataFrame(
        {
            "name": pl.Series([label.name for label in labels], dtype=pl.String),
            "kind": pl.Series([label.kind for label in labels], dtype=pl.String),
            "begins": pl.Series([epoch + label.from_us for label in labels], dtype=TIME),
            "ends": pl.Series(ends, dtype=TIME),
            "target": pl.Series([label.target for label in labels], dtype=pl.String),
            "target_id": pl.Series([str(id_of(label.target)) for label in labels], dtype=pl.String),
            "size": pl.Series([label.size for label in labels], dtype=pl.Float64),
        }
    )


def _make_people(plan: SitePlan, role: str, n: int) -> pl.DataFrame:
    """Make numbers, ids, names and e-mail addresses of the people of a role."""
    names = tomllib.loads((resources.files("fastgen.universes") / "names.toml").read_text(encoding="utf-8"))
    places = draw_names(plan.population, ROLES.index(role), n, (len(names["first"]), len(names["last"])))
    first, last = (
        pl.Series(names[part], dtype=pl.String).gather(places[i]) for i, part in enumerate(("first", "last"))
    )
    local = (first + "." + last).str.to_lowercase() + pl.Series([f".{i}" for i in range(n)], dtype=pl.String)
    site = plan.site.info.name
    return pl.DataFrame(
        {
            "role": pl.Series([role] * n, dtype=pl.String),
            "number": pl.Series(range(n), dtype=pl.Int32),
            "person_id": pl.Series(
                [str(id_of(person_path(site, role, i))) for i in range(n)], dtype=pl.String
            ),
            "name": first + " " + last,
            # example.com is nobody's (RFC 2606).
            "email": local + ("@example.com" if role == "customer" else "@couriers.example.com"),
        }
    )


def _addresses(street: NDArray[np.int32], house_number: NDArray[np.int32], plan: SitePlan) -> list[str]:
    """Write addresses as the events have them: the house number, then the street."""
    table = plan.rides.table
    bounds, text = table.street_start.tolist(), table.street_text.tobytes()
    streets = [text[bounds[i] : bounds[i + 1]].decode() for i in range(len(bounds) - 1)]
    pairs = zip(house_number.tolist(), street.tolist(), strict=True)
    return [f"{number}{streets[one]}" for number, one in pairs]
