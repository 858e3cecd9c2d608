"""A folder said to be finished is believed only as far as its files go; what is missing is made again.

What others have put there or changed is left alone.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import duckdb
import pytest

from fastgen import OutputError, publish
from fastgen.publishing import folder as folder_module
from fastgen.publishing.publication import PublicationState, write_publication_state
from fastgen.publishing.target import Form
from tests.publishing.rows import assert_events, contents, target_of, write_over

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

FOLDERS = [Form.DELTA, Form.PARQUET]
PAIRS = [(Form.DELTA, Form.PARQUET), (Form.PARQUET, Form.DELTA)]


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


def test_cut_file_of_a_delta_table_is_replaced_by_a_new_version(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DELTA, tmp_path)
    publish(dataset, target)
    path = min((tmp_path / "tables" / "brands").glob("*.parquet"))
    cut = path.read_bytes()[:-1]
    path.write_bytes(cut)
    assert publish(dataset, target).made == ("brands",)
    assert path.read_bytes() == cut


def link_elsewhere(table: Path) -> None:
    shutil.rmtree(table)
    elsewhere = table.parents[1] / "elsewhere"
    elsewhere.mkdir()
    table.symlink_to(elsewhere)


def lose_a_file(table: Path) -> None:
    (table / "part-00000.parquet").unlink()
    (table / "notes").mkdir()
    write_over(table / "notes" / "precious.txt")


def replace_by_own(table: Path) -> None:
    shutil.rmtree(table)
    table.mkdir()
    write_over(table / "precious.txt")


def replace_by_file(table: Path) -> None:
    shutil.rmtree(table)
    write_over(table)


CHANGES: dict[str, Callable[[Path], object]] = {
    "a file too many": lambda table: write_over(table / "mine.parquet"),
    "a file rewritten": lambda table: write_over(table / "part-00000.parquet"),
    "a file lost, another there": lose_a_file,
    "another folder": replace_by_own,
    "a file instead": replace_by_file,
    "a link instead": link_elsewhere,
}


@pytest.mark.parametrize("change", CHANGES)
def test_changed_parquet_table_is_not_replaced_unasked(change: str, dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.PARQUET, tmp_path)
    publish(dataset, target)
    CHANGES[change](tmp_path / "tables" / "brands")
    before = contents(tmp_path)
    for _ in range(2):
        with pytest.raises(OutputError, match=r"brands: .* got them changed since: use --overwrite"):
            publish(dataset, target)
        assert contents(tmp_path) == before
    publish(dataset, target, overwrite=True)
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)


def test_whole_parquet_table_may_have_notes_beside_it(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.PARQUET, tmp_path)
    publish(dataset, target)
    write_over(tmp_path / "tables" / "brands" / "notes.txt")
    assert publish(dataset, target).made == ()


class Killed(BaseException):
    """Stands for SIGKILL: nothing of ours catches it."""


def kill(*_: object) -> None:
    raise Killed


@pytest.mark.parametrize("form", FOLDERS)
@pytest.mark.parametrize("before", ["nothing", "another"])
def test_interrupted_run_replaces_only_what_it_may(
    form: Form, before: str, dataset: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(form, tmp_path)
    if before == "another":
        publish(other, target)
    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "_make", kill)
        with pytest.raises(Killed):
            publish(dataset, target, overwrite=before == "another")
    # Put there after the run was killed: nobody has asked to overwrite this.
    brands = tmp_path / "tables" / "brands"
    shutil.rmtree(brands, ignore_errors=True)
    brands.mkdir()
    write_over(brands / "precious.parquet")
    with pytest.raises(OutputError, match=r"brands: .* got them changed since: use --overwrite"):
        publish(dataset, target)
    assert (brands / "precious.parquet").read_bytes() == b"precious"
    (brands / "precious.parquet").unlink()
    assert publish(dataset, target).made
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)


@pytest.mark.parametrize(
    ("step", "at"),
    [("list_files", f"{folder_module.SCRATCH}/brands"), ("remove", "brands"), ("sync_folder", "tables")],
)
def test_run_killed_while_a_table_changes_places_is_finished(
    step: str, at: str, dataset: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target, function = target_of(Form.PARQUET, tmp_path), getattr(folder_module, step)
    publish(other, target)
    with monkeypatch.context() as patch:
        patch.setattr(folder_module, step, lambda path: kill() if path.match(at) else function(path))
        with pytest.raises(Killed):
            publish(dataset, target, overwrite=True)
    assert publish(dataset, target).made
    assert publish(dataset, target).made == ()
    assert_events(target, dataset)


def test_table_of_the_same_sizes_is_not_taken_for_the_new_one(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = target_of(Form.PARQUET, tmp_path)
    publish(dataset, target)
    events = tmp_path / "tables" / "events" / "part-00000.parquet"
    events.write_bytes(bytes(events.stat().st_size))

    def write_and_die(folder: Path, state: PublicationState) -> None:
        write_publication_state(folder, state)
        if "events" in state.files:
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(folder_module, "write_publication_state", write_and_die)
        with pytest.raises(Killed):
            publish(dataset, target, overwrite=True)
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
