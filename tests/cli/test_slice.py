"""The slice command as its users meet it: pipes, files, formats, troubles."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import polars as pl
import pytest

from fastgen.cli import main
from tests.cli.odd_places import listing
from tests.helpers import build_small, copy_of

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "fastgen", "slice")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("sliced"), days=2)


def test_pipe_gets_lines_in_order(dataset: Path) -> None:
    args = (
        "--from",
        "0T18:00",
        "--to",
        "2024-01-01T20:00",
        "--locations",
        "sf,4",
        "--types",
        "delivered,gk_ready",
    )
    done = subprocess.run([*COMMAND, dataset, *args], capture_output=True, text=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert {row["event_type"] for row in rows} == {"delivered", "gk_ready"}
    assert {row["location_id"] for row in rows} == {1, 4}
    keys = [(row["ts"], row["order_id"], row["sequence"]) for row in rows]
    assert keys == sorted(keys)
    assert "2024-01-01 18:00:00" <= keys[0][0] < keys[-1][0] < "2024-01-01 20:00:00"


@pytest.mark.parametrize("form", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("raw", [(), ("--raw",)])
def test_reader_that_leaves_early_is_no_trouble(form: str, raw: tuple[str, ...], dataset: Path) -> None:
    command = [*COMMAND, str(dataset), "--from", "0", "--to", "2", "--format", form, *raw]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read()
    assert process.returncode == 0
    assert not [line for line in said.splitlines() if not line.startswith(b"compiling")]


@pytest.mark.parametrize(
    "own", ["manifest.json", "brands.parquet", "events.parquet/mine.jsonl", "events.parquet/location_id=1/x"]
)
@pytest.mark.parametrize("way", ["{}/", "{}/../dataset/", "link/"])
def test_no_file_of_the_dataset_is_replaced(
    own: str,
    way: str,
    dataset: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "link").symlink_to(dataset)
    before = listing(dataset)
    with pytest.raises(SystemExit) as ended:
        main(["slice", str(dataset), "--from", "0", "--to", "1", "-o", way.format(dataset) + own])
    (line,) = capsys.readouterr().err.splitlines()
    assert (ended.value.code, "output: expected a file that is none of the dataset, got" in line) == (2, True)
    assert listing(dataset) == before


def test_file_appears_whole(dataset: Path, tmp_path: Path) -> None:
    out = tmp_path / "a.parquet"
    args = [str(dataset), "--from", "0", "--to", "1", "--raw", "--format", "parquet", "-o", str(out)]
    with pytest.raises(SystemExit) as ended:
        main(["slice", *args])
    assert ended.value.code in (0, None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]
    assert pl.read_parquet(out).height > 100


def test_pipe_for_a_manifest_is_named_once(
    dataset: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    manifest = copy_of(dataset, tmp_path) / "manifest.json"
    manifest.unlink()
    os.mkfifo(manifest)
    with pytest.raises(SystemExit) as ended:
        main(["slice", str(manifest.parent), "--from", "0", "--to", "1"])
    line = f"fastgen: {manifest}: expected a readable manifest, got a device or a pipe.\n"
    assert (ended.value.code, capsys.readouterr().err) == (2, line)


@pytest.mark.parametrize(
    ("args", "code", "message"),
    [
        ("--from x --to 1", 2, "from: expected a day such as 70"),
        ("--from 2 --to 1", 2, "to: expected an instant not before that of from"),
        ("--from 0 --to 1 --locations mars", 2, "locations: expected codes or ids among sf (1), chicago (4)"),
        ("--from 0 --to 1 --types ping", 2, "types: expected names among order_created,"),
        ("--from 0 --to 1 --format xml", 2, "'xml' is not one of 'jsonl', 'csv', 'parquet'"),
        ("--from 0", 2, "Missing option '--to'"),
        (
            "--from 0 --to 1 -o no/such/folder",
            1,
            "no/such/folder: expected to write the file",
        ),
        ("--from 0 --to 1 -o .", 2, "output: expected a file, got the folder '.'."),
    ],
)
def test_trouble_is_one_line(
    args: str, code: int, message: str, dataset: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["slice", str(dataset), *args.split()])
    assert ended.value.code == code
    said = capsys.readouterr()
    assert said.out == ""
    (line,) = said.err.splitlines()
    assert message in line
