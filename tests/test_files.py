"""A reader must never see half a file: write_whole leaves the old content or the new, and nothing else."""

from __future__ import annotations

import errno
import fcntl
import os
from typing import TYPE_CHECKING

import pytest

from fastgen.building import finalise
from fastgen.emitting.lock import hold_lock, try_lock
from fastgen.errors import OutputError, ScenarioError
from fastgen.files import check_folder, sync_folder, write_whole
from fastgen.paths import is_url
from fastgen.publishing import publication

if TYPE_CHECKING:
    from pathlib import Path

NO_LOCKS = [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL]


def test_file_appears_in_a_new_folder_and_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "a" / "b" / "file.bin"
    for data in (b"first, and longer", b"second"):
        write_whole(path, data)
        assert path.read_bytes() == data
        assert list(path.parent.iterdir()) == [path]


def test_file_and_folder_reach_the_disk_in_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    real = os.fsync

    def fsync(descriptor: int) -> None:
        synced.append("after" if (tmp_path / "file.bin").exists() else "before")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    write_whole(tmp_path / "file.bin", b"data")
    assert synced == ["before", "after"]


@pytest.mark.parametrize("trouble", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_failed_write_leaves_the_old_file_and_nothing_else(
    trouble: BaseException, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file.bin"
    write_whole(path, b"old")

    def fail(_: int) -> None:
        raise trouble

    monkeypatch.setattr(os, "fsync", fail)
    expected = OutputError if isinstance(trouble, OSError) else KeyboardInterrupt
    with pytest.raises(expected) as caught:
        write_whole(path, b"new")
    if expected is OutputError:
        assert str(caught.value) == f"{path}: expected to write 3 bytes, got No space left on device."
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_folder_in_the_place_of_the_file_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file.bin").mkdir()
    with pytest.raises(OutputError, match=r"file\.bin: expected to write 4 bytes, got Is a directory\.$"):
        write_whole(tmp_path / "file.bin", b"data")
    assert [entry.name for entry in tmp_path.iterdir()] == ["file.bin"]


@pytest.mark.parametrize("length", [1, 244, 250, 255])
def test_name_may_be_as_long_as_any(length: int, tmp_path: Path) -> None:
    for letter in ("x", "\u00e9"):
        path = tmp_path / (letter * max(1, length // len(letter.encode())))
        write_whole(path, b"data")
        assert path.read_bytes() == b"data"


def test_new_file_has_the_rights_that_the_umask_leaves(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_whole(tmp_path / "file.bin", b"data")
    finally:
        os.umask(before)
    assert (tmp_path / "file.bin").stat().st_mode & 0o777 == 0o640


# --- file systems that can't do all that ours can -----------------------------------------------------------


def test_file_that_another_has_locked_is_busy(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as first, (tmp_path / "lock").open("w") as second:
        assert try_lock(first.fileno(), tmp_path)
        assert not try_lock(second.fileno(), tmp_path)


def test_what_is_refused_is_not_taken_for_unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = [errno.EACCES, errno.EIO]

    def refuse(_descriptor: int, _operation: int) -> None:
        code = codes.pop(0)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    assert not try_lock(0, tmp_path)
    with pytest.raises(OutputError, match=r"expected to lock the file, got: Input/output error\."):
        try_lock(0, tmp_path)


@pytest.mark.parametrize("code", NO_LOCKS)
def test_without_locks_every_work_goes_on(code: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_descriptor: int, _operation: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with finalise.work_folder(tmp_path / "built") as work:
        assert work.is_dir()
    with publication.scratch_folder(tmp_path / "published") as work:
        assert work.is_dir()
    with hold_lock(tmp_path / "lock", tmp_path):
        pass


def test_lock_on_a_file_that_was_removed_meanwhile_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "work" / "lock"

    def remove_and_lock(_descriptor: int, _operation: int) -> None:
        path.unlink()  # as a run does that ends between our open and our lock

    monkeypatch.setattr(fcntl, "flock", remove_and_lock)
    with (
        pytest.raises(OutputError, match=r"work: expected no other run at work here"),
        hold_lock(path, path.parent),
    ):
        pass


@pytest.mark.parametrize("code", [errno.EACCES, errno.EPERM, errno.EROFS])
def test_lock_of_an_earlier_run_that_is_read_only_now_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    path = tmp_path / "lock"
    path.touch()

    def refuse(name: Path, _flags: int, _mode: int) -> int:
        raise OSError(code, os.strerror(code), str(name))

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(OutputError) as caught, hold_lock(path, tmp_path):
        pass
    assert str(caught.value) == f"{path}: expected a file to lock, got: {os.strerror(code)}."


def test_folder_that_cannot_be_synced_is_taken_as_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    codes = [errno.EINVAL, errno.ENOTSUP, errno.EIO]

    def refuse(_descriptor: int) -> None:
        code = codes.pop(0)
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(os, "fsync", refuse)
    sync_folder(tmp_path)
    sync_folder(tmp_path)
    with pytest.raises(OSError, match="Input/output error"):
        sync_folder(tmp_path)


@pytest.mark.parametrize("text", ["/", "//", "///", "//x/..", "/x/../", "//./", "/usr/../.", "//usr/..//"])
def test_the_root_is_refused_however_it_is_spelt(text: str, tmp_path: Path) -> None:
    (tmp_path / "rooted").symlink_to("/")
    for name in (text, str(tmp_path / "rooted"), str(tmp_path / "rooted" / ".." / "x" / "..")):
        with pytest.raises(ScenarioError, match=r"output: expected a folder of its own, got .*all others"):
            check_folder(name)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("s3://bucket/x", True),
        ("s3:/bucket/x", True),
        ("dbfs:/x", True),
        ("/a/b:/c", False),
        ("a:b", False),
        ("here", False),
    ],
)
def test_urls_are_told_from_paths(text: str, expected: bool) -> None:  # noqa: FBT001  # a parameter of the test
    assert is_url(text) == expected
    if expected:
        with pytest.raises(ScenarioError, match="output: expected a path of this machine, got the URL"):
            check_folder(text)
