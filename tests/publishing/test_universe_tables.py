"""The result tables of a universe are published with its events, in every form."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest
from polars import selectors
from polars.testing import assert_frame_equal

from fastgen.dataset.opened import open_dataset
from fastgen.dataset.result_tables import RESULT_TABLES
from fastgen.errors import DamageError
from fastgen.publishing.run import publish
from fastgen.publishing.target import Form
from fastgen.publishing.universe_tables import list_results
from fastgen.universes.run import run_universe
from fastgen.universes.run_options import RunOptions
from fastgen.universes.table_files import scan_table
from tests.publishing.rows import read_table, target_of
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

NAMES = tuple(f"universe_{name}" for name in RESULT_TABLES)


@pytest.fixture(scope="module")
def universe(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the dataset of a small universe."""
    folder = tmp_path_factory.mktemp("universe")
    templates, roads = write_universe(folder)
    run_universe(templates, folder / "dataset", RunOptions(days=2, roads=roads, snapshot_every=1), force=True)
    return folder / "dataset"


def test_every_table_of_a_run_has_a_place(universe: Path) -> None:
    assert {folder.name for folder in (universe / "universe" / "tables").iterdir()} == set(RESULT_TABLES)


@pytest.mark.parametrize("form", list(Form))
def test_published_tables_are_the_results(form: Form, universe: Path, tmp_path: Path) -> None:
    target = target_of(form, tmp_path)
    done = publish(universe, target)
    assert done.tables[6:-2] == NAMES
    for name in NAMES:
        found = read_table(target, name)
        wanted = scan_table(universe / "universe" / "tables", name.removeprefix("universe_")).collect()
        wanted = wanted.select("site", *wanted.columns[:-1])
        # Some forms have times without a zone.
        plain = selectors.datetime().dt.replace_time_zone(None)
        assert_frame_equal(found.with_columns(plain), wanted.with_columns(plain), check_row_order=False)
    assert publish(universe, target).made == ()


def test_tables_of_a_run_join_the_events(universe: Path, tmp_path: Path) -> None:
    publish(universe, f"parquet:{tmp_path / 'tables'}")
    publish(universe, f"duckdb:{tmp_path / 'all.duckdb'}")
    query = """
        SELECT count(*), count(*) FILTER (epoch_us(e.ts) // 1000000 = epoch_us(o.ended) // 1000000)
        FROM universe_orders o JOIN events e USING (order_id) JOIN locations l USING (location_id)
        WHERE e.event_type_id = 8 AND l.location_code = o.site"""
    with duckdb.connect(tmp_path / "all.duckdb") as connection:
        ((n, same),) = connection.execute(query).fetchall()
        assert n == same > 50
    with duckdb.connect() as connection:
        connection.execute("SET TimeZone = 'Asia/Tokyo'")
        connection.execute((tmp_path / "tables" / "views_duckdb.sql").read_text(encoding="utf-8"))
        assert connection.execute(query).fetchall() == [(n, same)]
        columns = connection.execute("DESCRIBE universe_orders").fetchall()
        assert {name: kind for name, kind, *_ in columns}["created"] == "TIMESTAMP"


@pytest.mark.parametrize("form", [Form.PARQUET, Form.DELTA])
def test_a_dataset_without_a_universe_leaves_none_of_its_tables(
    form: Form, universe: Path, dataset: Path, tmp_path: Path
) -> None:
    target = target_of(form, tmp_path)
    publish(universe, target)
    done = publish(dataset, target, overwrite=True)
    assert not [name for name in done.tables if name.startswith("universe_")]
    place = tmp_path / target.partition(":")[2].rsplit("/", 1)[-1]
    assert not [path for path in place.rglob("*") if path.name.startswith("universe_")]
    assert publish(dataset, target).made == ()


@pytest.fixture
def copy(universe: Path, tmp_path: Path) -> Path:
    shutil.copytree(universe, tmp_path / "dataset")
    return tmp_path / "dataset"


def test_damaged_tables_are_named(copy: Path, tmp_path: Path) -> None:
    path = list_results(open_dataset(copy))[-1].path
    whole = path.read_bytes()
    path.write_bytes(whole[:-1] + b"x")
    with pytest.raises(DamageError, match=f"{path}: expected the result table .* got other bytes"):
        publish(copy, f"parquet:{tmp_path / 'one'}")
    path.unlink()
    with pytest.raises(DamageError, match=r"got: .*No such file"):
        publish(copy, f"duckdb:{tmp_path / 'two.duckdb'}")
    path.write_bytes(whole)
    assert publish(copy, f"parquet:{tmp_path / 'one'}").made


def test_a_record_that_is_damaged_or_of_another_run_is_not_taken(copy: Path) -> None:
    path = copy / "universe" / "run.json"
    text = path.read_text(encoding="utf-8")
    source = json.loads(text)["source"]
    path.write_text(text.replace(source, f"{source[:-1]}x"), encoding="utf-8")
    with pytest.raises(DamageError, match=r"run\.json: expected the record of a run"):
        list_results(open_dataset(copy))
    raw = {key: value for key, value in json.loads(text).items() if key != "sha256"}
    path.write_text(json.dumps(raw | {"source": "universe 0"}), encoding="utf-8")
    assert list_results(open_dataset(copy)) == []
    path.unlink()
    assert list_results(open_dataset(copy)) == []
