"""Define the six dimension tables as arrays, and check their keys and references."""

from __future__ import annotations

import hashlib
import itertools
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray

# The largest int8: the type of location_id in the event files.
MAX_LOCATION_ID = 127
# Degrees. Nearer to a pole, a delivery square spans too many degrees of longitude: 50 miles are 8 degrees
# here, and 41 degrees at a latitude of 89.
MAX_ABS_LAT = 85
# Dollars.
MAX_PRICE = 1e6
# In cents: a price such as 8.08 is no exact binary number, and times 100 it is off by its last bits.
CENT_ROUNDING = 1e-6
# The end_day of a brand that never closes: after every day of a scenario.
END_OF_TIME = 2**62
# Of a brand: growth above, at and below 0. `location.trajectory_by_growth` relies on this order.
TRAJECTORIES = ("growing", "flat", "declining")


class Locations(NamedTuple):
    """Locations: lat and lon in decimal degrees, base_orders_day on day 0, growth a day as a fraction.

    As in all six tables, columns are int64 (n,) or float64 (n,) arrays, or tuples of n strings.
    """

    location_id: NDArray[np.int64]
    location_code: tuple[str, ...]
    name: tuple[str, ...]
    address: tuple[str, ...]
    lat: NDArray[np.float64]
    lon: NDArray[np.float64]
    narrative: tuple[str, ...]
    base_orders_day: NDArray[np.int64]
    growth_rate_daily: NDArray[np.float64]


class Brands(NamedTuple):
    """Brands; avg_prep_time_min, in minutes, decides how long recipes take, where kitchens have stations."""

    brand_id: NDArray[np.int64]
    name: tuple[str, ...]
    cuisine_type: tuple[str, ...]
    avg_prep_time_min: NDArray[np.int64]


class BrandLocations(NamedTuple):
    """Placements: a brand is open at a location on start_day <= day < end_day (NaN: it never closes)."""

    brand_location_id: NDArray[np.int64]
    brand_id: NDArray[np.int64]
    location_id: NDArray[np.int64]
    start_day: NDArray[np.int64]
    end_day: NDArray[np.float64]
    trajectory: tuple[str, ...]
    growth_rate_monthly: NDArray[np.float64]


def end_days(end_day: NDArray[np.float64]) -> NDArray[np.int64]:
    """Convert the column end_day to whole days, int64 (n,): `END_OF_TIME` where it is NaN."""
    return np.where(np.isnan(end_day), END_OF_TIME, end_day).astype(np.int64)


class Menus(NamedTuple):
    """Menus of the brands."""

    id: NDArray[np.int64]
    brand_id: NDArray[np.int64]
    name: tuple[str, ...]


class Categories(NamedTuple):
    """Categories of the menus."""

    id: NDArray[np.int64]
    menu_id: NDArray[np.int64]
    brand_id: NDArray[np.int64]
    name: tuple[str, ...]


class Items(NamedTuple):
    """Items of the categories; price in dollars, with whole cents."""

    id: NDArray[np.int64]
    category_id: NDArray[np.int64]
    menu_id: NDArray[np.int64]
    brand_id: NDArray[np.int64]
    name: tuple[str, ...]
    price: NDArray[np.float64]


# The class of each table, by the table's name, in the order in which manifests list them.
TABLES: dict[str, type[NamedTuple]] = {
    "locations": Locations,
    "brands": Brands,
    "brand_locations": BrandLocations,
    "menus": Menus,
    "categories": Categories,
    "items": Items,
}


@dataclass(frozen=True, eq=False)
class Dimensions:
    """The six tables, checked when they are made.

    Raises
    ------
    DataError
        "TABLE: COLUMN, row N: expected ..., got VALUE." with rows counted from 0.
    """

    locations: Locations
    brands: Brands
    brand_locations: BrandLocations
    menus: Menus
    categories: Categories
    items: Items

    def __post_init__(self) -> None:
        """Check columns, keys and references."""
        for field in fields(self):
            _check_table(field.name, getattr(self, field.name))
        _check_values(self)
        _check_references(self)

    def content_hash(self) -> str:
        """Hash the names and values of all columns by SHA-256, rows in their order."""
        # Names what is hashed, so that no other kind of content can have this hash.
        digest = hashlib.sha256(b"fastgen dimensions 1\n")
        for field in fields(self):
            for column, values in getattr(self, field.name)._asdict().items():
                digest.update(f"{field.name}.{column} {len(values)}\n".encode())
                digest.update(_column_bytes(values))
        return digest.hexdigest()


def _column_bytes(values: tuple[str, ...] | NDArray[np.int64] | NDArray[np.float64]) -> bytes:
    if isinstance(values, tuple):
        encoded = [v.encode() for v in values]
        # With the length before each text: "ab", "c" and "a", "bc" must differ.
        return b"".join(len(e).to_bytes(4, "little") + e for e in encoded)
    if values.dtype.kind == "f":
        # Every NaN and zero in one form, so that equal columns have equal bytes.
        values = np.where(np.isnan(values), np.nan, values) + 0.0
    return values.astype(values.dtype.newbyteorder("<")).tobytes()


def _refuse(table: str, column: str, row: int, expected: str, value: object) -> None:
    shown = value if isinstance(value, str) else np.asarray(value).item()
    raise DataError(f"{table}: {column}, row {row}: expected {expected}, got {shown!r}.")


def _first(wrong: NDArray[np.bool_]) -> int:
    return int(np.argmax(wrong)) if wrong.any() else -1


def _check_table(name: str, table: NamedTuple) -> None:
    columns = table._asdict()
    lengths = {column: len(values) for column, values in columns.items()}
    if len(set(lengths.values())) != 1:
        raise DataError(f"{name}: expected columns of one length, got {lengths}.")
    key, ids = next(iter(columns.items()))
    # A table without placements is valid: no brand is open then, and the dataset has no orders.
    if not len(ids) and name != "brand_locations":
        raise DataError(f"{name}: expected at least one row, got none.")
    order = np.argsort(ids, kind="stable")
    same = np.concatenate([[False], ids[order][1:] == ids[order][:-1]]) if len(ids) else np.zeros(0, bool)
    # The first row that repeats a key, in the order of the table.
    repeated = np.sort(order[same])
    if len(repeated):
        _refuse(name, key, int(repeated[0]), f"each {key} once", ids[repeated[0]])


def _check_values(dims: Dimensions) -> None:
    locations, placed = dims.locations, dims.brand_locations
    # Above every int64: no upper bound.
    big = float(2**63)
    checks: tuple[tuple[str, str, NDArray[np.int64] | NDArray[np.float64], float, float], ...] = (
        ("locations", "location_id", locations.location_id, 1, MAX_LOCATION_ID),
        ("locations", "lat", locations.lat, -MAX_ABS_LAT, MAX_ABS_LAT),
        ("locations", "lon", locations.lon, -180, 180),
        ("locations", "base_orders_day", locations.base_orders_day, 0, 10**9),
        ("locations", "growth_rate_daily", locations.growth_rate_daily, -1, 10),
        ("brands", "brand_id", dims.brands.brand_id, 0, big),
        ("brands", "avg_prep_time_min", dims.brands.avg_prep_time_min, 0, 1440),
        ("brand_locations", "brand_location_id", placed.brand_location_id, 0, big),
        ("brand_locations", "growth_rate_monthly", placed.growth_rate_monthly, -0.99, 10),
        ("menus", "id", dims.menus.id, 0, big),
        ("categories", "id", dims.categories.id, 0, big),
        ("items", "id", dims.items.id, 0, big),
        ("items", "price", dims.items.price, 0, MAX_PRICE),
    )
    for table, column, values, low, high in checks:
        # Negated, so that NaN is refused too.
        row = _first(~((values >= low) & (values <= high)))
        if row >= 0:
            rule = f"{column} >= {low}" if high == big else f"{low} <= {column} <= {high:.12g}"
            _refuse(table, column, row, rule, values[row])
    for row, code in enumerate(locations.location_code):
        if code in locations.location_code[:row]:
            _refuse("locations", "location_code", row, "each location_code once", code)
    for row, word in enumerate(placed.trajectory):
        if word not in TRAJECTORIES:
            _refuse("brand_locations", "trajectory", row, f"one of {', '.join(TRAJECTORIES)}", word)
    cents = dims.items.price * 100
    row = _first(np.abs(cents - np.rint(cents)) > CENT_ROUNDING)
    if row >= 0:
        _refuse("items", "price", row, "whole cents", dims.items.price[row])
    _check_periods(placed)


def _check_periods(placed: BrandLocations) -> None:
    start, end = placed.start_day, placed.end_day
    row = _first(np.isinf(end) | (~np.isnan(end) & (end != np.floor(end))))
    if row >= 0:
        _refuse("brand_locations", "end_day", row, "a whole day, or null", end[row])
    row = _first(end <= start)
    if row >= 0:
        _refuse("brand_locations", "end_day", row, f"start_day ({start[row]}) < end_day", end[row])
    # Periods of one brand at one location follow each other.
    order = np.lexsort((start, placed.location_id, placed.brand_id))
    for before, after in itertools.pairwise(order):
        pair = placed.brand_id[before] == placed.brand_id[after]
        pair &= placed.location_id[before] == placed.location_id[after]
        if pair and not end[before] <= start[after]:
            what = (
                f"brand {placed.brand_id[after]} open once at a time at location {placed.location_id[after]}"
            )
            _refuse("brand_locations", "start_day", int(after), what, start[after])


def _look_up(
    table: str, column: str, values: NDArray[np.int64], to: str, keys: NDArray[np.int64]
) -> NDArray[np.int64]:
    """Find the row of each value among the keys of another table, int64 (n_values,)."""
    order = np.argsort(keys, kind="stable")
    # A value greater than all keys finds the last one, and differs from it.
    at = np.minimum(np.searchsorted(keys[order], values), len(keys) - 1)
    rows = order[at]
    row = _first(keys[rows] != values)
    if row >= 0:
        _refuse(table, column, row, f"a key of {to}", values[row])
    return rows.astype(np.int64)


def _check_same(table: str, column: str, own: NDArray[np.int64], theirs: NDArray[np.int64], of: str) -> None:
    row = _first(own != theirs)
    if row >= 0:
        _refuse(table, column, row, f"{theirs[row]}, the {column} of its {of}", own[row])


def _check_references(dims: Dimensions) -> None:
    brands, menus, categories, items = dims.brands.brand_id, dims.menus, dims.categories, dims.items
    placed = dims.brand_locations
    _look_up("brand_locations", "brand_id", placed.brand_id, "brands", brands)
    _look_up("brand_locations", "location_id", placed.location_id, "locations", dims.locations.location_id)
    _look_up("menus", "brand_id", menus.brand_id, "brands", brands)
    _look_up("categories", "brand_id", categories.brand_id, "brands", brands)
    menu = _look_up("categories", "menu_id", categories.menu_id, "menus", menus.id)
    _check_same("categories", "brand_id", categories.brand_id, menus.brand_id[menu], "menu")
    _look_up("items", "brand_id", items.brand_id, "brands", brands)
    menu = _look_up("items", "menu_id", items.menu_id, "menus", menus.id)
    category = _look_up("items", "category_id", items.category_id, "categories", categories.id)
    _check_same("items", "menu_id", items.menu_id, categories.menu_id[category], "category")
    _check_same("items", "brand_id", items.brand_id, menus.brand_id[menu], "menu")
    row = _first(~np.isin(placed.brand_id, items.brand_id))
    if row >= 0:
        _refuse("brand_locations", "brand_id", row, "a brand with at least one item", placed.brand_id[row])
