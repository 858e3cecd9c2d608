"""Tables come from pandas, Polars, Spark and databases: what says the same is read as the same."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fastgen.errors import FastgenError, FastgenWarning
from fastgen.inputs.loading import load_inputs
from fastgen.inputs.tables import read_tables, table_type, write_tables
from fastgen.model.dimensions import TABLES
from tests.effort import repeats
from tests.inputs.town_tables import TOWN, changed, write_town

# Other types that hold the town's values exactly, or to their shortest decimals.
DIALECTS: dict[str, list[pa.DataType]] = {
    "i64": [
        *(pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()),
        *(pa.float16(), pa.float32(), pa.float64(), pa.decimal128(20, 0), pa.decimal256(40, 3)),
        pa.dictionary(pa.int8(), pa.int64()),
    ],
    "f64": [
        *(pa.float16(), pa.float32(), pa.float64(), pa.decimal128(12, 4), pa.decimal256(50, 20)),
        pa.dictionary(pa.int16(), pa.float64()),
    ],
    "str": [
        *(pa.string(), pa.large_string(), pa.string_view(), pa.binary(), pa.large_binary()),
        *(pa.dictionary(pa.int8(), pa.string()), pa.dictionary(pa.int32(), pa.large_string())),
    ],
}
PLAIN = {table: pa.table(columns) for table, columns in TOWN.items()}


def plain_hash() -> str:
    with tempfile.TemporaryDirectory() as folder:
        return read_tables(write_town(Path(folder))).content_hash()


def recast(values: pa.ChunkedArray, kind: pa.DataType) -> pa.Array:
    if pa.types.is_dictionary(kind):
        return values.combine_chunks().cast(kind.value_type).dictionary_encode().cast(kind)
    if pa.types.is_decimal(kind):
        return pa.array([None if v is None else f"{v}" for v in values.to_pylist()]).cast(kind)
    return values.combine_chunks().cast(kind)


@st.composite
def in_some_dialect(draw: st.DrawFn, table: pa.Table) -> list[pa.Table]:
    """Give a table in other types, its columns among others and in another order, cut into parts."""
    columns: dict[str, Any] = {
        name: recast(table.column(name), draw(st.sampled_from(DIALECTS[table_type(name)])))
        for name in draw(st.permutations(table.column_names))
    }
    if draw(st.booleans()):
        columns = {
            "__index_level_0__": list(range(table.num_rows)),
            **columns,
            "since": [None] * table.num_rows,
        }
    whole = pa.table(columns)
    cut = draw(st.integers(0, table.num_rows))
    return draw(st.sampled_from([[whole], [whole.slice(0, cut), whole.slice(cut)]]))


@given(dialects=st.fixed_dictionaries({table: in_some_dialect(PLAIN[table]) for table in TABLES}))
@settings(max_examples=repeats(25, 1000), deadline=None, derandomize=True)
def test_the_same_values_in_any_dialect_are_the_same_tables(dialects: dict[str, list[pa.Table]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        directory = Path(folder) / "tables"
        directory.mkdir()
        for table, parts in dialects.items():
            path = directory / f"{table}.parquet"
            if len(parts) == 1:
                pq.write_table(parts[0], path)
                continue
            path.mkdir()
            (path / "_SUCCESS").touch()
            (path / ".part-00000.crc").write_bytes(b"crc")
            for number, part in enumerate(parts):
                pq.write_table(part, path / f"part-{number:05d}-3f2a.c000.snappy.parquet")
        assert read_tables(directory).content_hash() == plain_hash()


def by_pandas(folder: Path, table: str) -> None:
    """Write with an index column, categories and the types that know nulls."""
    frame = pd.DataFrame(TOWN[table])
    for name in frame:
        if table_type(str(name)) == "str":
            frame[name] = frame[name].astype("category")
        elif table_type(str(name)) == "i64":
            frame[name] = frame[name].astype("Int64")
    frame.index = pd.Index([7 * i for i in range(len(frame))])
    frame.to_parquet(folder / f"{table}.parquet")


def by_pandas_with_floats(folder: Path, table: str) -> None:
    """Write as after a merge: whole numbers have become floats, rows an index of their own."""
    frame = pd.DataFrame(TOWN[table])
    numbers = {name: "float64" for name in frame if table_type(str(name)) == "i64"}
    frame.astype(numbers).set_index(str(frame.columns[0])).to_parquet(folder / f"{table}.parquet")


def by_polars(folder: Path, table: str) -> None:
    frame = pl.DataFrame(TOWN[table], strict=False)
    texts = [name for name in frame.columns if frame[name].dtype == pl.String]
    frame.with_columns(pl.col(texts[:1]).cast(pl.Categorical)).write_parquet(folder / f"{table}.parquet")


@pytest.mark.parametrize("writer", [by_pandas, by_pandas_with_floats, by_polars], ids=lambda w: w.__name__)
def test_tables_of_pandas_and_polars_read_alike(writer: Any, tmp_path: Path) -> None:
    for table in TABLES:
        writer(tmp_path, table)
    assert read_tables(tmp_path).content_hash() == plain_hash()


@pytest.mark.parametrize(
    ("table", "column"), [("locations", "narrative"), ("locations", "address"), ("brands", "cuisine_type")]
)
@pytest.mark.parametrize("rows", [[None, "x"], [None, None]])
def test_a_null_description_is_an_empty_one(
    table: str, column: str, rows: list[str | None], tmp_path: Path
) -> None:
    tables = changed(table, column, 0, None)
    tables[table][column] = rows
    scenario, dims = load_inputs(None, write_town(tmp_path, tables))
    assert getattr(getattr(dims, table), column) == tuple(text or "" for text in rows)
    (tmp_path / "empty").mkdir()
    tables[table][column] = [text or "" for text in rows]
    empty, same = load_inputs(None, write_town(tmp_path / "empty", tables))
    assert (scenario, dims.content_hash()) == (empty, same.content_hash())


@given(ids=st.lists(st.integers(0, 5) | st.just(2**63 - 1), max_size=3, min_size=3))
@settings(max_examples=repeats(25, 400), deadline=None, derandomize=True)
def test_copied_placements_get_ids_of_their_own(ids: list[int]) -> None:
    """Rows copied for another location keep all but their id; the first of each keeps that too."""
    with tempfile.TemporaryDirectory() as folder:
        tables = {**TOWN, "brand_locations": {**TOWN["brand_locations"], "brand_location_id": ids}}
        directory = write_town(Path(folder), tables)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            read = read_tables(directory)
        found = read.brand_locations.brand_location_id.tolist()
        assert len(set(found)) == len(found)
        first = [ids.index(i) == row for row, i in enumerate(ids)]
        assert all(new == old for new, old, kept in zip(found, ids, first, strict=True) if kept)
        assert len(caught) == (not all(first))
        if caught:
            row = first.index(False)
            assert caught[0].category is FastgenWarning
            assert str(caught[0].message) == (
                f"{directory / 'brand_locations.parquet'}: brand_location_id, row {row}: expected each "
                f"brand_location_id once, got {ids[row]} again; {first.count(False)} such rows are "
                f"numbered anew, this one {found[row]}."
            )
        write_tables(read, directory)
        assert (
            read_tables(directory).content_hash() == read.content_hash()
        )  # and no warning, which would fail


@pytest.mark.parametrize(
    "wrong",
    [
        {"brand_id": [1, 1, 1]},
        {"end_day": [-5.0, 60.0, None]},
        {"location_id": [7, 7, 77]},
        {"brand_id": [10] * 3, "location_id": [7] * 3, "start_day": [0, 4, 5]},
        {"growth_rate_monthly": [0.1, 0.1, 1e9]},
    ],
)
def test_tables_that_fail_are_told_of_by_the_error_alone(wrong: dict[str, list[Any]], tmp_path: Path) -> None:
    """Not by the ids that were repeated too."""
    copied = {**TOWN["brand_locations"], "brand_location_id": [5, 5, 5], **wrong}
    directory = write_town(tmp_path, {**TOWN, "brand_locations": copied})
    assert not warned_of(directory)


def test_a_wrong_scenario_is_told_of_alone(tmp_path: Path) -> None:
    copied = {**TOWN["brand_locations"], "brand_location_id": [5, 5, 5]}
    directory = write_town(tmp_path, {**TOWN, "brand_locations": copied})
    assert not warned_of(directory, days=-1)


def warned_of(directory: Path, **overrides: object) -> list[warnings.WarningMessage]:
    """Load tables that can't be loaded; return the warnings."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        with pytest.raises(FastgenError):
            load_inputs(None, directory, overrides=overrides)
    return caught


def test_codes_are_taken_as_they_are(tmp_path: Path) -> None:
    """In capitals, or with a blank inside: another location than the canonical one, and in no time zone."""
    tables = changed("locations", "location_code", 1, "SF")
    tables["locations"]["location_code"][0] = "new york"
    scenario, _ = load_inputs(None, write_town(tmp_path, tables))
    assert [(place.code, place.timezone) for place in scenario.locations] == [
        ("SF", "UTC"),
        ("new york", "UTC"),
    ]


def test_no_placements_at_all_may_have_columns_without_types(tmp_path: Path) -> None:
    """As pandas and Polars write an empty frame."""
    empty: dict[str, list[Any]] = {column: [] for column in TOWN["brand_locations"]}
    scenario, dims = load_inputs(None, write_town(tmp_path, {**TOWN, "brand_locations": empty}))
    assert len(dims.brand_locations.brand_id) == 0
    assert [place.brands for place in scenario.locations] == [(), ()]


def test_other_columns_are_not_even_read(tmp_path: Path) -> None:
    """However large, nested or damaged they are."""
    directory = write_town(tmp_path)
    path = directory / "items.parquet"
    photo = b"\x89PNG of some dish, in all its bytes" * 30
    other = {"photo": [photo] * 4, "tags": [[{"name": "hot"}]] * 4, "price.old": [1.0] * 4}
    pq.write_table(pa.table({**TOWN["items"], **other}), path, compression="none", use_dictionary=False)
    assert read_tables(directory).content_hash() == plain_hash()
    data = path.read_bytes()
    at = data.index(photo)
    path.write_bytes(data[: at - 20] + bytes(40) + data[at + 20 :])
    with pytest.raises((OSError, pa.ArrowException)):
        pq.read_table(path, columns=["photo"])
    assert read_tables(directory).content_hash() == plain_hash()
