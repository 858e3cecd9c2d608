"""A folder is followed: each file once, in any order of appearance, and never far behind the newest."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fastgen.emitting.folder import FolderSink
from fastgen.errors import DataError
from fastgen.watching import folder as watched
from fastgen.watching.folder import Folder, check_watched
from fastgen.watching.rows import Row
from tests.watching.lines import encode, life, put

if TYPE_CHECKING:
    from pathlib import Path

N_FILES = 12


@pytest.fixture(autouse=True)
def _look_always(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look as often as a test wants to."""
    monkeypatch.setattr(watched, "REST", 0)


def numbered(number: int, n_orders: int = 1) -> bytes:
    return encode(row for k in range(n_orders) for row in life(f"{number}.{k}", upto=1))


def read_all(folder: Folder) -> list[str]:
    folder.look()
    found = []
    while (rows := folder.read()) is not None:
        found += [row.order_id for row in rows if isinstance(row, Row)]
    return found


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(order=st.permutations(range(1, N_FILES + 1)), looks=st.lists(st.integers(1, 4), min_size=1))
def test_each_file_is_read_once_whatever_the_order_in_which_they_appear(
    order: list[int], looks: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    path = tmp_path_factory.mktemp("any")
    folder, found, left = Folder(path), list[str](), list(order)
    for n in [*looks, N_FILES]:
        new = [left.pop(0) for _ in range(min(n, len(left)))]
        for number in new:
            put(path, number, numbered(number))
        seen = read_all(folder)
        assert seen == [f"{number}.0" for number in sorted(new)]
        found += seen
    assert sorted(found) == sorted(f"{number}.0" for number in order)
    assert (folder.n_files, folder.n_skipped, read_all(folder)) == (N_FILES, 0, [])
    shutil.rmtree(path)


def test_other_names_are_left_alone(tmp_path: Path) -> None:
    for name in ("events-1.jsonl", "events-0000000001.jsonl.tmp", ".events-0000000001.jsonl", "notes.txt"):
        (tmp_path / name).write_bytes(numbered(1))
    (tmp_path / "_fastgen").mkdir()
    assert read_all(Folder(tmp_path)) == []


def test_begins_with_the_newest_and_skips_what_is_too_much(tmp_path: Path) -> None:
    for number in range(1, 101):
        put(tmp_path / "in", number, numbered(number, 10))
    size = len(numbered(1, 10))
    folder = Folder(tmp_path / "in", behind_max=5 * size)
    found = read_all(folder)
    assert {text.split(".")[0] for text in found} >= {"97", "98", "99", "100"}
    assert len(found) <= 60
    assert folder.n_files + folder.n_skipped == 100
    for number in range(101, 201):
        put(tmp_path / "in", number, numbered(number, 10))
    found = read_all(folder)
    assert found[-1] == "200.9"
    assert len(found) <= 60
    assert folder.n_files + folder.n_skipped == 200


def test_only_the_end_of_a_large_file_is_read(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, numbered(1, 5000))
    found = read_all(Folder(tmp_path / "in", behind_max=20_000))
    assert found == [f"1.{k}" for k in range(5000 - len(found), 5000)]
    assert 0 < len(found) < 100


def test_a_large_file_is_left_when_the_stream_has_gone_far_beyond_it(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, numbered(1, 2000))
    folder = Folder(tmp_path / "in")
    folder.look()
    assert folder.read()
    folder._behind_max = 1000
    for number in range(2, 9):
        put(tmp_path / "in", number, numbered(number, 10))
    assert {text.split(".")[0] for text in read_all(folder)} == {"8"}


def test_numbers_that_are_kept_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watched, "FILES_MAX", 10)
    folder = Folder(tmp_path / "in")
    for number in range(1, 200):
        put(tmp_path / "in", number, numbered(number))
        assert read_all(folder) == [f"{number}.0"]
        assert len(folder._taken) <= 21
    many = Folder(tmp_path / "in")
    assert read_all(many) == [f"{number}.0" for number in range(190, 200)]
    assert many.n_skipped == 189


def test_files_that_a_reader_takes_away_change_nothing(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "in")
    for number in range(1, 6):
        path = put(tmp_path / "in", number, numbered(number))
        assert read_all(folder) == [f"{number}.0"]
        path.unlink()
    assert not folder.has_restarted


def new_stream(path: Path) -> None:
    """Begin a stream as a sink does."""
    sink = FolderSink(path, "jsonl", 100)
    sink.prepare()
    sink.release(sink.new_state())


@pytest.mark.parametrize("inside", [False, True])
def test_another_stream_in_the_folder_is_found(inside: bool, tmp_path: Path) -> None:  # noqa: FBT001  # a case
    path = tmp_path / "in"
    if inside:
        (path / "_fastgen").mkdir(parents=True)
    folder = Folder(path)
    for n_streams in range(2):
        new_stream(path)
        put(path, 1, numbered(1))
        folder.look()
        assert folder.has_restarted is (n_streams == 1)
        folder.has_restarted = False
        assert read_all(folder) == ["1.0"]
        for gone in (path, path.with_name(".in.fastgen")):
            shutil.rmtree(gone, ignore_errors=True)
        if inside:
            (path / "_fastgen").mkdir(parents=True)


def test_the_same_stream_goes_on_after_a_kill_and_after_the_folder_was_away(tmp_path: Path) -> None:
    path = tmp_path / "in"
    new_stream(path)
    folder = Folder(path)
    put(path, 1, numbered(1))
    assert read_all(folder) == ["1.0"]
    path.rename(tmp_path / "away")
    assert (read_all(folder), folder.is_there) == ([], False)
    (tmp_path / "away").rename(path)
    put(path, 2, numbered(2))
    assert read_all(folder) == ["2.0"]
    assert not folder.has_restarted


def test_damaged_files_are_told_and_the_others_read(tmp_path: Path) -> None:
    put(tmp_path / "in", 1, numbered(1))
    put(tmp_path / "in", 2, b"no Parquet", "parquet")
    os.mkfifo(tmp_path / "in" / "events-0000000003.jsonl")
    (tmp_path / "in" / "events-0000000004.jsonl").symlink_to(tmp_path / "nowhere")
    put(tmp_path / "in", 5, numbered(5))
    folder = Folder(tmp_path / "in")
    assert read_all(folder) == ["1.0", "5.0"]
    assert folder.n_troubles == 3
    assert [text.split(":")[0].split("-")[-1][:10] for text in folder.troubles] == [
        f"{number:010d}" for number in (2, 3, 4)
    ]


def test_a_folder_that_cant_be_watched_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name, got in (("nowhere", "nothing of that name"), ("file", "a file")):
        with pytest.raises(DataError, match=rf"{tmp_path / name}: expected the folder .*, got {got}\.$"):
            check_watched(tmp_path / name)
