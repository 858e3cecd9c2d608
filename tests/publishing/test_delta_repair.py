"""A Delta table that others keep in order is left alone; one that they changed is refused, or made anew."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from deltalake import DeltaTable, write_deltalake

from fastgen import OutputError, ScenarioError, publish
from fastgen.publishing.target import Form
from tests.publishing.rows import assert_events, contents, target_of, write_over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


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


def alter(folder: Path) -> None:
    table = DeltaTable(folder)
    table.alter.set_table_properties({"delta.deletedFileRetentionDuration": "interval 9 days"})
    table.alter.add_constraint({"numbered": "true"})


def clean_log(folder: Path) -> None:
    """As after 30 days: a checkpoint is there, and the versions before it are not."""
    alter(folder)
    table = DeltaTable(folder)
    table.create_checkpoint()
    for number in range(table.version()):
        (folder / "_delta_log" / f"{number:020d}.json").unlink()


UNCHANGED: dict[str, Callable[[Path], object]] = {"altered": alter, "cleaned up": clean_log}


@pytest.mark.parametrize("change", UNCHANGED)
def test_delta_table_whose_rows_are_the_same_is_not_changed(
    change: str, dataset: Path, tmp_path: Path
) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    UNCHANGED[change](tmp_path / "tables" / "events")
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)
    # The next version goes by the same rules.
    assert publish(dataset, target, overwrite=True).made
    assert publish(dataset, target).made == ()


def drop_column(folder: Path) -> None:
    """Drop a column as engines do that map columns: by a version of metadata only."""
    log = folder / "_delta_log"
    lines = (log / f"{0:020d}.json").read_text(encoding="utf-8").splitlines()
    metadata = next(json.loads(line) for line in lines if "metaData" in line)
    schema = json.loads(metadata["metaData"]["schemaString"])
    schema["fields"].pop()
    metadata["metaData"]["schemaString"] = json.dumps(schema)
    (log / f"{1:020d}.json").write_text(json.dumps(metadata) + "\n", encoding="utf-8")


def append_and_clean(folder: Path) -> None:
    write_deltalake(folder, DeltaTable(folder).to_pyarrow_table(), mode="append")
    clean_log(folder)


def lose_log(folder: Path) -> None:
    shutil.rmtree(folder / "_delta_log")
    write_over(folder / "mine.parquet")


OTHERS: dict[str, Callable[[Path], object]] = {
    "rows deleted": lambda folder: DeltaTable(folder).delete("brand_id > 2"),
    "a column dropped": drop_column,
    "rows appended, cleaned up": append_and_clean,
    "log lost, a file of others": lose_log,
}


@pytest.mark.parametrize("change", OTHERS)
def test_changed_delta_table_is_refused(change: str, dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    OTHERS[change](tmp_path / "tables" / "brands")
    before = contents(tmp_path)
    with pytest.raises(OutputError, match=r"brands: .* got them changed since: use --overwrite"):
        publish(dataset, target)
    assert contents(tmp_path) == before


@pytest.mark.parametrize("name", ["a#b", "50% off", "it's"])
def test_delta_path_with_odd_characters(name: str, dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path / name)
    publish(dataset, target)
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)
    write_deltalake(
        tmp_path / name / "tables" / "brands",
        DeltaTable(tmp_path / name / "tables" / "brands").to_pyarrow_table(),
        mode="append",
    )
    with pytest.raises(OutputError, match=r"brands: .* got them changed since: use --overwrite"):
        publish(dataset, target)


def test_overwrite_repairs_a_delta_table_whose_log_cannot_be_read(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    menus = tmp_path / "tables" / "menus"
    (menus / "_delta_log" / f"{0:020d}.json").write_text("{", encoding="utf-8")
    with pytest.raises(OutputError, match=r"menus: .* got them changed since: use --overwrite"):
        publish(dataset, target)
    done = publish(dataset, target, overwrite=True)
    assert done.made == done.tables
    assert DeltaTable(menus).version() == 0
    assert publish(dataset, target).made == ()


@pytest.mark.parametrize("form", list(Form))
@pytest.mark.parametrize("name", ["two\nlines", "a bell\a", "a\x85b"])
def test_path_with_control_characters_is_one_line(
    form: Form, name: str, dataset: Path, tmp_path: Path
) -> None:
    with pytest.raises(ScenarioError, match="without line breaks and control characters") as caught:
        publish(dataset, f"{form}:{tmp_path / name}")
    assert len(str(caught.value).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_delta_path_with_an_escape_is_refused(dataset: Path, tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match=r"without % and two hex digits, .* got %20 in '/"):
        publish(dataset, f"delta:{tmp_path / 'a%20b'}")
    assert list(tmp_path.iterdir()) == []
    publish(dataset, f"parquet:{tmp_path / 'a%20b'}")
