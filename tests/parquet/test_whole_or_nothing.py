"""A file is whole or not there, whatever happens while it is written."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
from typing import TYPE_CHECKING

import numpy as np
import pyarrow.parquet as pq
import pytest

from fastgen.errors import OutputError
from fastgen.files import hash_file
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.encodings import Encoding
from fastgen.parquet.file import FileWriter
from fastgen.parquet.pages import Values
from fastgen.parquet.schema import Field

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.parquet.file import Written


def noise(n_rows: int) -> list[Values]:
    """Rows that no codec makes smaller."""
    return [Values(n_rows, 0, Encoding.PLAIN, np.random.default_rng(1).bytes(8 * n_rows))]


@contextlib.contextmanager
def writing(path: Path) -> Iterator[FileWriter]:
    """Write a column of numbers, one small row group there already."""
    with FileWriter(path, [Field("x", "i64", nullable=False)], make_codec("none"), {}) as writer:
        writer.add_group(10, noise(10))
        yield writer


def finish_with(writer: FileWriter, n_rows: int) -> Written:
    writer.add_group(n_rows, noise(n_rows))
    return writer.finish()


def test_file_takes_the_place_of_the_old_when_it_is_finished(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text("old")
    with writing(path) as writer:
        written = finish_with(writer, 100_000)
    assert written[:3] == (100_010, path.stat().st_size, hash_file(path))
    assert pq.read_metadata(path).num_rows == 100_010
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [ValueError("no"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [None, "old"])
def test_error_in_the_block_leaves_what_was_there(error: BaseException, old: str | None, path: Path) -> None:
    path.parent.mkdir(parents=True)
    if old is not None:
        path.write_text(old)
    with pytest.raises(type(error)), writing(path):
        raise error
    assert [entry.read_text() for entry in path.parent.iterdir()] == ([] if old is None else [old])


def test_too_few_columns_leave_nothing(path: Path) -> None:
    with pytest.raises(ValueError, match="shorter"), writing(path) as writer:
        writer.add_group(10, [])
    assert not list(path.parent.iterdir())


@contextlib.contextmanager
def files_of_at_most(n_bytes: int) -> Iterator[None]:
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("n_rows", [100, 100_000])
def test_file_that_may_not_grow_is_one_line_and_leaves_nothing(n_rows: int, path: Path) -> None:
    """The fewer rows meet the limit when the file is finished, the more when they are written."""
    message = r"x\.parquet: expected to write the file, got: File too large\.$"
    with files_of_at_most(500), pytest.raises(OutputError, match=message), writing(path) as writer:
        finish_with(writer, n_rows)
    assert not list(path.parent.iterdir())


def test_full_disk_is_one_line_and_leaves_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", refuse)
    message = r"x\.parquet: expected to write the file, got: No space left on device\.$"
    with pytest.raises(OutputError, match=message), writing(path) as writer:
        writer.finish()
    assert not list(path.parent.iterdir())


def test_file_is_on_disk_before_it_appears_and_its_name_after(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced, real = [], os.fsync

    def fsync(descriptor: int) -> None:
        synced.append((path.exists(), os.fstat(descriptor).st_size if not path.exists() else 0))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", fsync)
    with writing(path) as writer:
        size = writer.finish().bytes
    assert synced == [(False, size), (True, 0)]


@pytest.mark.parametrize("in_the_way", ["folder", "file above"])
def test_what_stands_in_the_way_stays_and_is_one_line(in_the_way: str, path: Path) -> None:
    if in_the_way == "folder":
        path.mkdir(parents=True)
    else:
        path.parents[1].mkdir()
        path.parent.write_text("mine")
    before = sorted(path.parents[1].rglob("*"))
    message = r"^[^\n]*x\.parquet: expected to write the file, got: [^\n]*\.$"
    with pytest.raises(OutputError, match=message), writing(path) as writer:
        writer.finish()
    assert sorted(path.parents[1].rglob("*")) == before
