"""Find where a live kitchen is: by its position, by the table of known addresses, or by a server."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from importlib.util import find_spec
from typing import TYPE_CHECKING

import numpy as np

from fastgen.errors import FastgenError, ScenarioError
from fastgen.inputs.timezones import zone_names
from fastgen.model.dimensions import MAX_ABS_LAT
from fastgen.model.fields import shown
from fastgen.model.great_circle import compute_distances_m

if TYPE_CHECKING:
    from fastgen.live_kitchens.config import LiveConfig

# Latitude and longitude, decimal degrees; an address never has this form.
_POSITION = re.compile(r"\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*,\s*([+-]?[0-9]{1,3}(?:\.[0-9]{1,20})?)\s*")
# Addresses are compared by their letters and digits alone: "160 Spear St., SF" is "160 spear st sf".
_OTHER = re.compile(r"[\W_]+")
# A built-in network reaches four miles from its kitchen. So far away, most customers are still on it.
_NEAR_M = 2500.0


@dataclass(frozen=True)
class KnownPlace:
    """A place of the table `places.toml`.

    Attributes
    ----------
    address
        Postal address on one line.
    lat, lon
        Position, degrees.
    timezone
        IANA time zone.
    network
        Code of the built-in road network around it.
    """

    address: str
    lat: float
    lon: float
    timezone: str
    network: str


@dataclass(frozen=True)
class Place:
    """Where a kitchen is.

    Attributes
    ----------
    code
        Code of its location in a scenario, and of its road network: the code of the built-in network around
        it, or else the kitchen's name.
    lat, lon
        Position, degrees.
    timezone
        IANA time zone.
    """

    code: str
    lat: float
    lon: float
    timezone: str


@cache
def known_places() -> tuple[KnownPlace, ...]:
    """Read the table of known places, which needs no network."""
    text = (resources.files("fastgen.live_kitchens") / "places.toml").read_text(encoding="utf-8")
    return tuple(KnownPlace(**place) for place in tomllib.loads(text)["places"])


def find_place(config: LiveConfig, geocoder: str | None = None, *, online: bool = True) -> Place:
    """Find the place of a config.

    Parameters
    ----------
    config
        The config.
    geocoder
        URL of a Nominatim server; None: OpenStreetMap's.
    online
        Whether to send an address that the table doesn't have to the server.

    Raises
    ------
    ScenarioError
        If the position is out of range, or the address or its time zone is unknown.
    FastgenError
        If the server can't be reached, or answers with an error.
    """
    found = _find_position(config.gk_location, geocoder, online=online)
    # To a millionth of a degree, 11 cm, as in gk_id: what is one kitchen there has one position. 0.0 added
    # makes 0.0 of -0.0, which is the same place in another spelling.
    lat, lon = (round(degrees, 6) + 0.0 for degrees in found)
    near = _nearest(lat, lon)
    # The config comes first: a kitchen may keep the time of another zone than its place's.
    zone = config.timezone or (near.timezone if near else _zone_at(lat, lon))
    return Place(near.network if near else config.location_name, lat, lon, zone)


def _find_position(text: str, geocoder: str | None, *, online: bool) -> tuple[float, float]:
    position = _POSITION.fullmatch(text)
    if position:
        return _check_position(float(position[1]), float(position[2]), text)
    # Before the server, so that the shipped kitchens and examples work offline, the same for everyone.
    for place in known_places():
        if _plain(place.address) == _plain(text):
            return place.lat, place.lon
    way_out = 'state its position instead, as "lat, lon" in degrees'
    if not online:
        raise ScenarioError(f"gk_location: expected a known address, got {shown(text)}: {way_out}.")
    from fastgen.roads.geocoding import geocode  # noqa: PLC0415  # only for unknown addresses

    try:
        return _check_position(*geocode(text, geocoder), text)
    except FastgenError as error:
        reason = str(error).removesuffix(".")
        # Of the same class, whose exit code tells a wrong address (2) from a server that fails (1).
        raise type(error)(
            f"gk_location: expected a place that can be found, got {shown(text)} ({reason}): {way_out}."
        ) from None


def _check_position(lat: float, lon: float, text: str) -> tuple[float, float]:
    if not (abs(lat) <= MAX_ABS_LAT and abs(lon) <= 180):  # noqa: PLR2004  # degrees
        raise ScenarioError(
            f"gk_location: expected -{MAX_ABS_LAT:g} <= lat <= {MAX_ABS_LAT:g} and -180 <= lon <= 180, "
            f"got {shown(text)}."
        )
    return lat, lon


def _plain(address: str) -> str:
    return _OTHER.sub(" ", address.casefold()).strip()


def _nearest(lat: float, lon: float) -> KnownPlace | None:
    """Find the nearest known place; None if it is far away."""
    places = known_places()
    lats, lons = np.array([(place.lat, place.lon) for place in places]).T
    distances = compute_distances_m(lats, lons, lat, lon)
    nearest = int(distances.argmin())
    return places[nearest] if distances[nearest] <= _NEAR_M else None


def _zone_at(lat: float, lon: float) -> str:
    """Find the time zone of a position with tzfpy, which has the shapes of all zones and needs no network."""
    if find_spec("tzfpy") is None:
        raise ScenarioError(
            "timezone: expected an IANA time zone such as America/Chicago, since the place isn't in "
            "the table of known ones, got none: state it, or let pip install 'fastgen[timezones]' find it."
        )
    import tzfpy  # noqa: PLC0415  # an optional package

    zone = tzfpy.get_tz(lon, lat)
    # Its data may be newer than the installed tzdata, which has to load the zone.
    if zone not in zone_names():
        raise ScenarioError(
            f"timezone: expected an IANA time zone, since none is known at {lat:g}, {lon:g}, got none."
        )
    return str(zone)
