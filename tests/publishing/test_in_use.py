"""A DuckDB file that others have open is not pulled away from under their hands."""

from __future__ import annotations

import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from fastgen import DamageError, OutputError, ScenarioError, publish
from fastgen.publishing.target import Form
from tests.helpers import copy_of, first_part
from tests.publishing.rows import assert_events, target_of

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def opened(path: str, options: str) -> Iterator[subprocess.Popen[bytes]]:
    """Keep a DuckDB file open in another process; a line to it is a statement."""
    code = f"import duckdb, sys; held = duckdb.connect(sys.argv[1]{options}); print(flush=True)\n"
    code += "for line in sys.stdin: held.execute(line); print(flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", code, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        yield holder
        holder.communicate()


@pytest.mark.parametrize("overwrite", [False, True])
def test_duckdb_file_that_is_written_to_is_refused(overwrite: bool, dataset: Path, tmp_path: Path) -> None:  # noqa: FBT001
    target = target_of(Form.DUCKDB, tmp_path)
    publish(dataset, target)
    path = target.partition(":")[2]
    with opened(path, "") as holder:
        assert holder.stdin is not None
        assert holder.stdout is not None
        with pytest.raises(OutputError, match="nobody writes to, but a process does"):
            publish(dataset, target, overwrite=overwrite)
        holder.stdin.write(b"CREATE TABLE mine AS SELECT 1 AS one\n")
        holder.stdin.flush()
        holder.stdout.readline()
        with pytest.raises(OutputError, match="nobody writes to, but a process does"):
            publish(dataset, target, overwrite=overwrite)
    with duckdb.connect(path) as connection:
        assert connection.execute("FROM mine").fetchall() == [(1,)]
        with pytest.raises(OutputError, match="nobody writes to, but this process has it open"):
            publish(dataset, target, overwrite=overwrite)
    assert list(tmp_path.iterdir()) == [Path(path)]


def test_reader_of_a_duckdb_file_keeps_the_older_one(dataset: Path, other: Path, tmp_path: Path) -> None:
    target = target_of(Form.DUCKDB, tmp_path)
    publish(dataset, target)
    with opened(target.partition(":")[2], ", read_only=True") as holder:
        assert publish(other, target, overwrite=True).made
        assert holder.stdin is not None
        assert holder.stdout is not None
        holder.stdin.write(b"CREATE TEMP TABLE seen AS FROM events\n")
        holder.stdin.flush()
        assert holder.stdout.readline() == b"\n"
    assert_events(target, other)


def test_log_of_a_lost_duckdb_file_is_not_removed_unasked(dataset: Path, tmp_path: Path) -> None:
    target = target_of(Form.DUCKDB, tmp_path)
    log = Path(target.partition(":")[2] + ".wal")
    log.write_bytes(b"precious")
    with pytest.raises(OutputError, match=r"\.wal: expected a new place"):
        publish(dataset, target)
    assert log.read_bytes() == b"precious"
    assert publish(dataset, target, overwrite=True).made
    assert_events(target, dataset)


@pytest.mark.parametrize("letter", ["x", "é"])
def test_file_has_any_name_that_its_log_can_have_too(letter: str, dataset: Path, tmp_path: Path) -> None:
    longest = letter * (251 // len(letter.encode()))
    assert publish(dataset, f"duckdb:{tmp_path / 'a' / longest}").made
    assert [path.name for path in (tmp_path / "a").iterdir()] == [longest]
    for more in range(1, 4):
        name = longest + "x" * more
        if len(name.encode()) > 251:
            with pytest.raises(ScenarioError, match=rf"{name}\.wal: a name of at most 251 bytes, got 25"):
                publish(dataset, f"duckdb:{tmp_path / 'b' / name}")
    assert not (tmp_path / "b").exists()


def test_failed_publication_leaves_no_empty_folders(dataset: Path, tmp_path: Path) -> None:
    damaged = copy_of(dataset, tmp_path)
    first_part(damaged).write_bytes(b"")
    with pytest.raises(DamageError):
        publish(damaged, f"duckdb:{tmp_path / 'a' / 'b' / 'file'}")
    assert not (tmp_path / "a").exists()
