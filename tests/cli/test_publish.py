"""A first query comes a minute after the install; whoever publishes twice sees that nothing changed."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

import duckdb
import pytest

from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"))


def run(*args: object, cwd: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "fastgen", "publish", *map(str, args)]
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("to", ["duckdb:b.duckdb", "delta:lake", "parquet:tables"])
def test_publishing_twice_says_so(to: str, dataset: Path, tmp_path: Path) -> None:
    first = run(dataset, "--to", to, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    lines = dict(line.split(maxsplit=1) for line in first.stdout.splitlines())
    assert lines["views"] == "order_header, item_sales, brand_sales, location_sales"
    assert lines["to"] == to
    assert first.stderr == ""
    again = run(dataset, "--to", to, cwd=tmp_path)
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout.startswith(f"nothing to do: {to} holds the tables of this dataset, ")


def test_terminal_sees_what_is_written(dataset: Path, tmp_path: Path) -> None:
    terminal, theirs = pty.openpty()
    command = [sys.executable, "-m", "fastgen", "publish", str(dataset), "--to", "parquet:tables"]
    assert subprocess.run(command, cwd=tmp_path, stderr=theirs, check=False).returncode == 0
    os.close(theirs)
    shown = b""
    # A terminal gives what was written in pieces, then an error in place of its end.
    with suppress(OSError):
        while chunk := os.read(terminal, 10_000):
            shown += chunk
    os.close(terminal)
    assert shown.decode().splitlines()[-1] == "writing events"


def test_business_can_be_queried(dataset: Path, tmp_path: Path) -> None:
    assert run(dataset, "--to", "duckdb:b.duckdb", cwd=tmp_path).returncode == 0
    with duckdb.connect(tmp_path / "b.duckdb", read_only=True) as connection:
        found = connection.execute(
            "SELECT brand_name, sum(revenue) AS taken FROM brand_sales GROUP BY 1 ORDER BY 2 DESC LIMIT 3"
        ).fetchall()
    assert len(found) == 3
    assert found[0][1] > found[2][1] > 0


def test_troubles_are_one_line(dataset: Path, tmp_path: Path) -> None:
    assert run(dataset, "--to", "duckdb:b.duckdb", cwd=tmp_path).returncode == 0
    other = build_small(tmp_path / "other", seed=5)
    troubles = {
        (other, "duckdb:b.duckdb"): (1, "use --overwrite"),
        (dataset, "delta:s3://bucket/x"): (2, "a path of this machine"),
        (dataset, "elsewhere"): (2, "delta:PATH, duckdb:FILE or parquet:PATH"),
        (tmp_path / "none", "delta:x"): (2, "manifest.json"),
    }
    for (source, to), (code, words) in troubles.items():
        found = run(source, "--to", to, cwd=tmp_path)
        assert (found.returncode, found.stdout) == (code, "")
        (line,) = found.stderr.splitlines()
        assert words in line
