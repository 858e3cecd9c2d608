"""Six small dimension tables that the tests break in one place at a time, and what loading them says."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastgen.errors import DataError
from fastgen.inputs.loading import load_inputs

if TYPE_CHECKING:
    from pathlib import Path

# A location that the canonical scenario lacks, with the six keys that one needs.
NEW_CITY = """
[locations.austin]
location_id = 5
name = "Austin"
lat = 30.2672
lon = -97.7431
base_orders_day = 120
timezone = "America/Chicago"
"""
Tables = dict[str, dict[str, list[Any]]]

# Ids neither start at 1 nor run on: a user's own tables needn't.
TOWN: Tables = {
    "locations": {
        "location_id": [7, 3],
        "location_code": ["harbour", "sf"],
        "name": ["Harbour", "San Francisco"],
        "address": ["1 Quay", "2 Hill"],
        "lat": [10.5, 37.7],
        "lon": [-20.25, -122.4],
        "narrative": ["growing", "flat"],
        "base_orders_day": [12, 30],
        "growth_rate_daily": [0.01, 0.0],
    },
    "brands": {
        "brand_id": [10, 20],
        "name": ["Caffè & Co", 'The "Pan"'],
        "cuisine_type": ["coffee", "burgers"],
        "avg_prep_time_min": [5, 12],
    },
    "brand_locations": {
        "brand_location_id": [5, 6, 9],
        "brand_id": [10, 20, 10],
        "location_id": [7, 7, 3],
        "start_day": [0, 4, 0],
        "end_day": [None, 60.0, None],
        "trajectory": ["growing", "flat", "declining"],
        "growth_rate_monthly": [0.1, 0.0, -0.2],
    },
    "menus": {"id": [1, 2], "brand_id": [10, 20], "name": ["Coffee", "Pans"]},
    "categories": {
        "id": [1, 2, 3],
        "menu_id": [1, 1, 2],
        "brand_id": [10, 10, 20],
        "name": ["Hot", "Cold", "Burgers"],
    },
    "items": {
        "id": [100, 101, 102, 103],
        "category_id": [1, 2, 3, 3],
        "menu_id": [1, 1, 2, 2],
        "brand_id": [10, 10, 20, 20],
        "name": ["Açaí Latte", "Iced", "Plain", "Double"],
        "price": [4.5, 3.25, 8.99, 11.0],
    },
}


def changed(table: str, column: str, row: int, value: object) -> Tables:
    """Give the town's tables with one cell changed."""
    tables = copy.deepcopy(TOWN)
    tables[table][column][row] = value
    return tables


def write_town(folder: Path, tables: Tables = TOWN) -> Path:
    """Write tables into a new folder below `folder`."""
    directory = folder / "tables"
    directory.mkdir()
    for name, columns in tables.items():
        pq.write_table(pa.table(columns), directory / f"{name}.parquet")
    return directory


def refuse(directory: Path) -> str:
    """Load tables that must be refused in one line, and nothing written; give the line."""
    before = sorted(directory.parent.rglob("*"))
    with pytest.raises(DataError) as refused:
        load_inputs(None, directory)
    assert "\n" not in str(refused.value)
    assert sorted(directory.parent.rglob("*")) == before
    return str(refused.value)
