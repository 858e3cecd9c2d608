"""A folder said to be finished is believed only as far as its files go; what is missing is made again."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest
from deltalake import DeltaTable, write_deltalake

from fastgen import OutputError, publish, scan_events
from fastgen.publishing.target import Form
from tests.publishing.rows import KEY, read_table, target_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDERS = [Form.DELTA, Form.PARQUET]
PAIRS = [(Form.DELTA, Form.PARQUET), (Form.PARQUET, Form.DELTA)]


def assert_events(target: str, dataset: Path) -> None:
    expected = scan_events(dataset).collect().sort(KEY)
    assert read_table(target, "events").sort(KEY).select(expected.columns).equals(expected)


@pytest.mark.parametrize(("first", "second"), PAIRS)
def test_another_form_is_refused_unless_overwritten(
    first: Form, second: Form, dataset: Path, tmp_path: Path
) -> None:
    publish(dataset, target_of(first, tmp_path))
    target = target_of(second, tmp_path)
    with pytest.raises(OutputError, match=rf"the tables of dataset \w+ as {first}: use --overwrite"):
        publish(dataset, target)
    done = publish(dataset, target, overwrite=True)
    assert done.made == done.tables
    assert_events(target, dataset)
    events = tmp_path / "tables" / "events"
    # Nothing of the other form is left for a reader to take in.
    assert (events / "_delta_log").exists() == (second is Form.DELTA)
    assert bool(list(events.glob("*.parquet"))) == (second is Form.PARQUET)
    assert publish(dataset, target).made == ()


DAMAGES: dict[str, Callable[[Path], object]] = {
    "a file lost": lambda path: path.unlink(),
    "a file cut": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "a folder lost": lambda path: shutil.rmtree(path.parent),
}


@pytest.mark.parametrize("form", FOLDERS)
@pytest.mark.parametrize("damage", DAMAGES)
def test_damaged_table_is_made_again_and_no_other(
    form: Form, damage: str, dataset: Path, tmp_path: Path
) -> None:
    target = target_of(form, tmp_path)
    publish(dataset, target)
    DAMAGES[damage](min((tmp_path / "tables" / "brands").glob("*.parquet")))
    assert publish(dataset, target).made == ("brands",)
    assert publish(dataset, target).made == ()


def test_file_too_many_is_found(dataset: Path, tmp_path: Path) -> None:
    """A reader of the folder would take it in."""
    target = target_of(Form.PARQUET, tmp_path)
    publish(dataset, target)
    events = tmp_path / "tables" / "events"
    shutil.copy(events / "part-00000.parquet", events / "mine.parquet")
    assert publish(dataset, target).made == ("events",)
    assert_events(target, dataset)


@pytest.mark.parametrize("form", list(Form))
def test_overwrite_makes_every_table_anew(form: Form, dataset: Path, tmp_path: Path) -> None:
    target = target_of(form, tmp_path)
    publish(dataset, target)
    done = publish(dataset, target, overwrite=True)
    assert done.made == done.tables
    assert_events(target, dataset)


@pytest.mark.parametrize("form", FOLDERS)
@pytest.mark.parametrize("change", ["moved", "lost", "changed"])
def test_scripts_are_set_right(form: Form, change: str, dataset: Path, tmp_path: Path) -> None:
    publish(dataset, target_of(form, tmp_path / "before"))
    folder = tmp_path / "before" / "tables"
    if change == "moved":
        folder.rename(tmp_path / "tables")
        folder = tmp_path / "tables"
    elif change == "lost":
        (folder / "views_spark.sql").unlink()
    else:
        (folder / "views_duckdb.sql").write_text("")
    assert publish(dataset, f"{form}:{folder}").made == ()
    for engine in ("duckdb", "spark"):
        script = (folder / f"views_{engine}.sql").read_text(encoding="utf-8")
        assert f"'{folder}/events" in script
        assert "before/tables" not in script or change != "moved"


def test_delta_table_changed_by_others_is_not_replaced_unasked(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    path = tmp_path / "tables" / "brands"
    write_deltalake(path, DeltaTable(path).to_pyarrow_table(), mode="append")
    with pytest.raises(OutputError, match=r"brands: .* got them changed since: use --overwrite"):
        publish(dataset, target)
    publish(dataset, target, overwrite=True)
    assert publish(dataset, target).made == ()


def test_delta_table_may_be_kept_in_order(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    table = DeltaTable(tmp_path / "tables" / "events")
    table.optimize.z_order(["ts_seconds"])
    table.vacuum(0, dry_run=False, enforce_retention_duration=False)
    assert DeltaTable(tmp_path / "tables" / "events").version() > 0
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)


def test_duckdb_file_without_a_table_is_not_finished(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DUCKDB, tmp_path)
    publish(dataset, target)
    with duckdb.connect(tmp_path / "b.duckdb") as connection:
        connection.execute("CREATE TABLE mine AS SELECT 1 AS one")
    assert publish(dataset, target).made == ()
    with duckdb.connect(tmp_path / "b.duckdb") as connection:
        connection.execute("DROP VIEW item_sales")
    with pytest.raises(OutputError, match=r"b\.duckdb: .* got them changed since: use --overwrite"):
        publish(dataset, target)
    publish(dataset, target, overwrite=True)
    assert publish(dataset, target).made == ()
