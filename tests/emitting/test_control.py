"""What is not for readers lies beside the folder, and goes with it and no other."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pandas as pd
import polars as pl
import pyarrow.dataset as ds
import pytest

from fastgen.emitting.control import INSIDE, find_control
from fastgen.errors import DamageError, DataError, OutputError
from tests.building.test_build import small_disk
from tests.replaying.runs import at
from tests.wire.reference import event_ids

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


@pytest.fixture(scope="module")
def unbroken(dataset: Path, tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Event ids of two runs."""
    out = tmp_path_factory.mktemp("unbroken") / "out"
    for seconds in (0, 600):
        at(dataset, out, seconds, start_day=1)
    return event_ids(out)


def test_readers_of_the_whole_folder_see_its_events_alone(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    events = at(dataset, out, start_day=1, format="parquet", max_rows_per_file=300).events
    # As it is while the next window is written.
    shutil.copy(min(out.glob("*.parquet")), find_control(out).staged("events-0000000099.parquet"))
    for pattern in (f"{out}/**", f"{out}/*", f"{tmp_path}/**/*.parquet"):
        with duckdb.connect() as connection:
            found = connection.execute("SELECT count(*) FROM read_parquet(?)", [pattern]).fetchall()
        assert found == [(events,)]
    assert pl.scan_parquet(out).collect().height == events
    assert pl.scan_parquet(f"{tmp_path}/**/*.parquet").collect().height == events
    assert ds.dataset(out).count_rows() == len(pd.read_parquet(out)) == events
    assert sorted(path.name for path in tmp_path.iterdir()) == [".out.fastgen", "out"]


def test_one_folder_has_one_state_by_all_its_names(
    dataset: Path, unbroken: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    for folder in (out, tmp_path / "other"):
        folder.mkdir()
    (tmp_path / "link").symlink_to(out)
    (tmp_path / "above").symlink_to(tmp_path)
    monkeypatch.chdir(out)
    names = (".", "../link", "../out/", str(out), "../other/../out", "../above/out", "../link/.")
    for number, name in enumerate(names):
        at(dataset, Path(name), 100 * number, start_day=1)
    assert event_ids(out) == unbroken
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        ".out.fastgen",
        "above",
        "link",
        "other",
        "out",
    ]


def test_folder_moves_with_what_belongs_to_it(dataset: Path, unbroken: list[str], tmp_path: Path) -> None:
    a, b = tmp_path / "a", tmp_path / "b"
    at(dataset, a, start_day=1)
    a.rename(b)
    with pytest.raises(
        OutputError, match=r"got no file\. Put it back \(\.b\.fastgen moves with its folder\)"
    ):
        at(dataset, b, 600)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".a.fastgen", "b"]
    (tmp_path / ".a.fastgen").rename(tmp_path / ".b.fastgen")
    assert at(dataset, b, 600).events
    assert event_ids(b) == unbroken
    shutil.copytree(tmp_path, tmp_path.with_name("copy"))
    assert at(dataset, tmp_path.with_name("copy") / "b", 900).events


def empty(out: Path) -> None:
    for path in out.iterdir():
        path.rmdir() if path.is_dir() else path.unlink()


def take_the_place(out: Path) -> None:
    out.rename(out.with_name("elsewhere"))
    out.mkdir()


def leave_behind(out: Path) -> None:
    """Move a folder, and name the old state: what was staged for it is elsewhere."""
    find_control(out).path.rename(out.with_name("elsewhere"))
    (out.with_name("elsewhere") / "state.json").rename(out.with_name("state.json"))


@pytest.mark.parametrize("change", [empty, take_the_place, leave_behind])
def test_folder_that_is_not_the_one_of_its_state_is_refused(
    change: Callable[[Path], None], dataset: Path, unbroken: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    at(dataset, out, start_day=1)
    before = event_ids(out)
    (mark,) = (path for path in out.iterdir() if path.is_dir())
    change(out)
    state = out.with_name("state.json") if change is leave_behind else None
    place = r"\.out\.fastgen/folder\.id" if state else rf"out/{mark.name}"
    there = sorted(tmp_path.rglob("*"))
    with pytest.raises(DamageError, match=rf"got no \S*{place}, which binds the two: the folder was moved"):
        at(dataset, out, 600, state=state)
    assert [path for path in tmp_path.rglob("*") if path.name.startswith("events-")] == [
        path for path in there if path.name.startswith("events-")
    ]
    if state is None:  # who knows that it is the right folder can say so
        mark.mkdir()
        at(dataset, out, 600)
        assert sorted({*before, *event_ids(out)}) == unbroken


def test_replay_begins_anew_where_both_folders_are_removed(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    events = at(dataset, out, start_day=1).events
    shutil.rmtree(out)
    with pytest.raises(DamageError, match="or remove both to begin anew"):
        at(dataset, out, start_day=1)
    shutil.rmtree(find_control(out).path)
    again = at(dataset, out, start_day=1)
    assert (again.first_run, again.events) == (True, events)


def test_folder_of_an_older_replay_goes_on_as_it_is(
    dataset: Path, unbroken: list[str], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    (out / INSIDE).mkdir(parents=True)
    at(dataset, out, start_day=1)
    assert (out / INSIDE / "state.json").exists()
    assert (out / INSIDE / "folder.id").exists()
    assert at(dataset, out, 600).control == out / INSIDE
    assert event_ids(out) == unbroken
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    out.rename(tmp_path / "moved")
    assert at(dataset, tmp_path / "moved", 900).events


def test_folder_that_nothing_can_be_beside_has_it_inside(
    dataset: Path, unbroken: list[str], tmp_path: Path
) -> None:
    long = tmp_path / ("x" * 250)  # with nine characters more it is no name
    with small_disk(tmp_path / "mounted", kilobytes=20_000) as mounted:
        for out in (long, mounted):
            for seconds in (0, 600):
                assert at(dataset, out, seconds, start_day=1).control == out / INSIDE
            assert event_ids(out) == unbroken
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mounted", long.name]


def test_folder_mounted_elsewhere_is_not_taken_for_a_fresh_one(dataset: Path, tmp_path: Path) -> None:
    """Nothing but the device tells a part of a file system from the folder that it is mounted on."""
    out, bound = tmp_path / "out", tmp_path / "bound"
    bound.mkdir()
    for name in at(dataset, out, start_day=1).files:
        (out / name).unlink()  # a reader has consumed them
    with bind_mount(out, bound):
        with pytest.raises(OutputError, match="expected the state of the run that has written into"):
            at(dataset, bound, 600)
        assert at(dataset, out, 600).events
    assert list(bound.iterdir()) == []
    with bind_mount(tmp_path / "other", bound):
        assert at(dataset, bound, start_day=1).control == bound / INSIDE


@contextmanager
def bind_mount(folder: Path, at: Path) -> Iterator[None]:
    """Show a folder at another place too; who may not mount ends the test."""
    folder.mkdir(exist_ok=True)
    mount = ["mount", "--bind", str(folder), str(at)]
    if subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("This user may not mount a folder, as root may")
    try:
        yield
    finally:
        subprocess.run(["umount", str(at)], check=True)  # noqa: S607


@pytest.mark.parametrize("form", ["beside", "inside"])
@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"\xff\xfe"),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(b"\0" * 2000),
        lambda path: path.write_bytes(b"../../x\n"),
        lambda path: (path.unlink(), path.mkdir()),
        lambda path: (path.unlink(), subprocess.run(["mkfifo", str(path)], check=True)),  # noqa: S607
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
        lambda path: (path.unlink(), path.symlink_to(path)),
    ],
)
def test_damaged_name_is_one_line(
    form: str, damage: Callable[[Path], object], dataset: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    if form == "inside":
        (out / INSIDE).mkdir(parents=True)
    at(dataset, out, start_day=1)
    damage(find_control(out).path / "folder.id")
    with pytest.raises(DataError, match=r"folder\.id: expected the (file|name) of a folder") as caught:
        at(dataset, out, 600)
    assert "\n" not in str(caught.value)
