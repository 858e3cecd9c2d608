"""Tables are committed, so writing them again must change no byte; and a user's own come in many dialects."""

import errno
import os
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from fastgen.errors import OutputError
from fastgen.inputs import tables
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import encode_dimension, holds_table, read_tables, write_tables
from fastgen.model.dimensions import TABLES, Dimensions
from tests.inputs.town_tables import TOWN, write_town


@pytest.fixture(scope="module")
def dims() -> Dimensions:
    return load_inputs(None, None)[1]


def contents(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {p.name: (p.read_bytes(), p.stat().st_mtime_ns) for p in folder.iterdir()}


def test_written_tables_have_the_types_of_the_model(dims: Dimensions, tmp_path: Path) -> None:
    write_tables(dims, tmp_path)
    i64, f64, text = pl.Int64, pl.Float64, pl.String
    assert pl.read_parquet(tmp_path / "locations.parquet").schema == {
        "location_id": i64,
        "location_code": text,
        "name": text,
        "address": text,
        "lat": f64,
        "lon": f64,
        "narrative": text,
        "base_orders_day": i64,
        "growth_rate_daily": f64,
    }
    assert pl.read_parquet(tmp_path / "brand_locations.parquet").schema == {
        "brand_location_id": i64,
        "brand_id": i64,
        "location_id": i64,
        "start_day": i64,
        "end_day": f64,
        "trajectory": text,
        "growth_rate_monthly": f64,
    }
    assert pl.read_parquet(tmp_path / "items.parquet").schema == {
        "id": i64,
        "category_id": i64,
        "menu_id": i64,
        "brand_id": i64,
        "name": text,
        "price": f64,
    }
    assert pl.read_parquet(tmp_path / "brands.parquet").columns == [*TOWN["brands"]]
    assert pl.read_parquet(tmp_path / "menus.parquet").columns == [*TOWN["menus"]]
    assert pl.read_parquet(tmp_path / "categories.parquet").columns == [*TOWN["categories"]]
    assert pl.read_parquet(tmp_path / "brand_locations.parquet")["end_day"].null_count() == 23


def test_written_tables_are_read_back(dims: Dimensions, tmp_path: Path) -> None:
    write_tables(dims, tmp_path / "new" / "folder")
    assert read_tables(tmp_path / "new" / "folder").content_hash() == dims.content_hash()


def test_equal_tables_are_left_untouched(dims: Dimensions, tmp_path: Path) -> None:
    write_tables(dims, tmp_path)
    # The same rows as another writer would have put them.
    frame = pl.read_parquet(tmp_path / "items.parquet")
    frame.write_parquet(tmp_path / "items.parquet", compression="uncompressed")
    before = contents(tmp_path)
    write_tables(dims, tmp_path)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("kind", ["pipe", "very large"])
def test_what_is_no_table_is_not_read_to_find_that_out(kind: str, dims: Dimensions, tmp_path: Path) -> None:
    """A pipe would wait for its other end for ever, and terabytes of zeros fill the memory."""
    path = tmp_path / "menus.parquet"
    if kind == "pipe":
        os.mkfifo(path)
    else:
        with path.open("wb") as file:
            file.truncate(2**40)
    assert not holds_table(dims, "menus", tmp_path)
    write_tables(dims, tmp_path)
    assert holds_table(dims, "menus", tmp_path)


@pytest.mark.parametrize("damage", ["other", "truncated", "foreign"])
def test_another_table_is_replaced(dims: Dimensions, tmp_path: Path, damage: str) -> None:
    write_tables(dims, tmp_path)
    before = contents(tmp_path)
    path = tmp_path / "menus.parquet"
    if damage == "other":
        pl.read_parquet(path).head(3).write_parquet(path)
    else:
        path.write_bytes(path.read_bytes()[:100] if damage == "truncated" else b"not Parquet")
    write_tables(dims, tmp_path)
    assert {name: data for name, (data, _) in contents(tmp_path).items()} == {
        name: data for name, (data, _) in before.items()
    }


def test_no_space_leaves_the_old_table(
    dims: Dimensions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(dims, tmp_path)
    pl.read_parquet(tmp_path / "menus.parquet").head(3).write_parquet(tmp_path / "menus.parquet")
    before = contents(tmp_path)

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match=r"menus\.parquet: .*No space left on device"):
        write_tables(dims, tmp_path)
    assert contents(tmp_path) == before


def test_a_missing_end_is_null(dims: Dimensions) -> None:
    frame = pl.read_parquet(encode_dimension(dims, "brand_locations"))
    assert frame.filter(pl.col("end_day").is_not_null())["end_day"].to_list() == [60.0]


def recast(folder: Path, table: str, types: dict[str, pa.DataType]) -> Path:
    directory = write_town(folder)
    path = directory / f"{table}.parquet"
    columns = {c: pa.array(v).cast(types[c]) if c in types else v for c, v in TOWN[table].items()}
    pq.write_table(pa.table(columns), path)
    return directory


@pytest.mark.parametrize(
    ("table", "types"),
    [
        ("items", {"id": pa.int16(), "menu_id": pa.uint8(), "brand_id": pa.uint64()}),
        ("locations", {"location_id": pa.int8(), "base_orders_day": pa.int32(), "name": pa.large_string()}),
        ("locations", {"address": pa.string_view()}),
        ("brand_locations", {"end_day": pa.int64()}),
    ],
)
def test_other_widths_read_alike(tmp_path: Path, table: str, types: dict[str, pa.DataType]) -> None:
    (tmp_path / "plain").mkdir()
    plain = read_tables(write_town(tmp_path / "plain"))
    assert read_tables(recast(tmp_path, table, types)).content_hash() == plain.content_hash()


def test_whole_numbers_stand_for_floats(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    pq.write_table(pa.table({**TOWN["items"], "price": [4, 3, 8, 11]}), directory / "items.parquet")
    assert read_tables(directory).items.price.tolist() == [4.0, 3.0, 8.0, 11.0]


def test_column_of_open_ends_may_have_no_type(tmp_path: Path) -> None:
    directory = write_town(tmp_path)
    ends = pa.array([None] * 3, pa.null())
    pq.write_table(
        pa.table({**TOWN["brand_locations"], "end_day": ends}), directory / "brand_locations.parquet"
    )
    assert load_inputs(None, directory)[0].locations[1].brands[1].end_day is None  # type: ignore[index]


def test_more_columns_and_other_orders_are_fine(tmp_path: Path) -> None:
    (tmp_path / "plain").mkdir()
    plain = read_tables(write_town(tmp_path / "plain"))
    directory = write_town(tmp_path)
    for table in TABLES:
        columns = dict(reversed(TOWN[table].items()))
        extra = {"note": ["x"] * len(next(iter(columns.values())))}
        pq.write_table(pa.table({**extra, **columns}), directory / f"{table}.parquet")
    assert read_tables(directory).content_hash() == plain.content_hash()


def test_folder_names_are_no_columns(tmp_path: Path) -> None:
    folder = tmp_path / "location_id=4"
    folder.mkdir()
    assert read_tables(write_town(folder)).locations.location_id.tolist() == [7, 3]


def test_a_table_that_cannot_be_read_is_replaced(
    dims: Dimensions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_tables(dims, tmp_path)
    before = contents(tmp_path)

    def refuse(path: Path) -> bytes:
        if path.name == "menus.parquet":
            raise PermissionError(errno.EACCES, "Permission denied")
        return path.read_bytes()

    monkeypatch.setattr(tables, "read_regular", refuse)
    write_tables(dims, tmp_path)
    monkeypatch.undo()
    assert {name: data for name, (data, _) in contents(tmp_path).items()} == {
        name: data for name, (data, _) in before.items()
    }
