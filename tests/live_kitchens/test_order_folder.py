"""What can't be read of a folder of orders is named once, and all else of the folder is taken."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import shutil
import zipfile
from itertools import count
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen.live_kitchens import order_folder, order_reading
from fastgen.live_kitchens.order_folder import Folder
from fastgen.live_kitchens.order_reading import READ_BYTES, Positions, Reading
from tests.live_kitchens.orders import at, quiet, read_lines, rejected, write_lines
from tests.live_kitchens.runs import FakeClock, run

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def drop(tmp_path: Path) -> Path:
    (tmp_path / "drop").mkdir()
    return tmp_path / "drop"


# A moment for each look.
LOOKS_US = count(step=200_000)


def read_all(folder: Folder, positions: Positions) -> list[Reading]:
    """Read until some looks find nothing new."""
    found: list[Reading] = []
    n_quiet = 0
    while n_quiet < 3:
        reading = folder.read(next(LOOKS_US))
        n_quiet = n_quiet + 1 if reading is None else 0
        if reading is not None:
            found.append(reading)
            positions |= reading.positions
    return found


def refusals(readings: list[Reading]) -> dict[str, str]:
    """List the reasons for which files were refused, each once, by their names."""
    found = {one.source.rpartition("/")[2]: one.refusal for one in readings if one.refusal is not None}
    assert len(found) == sum(one.refusal is not None for one in readings)
    assert all(one.lines == [] for one in readings if one.refusal is not None)
    return found


def lines(readings: list[Reading]) -> list[bytes | None]:
    return [line.data for one in readings for line in one.lines]


def _zip(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.jsonl", "{}")


OTHER_FORMS: dict[str, tuple[Callable[[Path], Any], str]] = {
    "gzip": (lambda path: path.write_bytes(gzip.compress(b"{}")), "gzip"),
    "bzip2": (lambda path: path.write_bytes(bz2.compress(b"{}")), "bzip2"),
    "xz": (lambda path: path.write_bytes(lzma.compress(b"{}")), "xz"),
    "zip": (_zip, "a zip archive"),
    "parquet": (lambda path: pl.DataFrame({"id": ["a"]}).write_parquet(path), "Parquet"),
    "utf16": (lambda path: path.write_bytes('{"id": "a"}\n'.encode("utf-16")), "UTF-16"),
    "utf16-without-mark": (lambda path: path.write_bytes("{}\n".encode("utf-16-le")), "binary data"),
}


@pytest.mark.parametrize("form", OTHER_FORMS)
def test_files_of_another_form_are_refused_once_as_a_whole(form: str, drop: Path) -> None:
    write, name = OTHER_FORMS[form]
    write(drop / "a")
    write_lines(drop / "b", {"id": "b"})
    positions: Positions = {}
    found = read_all(Folder(drop, positions), positions)
    assert refusals(found) == {"a": f"expected JSON lines in UTF-8, got {name}."}
    assert lines(found) == [b'{"id": "b"}']
    assert read_all(Folder(drop, positions), positions) == []


def test_what_is_no_file_is_refused_once_and_taken_when_it_is_one(drop: Path) -> None:
    (drop / "folder").mkdir()
    os.mkfifo(drop / "pipe")
    (drop / "link").symlink_to(drop / "nothing")
    (drop / "round").symlink_to(drop / "round")
    write_lines(drop / "z", {"id": "z"})
    positions: Positions = {}
    folder = Folder(drop, positions)
    found = read_all(folder, positions)
    assert refusals(found) == {
        "folder": "expected a file, got: a folder.",
        "pipe": "expected a file, got: a device or a pipe.",
        "link": "expected a file, got: a link to nothing.",
        "round": "expected a file, got: a link that leads back to itself.",
    }
    assert lines(found) == [b'{"id": "z"}']
    write_lines(drop / "new", {"id": "new"})
    assert lines(read_all(folder, positions)) == [b'{"id": "new"}']
    folder = Folder(drop, positions)
    assert read_all(folder, positions) == []
    (drop / "folder").rmdir()
    write_lines(drop / "folder", {"id": "folder"})
    assert lines(read_all(folder, positions)) == [b'{"id": "folder"}']
    assert read_all(Folder(drop, positions), positions) == []


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Names of files that nobody may read: root, who may read all, runs these tests too."""
    names, read = set[str](), order_reading.read_at

    def read_unless_locked(path: Path, offset: int) -> bytes:
        if path.name in names:
            raise PermissionError(13, "Permission denied", str(path))
        return read(path, offset)

    monkeypatch.setattr(order_folder, "read_at", read_unless_locked)
    return names


def test_a_file_that_may_not_be_read_is_refused_once_and_tried_again(drop: Path, locked: set[str]) -> None:
    write_lines(drop / "a", {"id": "a"})
    write_lines(drop / "b", {"id": "b"})
    locked.add("a")
    positions: Positions = {}
    folder = Folder(drop, positions)
    found = read_all(folder, positions)
    assert refusals(found) == {"a": "expected a file that can be read, got: Permission denied."}
    assert lines(found) == [b'{"id": "b"}']
    write_lines(drop / "c", {"id": "c"})  # the folder changes
    assert lines(read_all(folder, positions)) == [b'{"id": "c"}']
    assert read_all(Folder(drop, positions), positions) == []  # a restart
    locked.clear()
    assert lines(read_all(Folder(drop, positions), positions)) == [b'{"id": "a"}']
    assert read_all(Folder(drop, positions), positions) == []


@pytest.mark.parametrize("is_restarted", [False, True])
def test_a_file_that_vanishes_goes_on_where_it_was(
    is_restarted: bool,  # noqa: FBT001  # a parameter of the test
    drop: Path,
) -> None:
    whole = [b"%06d" % i for i in range(READ_BYTES // 3)]
    write_lines(drop / "a", *whole)
    positions: Positions = {}
    folder, first = Folder(drop, positions), None
    while first is None:
        first = folder.read(next(LOOKS_US))
    positions |= first.positions
    (drop / "a").rename(drop / ".a")
    found = read_all(folder, positions)
    assert refusals(found) == {"a": "expected a file that can be read, got: No such file or directory."}
    (drop / ".a").rename(drop / "a")
    folder = Folder(drop, positions) if is_restarted else folder
    assert lines([first, *read_all(folder, positions)]) == whole


def test_a_file_that_is_being_written_waits_though_others_are_read(drop: Path) -> None:
    folder = Folder(drop, {})
    write_lines(drop / "whole", {"id": "a"})
    with (drop / "growing").open("wb", buffering=0) as file:
        file.write(b'{"id":')
        assert folder.read(0) is None
        file.write(b' "b"')
        assert [folder.read(0), folder.read(199_999)] == [None, None]
        reading = folder.read(200_000)
        assert reading is not None
        assert lines([reading]) == [b'{"id": "a"}']
        assert [folder.read(200_001), folder.read(399_999)] == [None, None]
        file.write(b"}\n")
    assert folder.read(400_000) is None
    reading = folder.read(600_000)
    assert reading is not None
    assert lines([reading]) == [b'{"id": "b"}']


def test_a_folder_that_vanishes_is_named_once_and_may_come_back(drop: Path) -> None:
    positions: Positions = {}
    folder = Folder(drop, positions)
    assert read_all(folder, positions) == []
    for name in ("a", "b"):
        shutil.rmtree(drop)
        reasons = refusals(read_all(folder, positions))
        assert reasons == {"drop": "expected a folder that can be read, got: No such file or directory."}
        drop.mkdir()
        write_lines(drop / name, {"id": name})
        assert lines(read_all(folder, positions)) == [b'{"id": "%s"}' % name.encode()]


def test_a_run_names_what_it_can_not_read_once_and_goes_on(
    drop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.fsync", lambda _: None)
    (drop / "a").mkdir()
    (drop / "b").write_bytes(gzip.compress(b"{}"))
    (drop / "c").write_bytes('{"address": "Höhe 1"}\n{"id": "c"}\n{"address": "Höhe 2"}\n'.encode("latin-1"))
    options: dict[str, Any] = {"hours": 0.02, "orders_from": drop, "receipts": tmp_path / "r"}
    clock, said = FakeClock(), list[str]()
    for _ in range(2):  # the second one is a restart
        run(quiet(), tmp_path / "out", clock=clock, announce=said.append, **options)
    found = [(one["file"], one["line"], one["text"]) for one in rejected(tmp_path)]
    assert found == [
        (str(drop / "a"), None, None),
        (str(drop / "b"), None, None),
        (str(drop / "c"), 1, '{"address": "H�he 1"}'),
        (str(drop / "c"), 3, '{"address": "H�he 2"}'),
    ]
    reasons, see = [one["reason"] for one in rejected(tmp_path)], tmp_path / ".out.fastgen" / "rejected.jsonl"
    # A run also says that it computes routes, unless they are cached.
    assert [line for line in said if "rejected: " in line] == [
        f"{drop / 'a'}: rejected: {reasons[0]} See {see}.",
        f"{drop / 'b'}: rejected: {reasons[1]} See {see}.",
        f"{drop / 'c'}, line 1: rejected: {reasons[2]} See {see}.",
    ]
    write_lines(drop / "d", {"id": "d", "time": at(minutes=5)})
    run(quiet(), tmp_path / "out", clock=clock, announce=said.append, **options)
    assert [one["id"] for one in read_lines(tmp_path / "r")] == ["c", "d"]
    assert sum("rejected: " in line for line in said) == 3
