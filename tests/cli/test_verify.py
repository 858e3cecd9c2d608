"""Scripts go by verify's exit code, people by its lines."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from fastgen.cli import cli
from fastgen.dataset.verify.report import CHECKS, OPTIONAL_CHECKS
from fastgen.errors import DataError
from tests.helpers import build_small, copy_of, first_part

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("small"))


@pytest.fixture
def damaged(dataset: Path, tmp_path: Path) -> Path:
    """Truncate a file of a copy."""
    copy = copy_of(dataset, tmp_path)
    first_part(copy).write_bytes(first_part(copy).read_bytes()[:-9])
    return copy


def run(*args: object) -> Result:
    return CliRunner().invoke(cli, ["verify", *map(str, args)])


def test_a_sound_dataset(dataset: Path) -> None:
    result = run(dataset)
    lines = result.stdout.splitlines()
    assert result.exit_code == 0
    assert [line.split()[:2] for line in lines[:-1]] == [
        ["ok", name] for name in CHECKS if name not in OPTIONAL_CHECKS
    ]
    assert lines[-1].startswith(f"{dataset}: all 18 checks passed: 275 orders, ")


def test_a_damaged_dataset(damaged: Path) -> None:
    result = run(damaged)
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAIL")]
    assert result.exit_code == 1
    assert isinstance(result.exception, SystemExit)
    assert failed[0].startswith(
        "FAIL  files      1 of 8 files: events.parquet/location_id=1/part-00000-00002"
    )
    assert failed[1].startswith("FAIL  columns    1 of 2 files: ")
    assert "expected a whole Parquet file" in failed[1]
    assert "checks failed: files, columns, digests, dataset" in result.stdout.splitlines()[-1]


def test_json_says_the_same(dataset: Path, damaged: Path) -> None:
    sound, found = run(dataset, "--json"), run(damaged, "--json")
    assert (sound.exit_code, found.exit_code) == (0, 1)
    assert json.loads(sound.stdout)["passed"] is True
    checks = {check["name"]: check for check in json.loads(found.stdout)["checks"]}
    assert checks["files"]["wrong"] == 1
    assert checks["lifecycle"]["passed"] is True
    assert checks["scenario"] == {
        "name": "scenario",
        "passed": True,
        "checked": 1,
        "wrong": 0,
        "first": None,
        "skipped": None,
    }


def test_against_itself(dataset: Path) -> None:
    result = run(dataset, "--against", dataset)
    assert result.exit_code == 0
    assert "ok    against" in result.stdout


def test_without_a_dataset_is_wrong_input(tmp_path: Path) -> None:
    result = run(tmp_path)
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == 2
    assert result.stdout == ""


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"mine", 2, "a file of another kind"),
        (b"", 2, "a file of another kind"),
        (b"[1, 2", 2, "a file of another kind"),
        (b"{}", 2, "a file of another kind"),
        (b"\xff\xfe", 2, "bytes that are not UTF-8"),
        (b"PAR1PAR1", 2, "a file of another kind"),
        (b'{"format": "fastgen-checksums", "datasets": ', 1, "expected golden checksums, got a damaged"),
        (b'{"format": "fastgen-dataset", "files": ', 1, "expected a whole manifest, got a damaged"),
    ],
)
def test_against_something_else_is_wrong_input_and_against_damage_a_mismatch(
    content: bytes, code: int, told: str, dataset: Path, tmp_path: Path
) -> None:
    (tmp_path / "theirs").write_bytes(content)
    result = run(dataset, "--against", tmp_path / "theirs")
    assert isinstance(result.exception, DataError)
    assert result.exception.exit_code == code
    assert told in str(result.exception)
    assert str(result.exception).startswith(f"{tmp_path / 'theirs'}: expected ")


def test_no_traceback_reaches_a_user(damaged: Path, tmp_path: Path) -> None:
    for folder, code, n_lines in ((damaged, 1, 0), (tmp_path / "nowhere", 2, 1)):
        command = [sys.executable, "-c", "from fastgen.cli import main; main()", "verify", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert len(done.stderr.splitlines()) == n_lines


def test_help_has_examples() -> None:
    assert "fastgen verify dataset --against" in run("--help").stdout
