"""Every reader of bytes from outside ends in a value or in one line, whatever it reads.

`make fuzz` tries more inputs for as long as asked; what it finds it keeps in tests/data/fuzz/.
"""

from __future__ import annotations

import re
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest

from fastgen.errors import DataError
from tests.effort import repeats
from tests.fuzzing.mutations import mutated_bytes
from tests.fuzzing.oracle import Target, check
from tests.fuzzing.run import fuzz, keep
from tests.fuzzing.targets import CORPUS, TARGETS, inputs_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CORPUS_BYTES = 300_000


def named(target: Target) -> str:
    return target.name


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_mutated_inputs_are_read_or_refused_in_one_line(target: Target) -> None:
    seen = [b""]
    try:
        fuzz(
            target,
            examples=repeats(target.examples, 10 * target.examples),
            from_seed=1,
            note=partial(seen.__setitem__, 0),
        )
    except Exception as error:
        raise AssertionError(keep(target, seen[0])) from error


@pytest.mark.parametrize("target", TARGETS, ids=named)
def test_kept_inputs_are_read_or_refused_in_one_line(target: Target) -> None:
    for data in inputs_of(target).values():
        check(target, data)


def test_kept_inputs_belong_to_a_reader_and_are_few() -> None:
    files = [path for path in CORPUS.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} <= {target.name for target in TARGETS}
    assert sum(path.stat().st_size for path in files) <= CORPUS_BYTES


def read_number(data: bytes, folder: Path) -> int:
    """Read a number, as a reader would that thinks of one fault only."""
    del folder
    if not data:
        raise DataError("expected a number, got nothing.")
    return int(data)


def wait_long(data: bytes, folder: Path) -> None:
    del data, folder
    time.sleep(10)


def work_long(data: bytes, folder: Path) -> None:
    del data, folder
    while True:
        pass


def take_memory(data: bytes, folder: Path) -> int:
    del folder
    return len(data * 2**31)


def count_calls(data: bytes, folder: Path, calls: list[bytes]) -> int:
    del folder
    calls.append(data)
    return len(calls)


def of(read: Callable[[bytes, Path], object]) -> Target:
    return Target("number", read, lambda: [b"12"], mutated_bytes, 100)


@pytest.mark.parametrize(
    ("read", "error"),
    [
        (take_memory, None),
        (wait_long, "more than 2 s for"),
        (work_long, "more than 0.5 s of processor"),
        (partial(count_calls, calls=[]), "different values"),
    ],
)
def test_faulty_readers_are_found(
    read: Callable[[bytes, Path], object], error: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.fuzzing.oracle.CPU_S", 0.5)
    # A machine may be so busy that half a second of the processor takes long.
    monkeypatch.setattr("tests.fuzzing.oracle.WALL_S", 2.0 if read is wait_long else 60.0)
    with pytest.raises((AssertionError, MemoryError), match=error):
        check(of(read), b"12")


def test_inputs_that_fail_are_shrunk_and_kept(tmp_path: Path) -> None:
    seen: list[bytes] = []
    with pytest.raises(ValueError, match="invalid literal"):
        fuzz(of(read_number), examples=200, from_seed=1, note=seen.append)
    said = keep(of(read_number), seen[-1], tmp_path)
    (kept,) = tmp_path.rglob("found-*")
    assert kept.read_bytes() == seen[-1]
    assert str(kept) in said
    assert len(kept.read_bytes()) <= len(b"12") + 1
    assert re.search(r"python -m tests\.fuzzing \S+", said)
