"""The command writes a whole page or none, never into a dataset, and says in one line what is wrong."""

from __future__ import annotations

import json
import os
import pty
import subprocess
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import click
import polars as pl
import pytest
from click.testing import CliRunner, Result

from fastgen import extras
from fastgen.cli import cli
from fastgen.dataset.verify.report import CHECKS
from fastgen.errors import DamageError, DataError, FastgenError, OutputError, ScenarioError
from tests.cli.processes import FASTGEN, run_fastgen
from tests.helpers import build_small, copy_of, first_part

if TYPE_CHECKING:
    from pathlib import Path

call = partial(run_fastgen, "report")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"), days=7)


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("other"), days=7, seed=5)


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory, dataset: Path) -> Path:
    """Events without a manifest: a single file."""
    path = tmp_path_factory.mktemp("bare") / "events.parquet"
    pattern = str(dataset / "events.parquet" / "**" / "*.parquet")
    pl.read_parquet(pattern, hive_partitioning=True).write_parquet(path)
    return path


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["report", *map(str, args)])


def show(dataset: Path, *args: object) -> Result:
    return run(dataset, "--roads", dataset.parent / "roads", *args)


def test_writes_a_page(dataset: Path, tmp_path: Path) -> None:
    """It replaces an older one."""
    page = tmp_path / "report.html"
    page.write_text("of yesterday")
    result = show(dataset, "-o", page)
    assert result.exit_code == 0
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert text.rstrip().endswith("</html>")
    assert result.stdout == f"{page}: the page of {dataset}, {len(text.encode()):,} bytes.\n"
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_the_page_is_put_into_the_current_folder(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run(dataset).exit_code == 0
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_prints_the_certificate(dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = show(dataset, "--json")
    found = json.loads(result.stdout)
    assert result.exit_code == (0 if found["passed"] else 1)
    assert {row["name"] for row in found["checks"]} <= set(CHECKS)
    assert found["tests"]
    assert not list(tmp_path.iterdir())


def test_the_certificate_of_a_damaged_dataset_says_so(dataset: Path, tmp_path: Path) -> None:
    damaged = copy_of(dataset, tmp_path)
    first_part(damaged).write_bytes(first_part(damaged).read_bytes()[:-9])
    result = show(damaged, "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert not found["passed"]
    assert "checks fail" in found["verdict"]


@pytest.mark.parametrize("args", [[], ["--compare"]], ids=["report", "compare"])
def test_a_damaged_dataset_gets_no_page(args: list[str], dataset: Path, tmp_path: Path) -> None:
    damaged = copy_of(dataset, tmp_path)
    first_part(damaged).write_bytes(first_part(damaged).read_bytes()[:-9])
    page = tmp_path / "report.html"
    result = run(*args, *([dataset] * len(args)), damaged, "-o", page)
    assert isinstance(result.exception, DamageError)
    assert result.exception.exit_code == 1
    assert not page.exists()
    assert result.stdout == ""


def test_writes_a_page_of_two(dataset: Path, other: Path, bare: Path, tmp_path: Path) -> None:
    page = tmp_path / "compare.html"
    result = run("--compare", dataset, other, "-o", page)
    assert result.exit_code == 0, result.output
    text = page.read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    first, verdict = result.stdout.splitlines()
    assert first == f"{page}: the page of {dataset} and {other}, {len(text.encode()):,} bytes."
    assert verdict == "Nothing of 20 comparisons differs by more than chance."
    assert [path.name for path in tmp_path.iterdir()] == ["compare.html"]
    assert run("--compare", bare, dataset, "-o", page).exit_code == 0
    assert "events without a manifest" in page.read_text(encoding="utf-8")


def test_prints_the_comparison(
    dataset: Path, other: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever differs, the exit code is 0, and no page is written unless asked for."""
    monkeypatch.chdir(tmp_path)
    lines = run("--compare", dataset, other)
    assert lines.exit_code == 0
    assert "seed: 42 | 5" in lines.stdout.splitlines()
    assert lines.stdout.splitlines()[-1].startswith(f"{dataset}, {other}: Nothing of 20")
    document = json.loads(run("--compare", dataset, other, "--json").stdout)
    assert (document["format"], document["differs"]) == ("fastgen-comparison", False)
    measure = next(row["measure"] for row in document["rows"] if row["name"] == "orders_by_day")
    assert measure.keys() == {"what", "unit", "first", "second"}
    assert not list(tmp_path.iterdir())


def test_wrong_places_are_refused_before_the_work(
    dataset: Path, other: Path, bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> str:
        pytest.fail("a dataset was read")

    monkeypatch.setattr("fastgen.reporting.run.report", fail)
    monkeypatch.setattr("fastgen.reporting.compare.compare", fail)
    (tmp_path / "pipe").symlink_to("/dev/null")
    for place, error in (
        (dataset / "report.html", ScenarioError),
        (tmp_path, ScenarioError),
        (tmp_path / "pipe", ScenarioError),
        (tmp_path / "missing" / "report.html", OutputError),
    ):
        for args in ([dataset], ["--compare", dataset, other], ["--compare", other, dataset]):
            result = run(*args, "-o", place)
            assert isinstance(result.exception, error), (args, place)
    assert isinstance(run("--compare", dataset, bare, "-o", bare).exception, ScenarioError)
    assert [path.name for path in tmp_path.iterdir()] == ["pipe"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["--json", "-o", "x.html"], "one of --json and --output"),
        (["--compare", "a", "--roads", "b"], "no --roads beside --compare"),
        (["b", "c"], "unexpected extra argument"),
        (["--compare"], "requires an argument"),
        (["--output", ""], "an empty text"),
    ],
)
def test_wrong_options_are_refused(args: list[str], said: str, dataset: Path) -> None:
    result = run(dataset, *args)
    assert result.exit_code == click.UsageError.exit_code == 2
    assert said in result.stderr


def test_troubles_are_one_line(dataset: Path, tmp_path: Path) -> None:
    """Of either command: exit code 2 for wrong input, 1 for a place that can't be written to."""
    (tmp_path / "empty").mkdir()
    pl.DataFrame({"order_id": ["a"]}).write_parquet(tmp_path / "no_events.parquet")
    troubles = {
        ("none",): (2, "none"),
        ("empty",): (2, "manifest.json"),
        ("--compare", str(dataset), "none"): (2, "none"),
        ("--compare", "no_events.parquet", str(dataset)): (2, "location_id"),
        (str(dataset), "-o", "missing/x.html"): (1, "expected to write the page"),
        (str(dataset), "--json", "-o", "x.html"): (2, "--json"),
    }
    for args, (code, said) in troubles.items():
        result = call(*args, cwd=tmp_path)
        assert (result.returncode, result.stdout) == (code, ""), args
        assert len(result.stderr.splitlines()) == 1, result.stderr
        assert said in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"empty", "no_events.parquet"}


def test_pages_never_change(dataset: Path, other: Path, tmp_path: Path) -> None:
    """In another folder, time zone and language, of a dataset that two workers have built."""
    twin = build_small(tmp_path, days=7, workers=2)
    far = {"TZ": "Asia/Tokyo", "LC_ALL": "C", "PYTHONHASHSEED": "7"}
    for args in ((), ("--compare", str(other))):
        here = call(*args, str(dataset), "-o", "-")
        there = call(*args, twin.name, "-o", "-", env=far, cwd=tmp_path)
        assert (here.returncode, here.stderr) == (there.returncode, there.stderr) == (0, "")
        assert here.stdout.startswith("<!doctype html>")
        assert here.stdout == there.stdout
        assert str(dataset) not in here.stdout


def test_a_pipe_sees_no_progress_and_a_terminal_does(dataset: Path, bare: Path, tmp_path: Path) -> None:
    page = tmp_path / "x.html"
    quiet = call("--compare", dataset, bare, "-o", page)
    assert (quiet.returncode, quiet.stderr) == (0, "")
    for args in ([str(dataset)], ["--compare", str(dataset), str(bare)]):
        terminal, theirs = pty.openpty()
        command = [*FASTGEN, "report", *args, "-o", str(page)]
        done = subprocess.run(
            command, stdout=subprocess.PIPE, stderr=theirs, env=os.environ | {"TERM": "xterm"}, check=False
        )
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # how Linux says that the other end is closed
            while chunk := os.read(terminal, 65_536):
                shown += chunk
        os.close(terminal)
        assert done.returncode == 0
        assert b"Drawing" in shown
        assert done.stdout.startswith(f"{page}: the page of ".encode())


@pytest.mark.parametrize("args", [["-o", "x.html"], ["--json"], ["--compare", "y"]])
def test_names_the_extra_where_it_is_missing(
    args: list[str], dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(extras, "find_spec", lambda name: None if name == "vl_convert" else name)
    error = run(dataset, *args).exception
    assert isinstance(error, DataError)
    assert isinstance(error, FastgenError)
    assert error.exit_code == 2
    assert "vl_convert" in str(error)
    assert "fastgen[report]" in str(error)
    assert not list(tmp_path.iterdir())
