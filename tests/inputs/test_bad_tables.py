"""A wrong table is refused by one line naming file, column, row and value, before anything is written."""

import copy
import warnings
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastgen.errors import FastgenWarning, ScenarioError
from fastgen.inputs.loading import load_inputs
from fastgen.model.dimensions import TABLES
from fastgen.model.location import CODE_RULE
from tests.cli.processes import run_fastgen
from tests.inputs.town_tables import TOWN, changed, refuse, write_town

NAN, INF = float("nan"), float("inf")
CODE = f"a code of {CODE_RULE}"

WRONG_CELLS = [
    ("locations", "location_id", 0, 0, "expected 1 <= location_id <= 127, got 0."),
    ("locations", "location_id", 1, 128, "expected 1 <= location_id <= 127, got 128."),
    ("locations", "location_id", 1, 7, "expected each location_id once, got 7."),
    ("locations", "location_code", 1, "harbour", "expected each location_code once, got 'harbour'."),
    (
        "locations",
        "location_code",
        0,
        "a/b",
        f"expected {CODE}, got 'a/b'.",
    ),
    ("locations", "location_code", 0, None, "expected a value of type str, got null."),
    ("locations", "name", 1, "", "expected 1 to 200 characters on one line, got ''."),
    ("locations", "name", 1, "two\nlines", "expected 1 to 200 characters on one line, got 'two\\nlines'."),
    ("locations", "lat", 0, NAN, "expected -85 <= lat <= 85, got nan."),
    ("locations", "lat", 1, INF, "expected -85 <= lat <= 85, got inf."),
    ("locations", "lat", 1, 91.0, "expected -85 <= lat <= 85, got 91.0."),
    ("locations", "lat", 1, None, "expected a value of type f64, got null."),
    ("locations", "lon", 0, NAN, "expected -180 <= lon <= 180, got nan."),
    ("locations", "lon", 0, -180.5, "expected -180 <= lon <= 180, got -180.5."),
    ("locations", "base_orders_day", 0, -1, "expected 0 <= base_orders_day <= 1000000000, got -1."),
    ("locations", "base_orders_day", 1, None, "expected a value of type i64, got null."),
    ("locations", "growth_rate_daily", 0, -1.5, "expected -1 <= growth_rate_daily <= 10, got -1.5."),
    ("locations", "growth_rate_daily", 0, NAN, "expected -1 <= growth_rate_daily <= 10, got nan."),
    ("brands", "brand_id", 1, 10, "expected each brand_id once, got 10."),
    ("brands", "brand_id", 0, -10, "expected brand_id >= 0, got -10."),
    ("brands", "name", 0, None, "expected a value of type str, got null."),
    ("brands", "avg_prep_time_min", 1, -1, "expected 0 <= avg_prep_time_min <= 1440, got -1."),
    ("brand_locations", "brand_id", 1, 99, "expected a key of brands, got 99."),
    ("brand_locations", "location_id", 2, 4, "expected a key of locations, got 4."),
    ("brand_locations", "start_day", 0, 40_000, "expected -36500 <= start_day <= 36500, got 40000."),
    ("brand_locations", "start_day", 0, None, "expected a value of type i64, got null."),
    ("brand_locations", "end_day", 1, 3.0, "expected start_day (4) < end_day, got 3.0."),
    ("brand_locations", "end_day", 1, 60.5, "expected a whole day, or null, got 60.5."),
    ("brand_locations", "end_day", 1, INF, "expected a whole day, or null, got inf."),
    (
        "brand_locations",
        "end_day",
        1,
        1e7,
        'expected -36500 <= end_day <= 365000, or "open", got 10000000.',
    ),
    ("brand_locations", "trajectory", 0, "up", "expected one of growing, flat, declining, got 'up'."),
    (
        "brand_locations",
        "growth_rate_monthly",
        2,
        -1.0,
        "expected -0.99 <= growth_rate_monthly <= 10, got -1.0.",
    ),
    (
        "brand_locations",
        "growth_rate_monthly",
        2,
        NAN,
        "expected -0.99 <= growth_rate_monthly <= 10, got nan.",
    ),
    ("menus", "id", 1, 1, "expected each id once, got 1."),
    ("menus", "brand_id", 1, 30, "expected a key of brands, got 30."),
    ("categories", "id", 2, 1, "expected each id once, got 1."),
    ("categories", "menu_id", 1, 4, "expected a key of menus, got 4."),
    ("categories", "brand_id", 1, 30, "expected a key of brands, got 30."),
    ("categories", "brand_id", 1, 20, "expected 10, the brand_id of its menu, got 20."),
    ("items", "id", 3, 100, "expected each id once, got 100."),
    ("items", "id", 3, None, "expected a value of type i64, got null."),
    ("items", "category_id", 0, 9, "expected a key of categories, got 9."),
    ("items", "menu_id", 0, 9, "expected a key of menus, got 9."),
    ("items", "menu_id", 0, 2, "expected 1, the menu_id of its category, got 2."),
    ("items", "brand_id", 3, 99, "expected a key of brands, got 99."),
    ("items", "brand_id", 3, 10, "expected 20, the brand_id of its menu, got 10."),
    ("items", "name", 2, None, "expected a value of type str, got null."),
    ("items", "price", 2, -0.01, "expected 0 <= price <= 1000000, got -0.01."),
    ("items", "price", 2, NAN, "expected 0 <= price <= 1000000, got nan."),
    ("items", "price", 2, 1.005, "expected whole cents, got 1.005."),
]

WRONG_TYPES = [
    ("locations", "lat", ["10", "37"], "expected type f64, got string."),
    (
        "locations",
        "location_id",
        pa.array([7, 3], pa.timestamp("us")),
        "expected type i64, got timestamp[us].",
    ),
    ("brand_locations", "start_day", pa.array([0, 4, 0], pa.date32()), "expected type i64, got date32[day]."),
    ("locations", "address", [["1"], ["2"]], "expected type str, got list<element: string>."),
    ("locations", "name", [1, 2], "expected type str, got int64."),
    ("locations", "base_orders_day", [True, False], "expected type i64, got bool."),
    ("items", "price", pa.array([4, 3, 8, 11], pa.duration("s")), "expected type f64, got duration[s]."),
    ("items", "id", ["100", "101", "102", "103"], "expected type i64, got string."),
    ("brand_locations", "end_day", ["60", None, None], "expected type f64, got string."),
    ("brand_locations", "start_day", [None, None, None], "expected type i64, got null."),
]


@pytest.mark.parametrize("wrong", WRONG_CELLS, ids=lambda wrong: f"{wrong[0]}-{wrong[1]}-{wrong[3]!r}")
def test_wrong_cell_is_refused(tmp_path: Path, wrong: tuple[str, str, int, object, str]) -> None:
    table, column, row, value, message = wrong
    directory = write_town(tmp_path, changed(table, column, row, value))
    assert refuse(directory) == f"{directory / table}.parquet: {column}, row {row}: {message}"


@pytest.mark.parametrize(("table", "column", "values", "message"), WRONG_TYPES)
def test_wrong_type_is_refused(tmp_path: Path, table: str, column: str, values: object, message: str) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    pq.write_table(pa.table({**TOWN[table], column: values}), path)
    assert refuse(directory) == f"{path}: {column}: {message}"


@pytest.mark.parametrize("table", TABLES)
def test_missing_column_is_refused(tmp_path: Path, table: str) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    *others, last = TOWN[table]
    pq.write_table(pa.table({c: TOWN[table][c] for c in others}), path)
    wanted = f"{path}: {last}: expected one column of this name, got columns {', '.join(others)}."
    assert refuse(directory) == wanted


WRONG_VALUES = [
    ("locations", "location_id", pa.array([7.0, 3.5]), 1, "expected a whole number, got 3.5."),
    (
        "items",
        "id",
        pa.array([1, 2, 3, NAN]),
        3,
        "expected a whole number that a float holds exactly, got nan.",
    ),
    (
        *("items", "id", pa.array([1, 2.0**53 + 2, 3, INF]), 1),
        "expected a whole number that a float holds exactly, got 9007199254740994.0.",
    ),
    ("items", "menu_id", pa.array([None, 1.0, 2.0, 2.0]), 0, "expected a value of type i64, got null."),
    (
        *("items", "id", pa.array([1, 2, 3, 10**20], pa.decimal128(30, 0)), 3),
        "expected a 64-bit integer, got 100000000000000000000.",
    ),
    ("items", "price", pa.array([4.5, 1.005, 8, 11], pa.float32()), 1, "expected whole cents, got 1.005."),
    ("menus", "name", pa.array([b"Coffee", b"Caff\xe8"]), 1, "expected text in UTF-8, got b'Caff\\xe8'."),
    ("locations", "location_code", pa.array(["a", " b"]), 1, f"expected {CODE}, got ' b'."),
    ("locations", "location_code", pa.array(["a ", "b"]), 0, f"expected {CODE}, got 'a '."),
]


@pytest.mark.parametrize(("table", "column", "values", "row", "message"), WRONG_VALUES)
def test_value_that_its_type_cannot_mean_is_refused(
    tmp_path: Path, table: str, column: str, values: object, row: int, message: str
) -> None:
    directory = write_town(tmp_path)
    path = directory / f"{table}.parquet"
    pq.write_table(pa.table({**TOWN[table], column: values}), path)
    assert refuse(directory) == f"{path}: {column}, row {row}: {message}"


def test_placed_brand_without_items_is_refused(tmp_path: Path) -> None:
    tables = copy.deepcopy(TOWN)
    tables["items"] = {column: values[:2] for column, values in tables["items"].items()}
    directory = write_town(tmp_path, tables)
    path = directory / "brand_locations.parquet"
    assert refuse(directory) == f"{path}: brand_id, row 1: expected a brand with at least one item, got 20."


def test_brand_open_twice_at_a_time_is_refused(tmp_path: Path) -> None:
    directory = write_town(tmp_path, changed("brand_locations", "location_id", 2, 7))
    path = directory / "brand_locations.parquet"
    wanted = "start_day, row 2: expected brand 10 open once at a time at location 7, got 0."
    assert refuse(directory) == f"{path}: {wanted}"


def test_id_beyond_64_bits_is_refused(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    path = directory / "items.parquet"
    ids = pa.array([1, 2, 3, 2**63], pa.uint64())
    pq.write_table(pa.table({**TOWN["items"], "id": ids}), path)
    assert refuse(directory) == f"{path}: id, row 3: expected a 64-bit integer, got {2**63}."


def test_rows_to_be_numbered_anew_are_not_told_of_when_something_else_is_wrong(tmp_path: Path) -> None:
    """The first row of a table of placements stands there twice: the brand would be open twice at a time."""
    tables = copy.deepcopy(TOWN)
    for values in tables["brand_locations"].values():
        values.append(values[0])
    run = run_fastgen("scenario", "show", "--dimensions", write_town(tmp_path, tables))
    assert run.returncode == 2
    assert len(run.stderr.splitlines()) == 1
    assert "numbered anew" not in run.stderr


def test_nor_when_the_scenario_that_they_belong_to_is_wrong(tmp_path: Path) -> None:
    tables = copy.deepcopy(TOWN)
    tables["brand_locations"]["brand_location_id"] = [5, 5, 9]
    (tmp_path / "mine.toml").write_text("days = -1")
    directory = write_town(tmp_path, tables)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ScenarioError, match="days"):
            load_inputs(tmp_path / "mine.toml", directory)
    with pytest.warns(FastgenWarning, match="numbered anew, this one 1"):
        load_inputs(None, directory)
