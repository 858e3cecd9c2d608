"""Names and facts that once slipped through: each is taken as it is, or refused in one line."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from fastgen.building.build import build
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.reading.scan import scan_events
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DataError, FastgenError
from tests.helpers import build_small, change_manifest

if TYPE_CHECKING:
    from pathlib import Path


def test_folder_with_wildcards_in_its_name_is_scanned(tmp_path: Path) -> None:
    dataset = build_small(tmp_path / "g[1]*", days=1)
    assert scan_events(dataset).collect().height == read_manifest(dataset).rows


def test_build_id_that_does_not_fit_is_a_mismatch(tmp_path: Path) -> None:
    dataset = build_small(tmp_path, days=1)
    assert verify_dataset(dataset).passed
    change_manifest(dataset, lambda raw: raw["networks"][0].update(licence="mine"))
    assert not verify_dataset(dataset).passed


def test_count_beyond_64_bits_is_a_damaged_manifest(tmp_path: Path) -> None:
    dataset = build_small(tmp_path, days=1)
    change_manifest(dataset, lambda raw: raw["location_days"]["rows"].__setitem__(0, 2**70))
    with pytest.raises(DataError, match="damaged"):
        verify_dataset(dataset)


@pytest.mark.parametrize("name", ["", os.fsdecode(b"bad\xff")])
def test_name_that_is_none_is_refused(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FastgenError, match="output: expected"):
        build(name, days=1)
    assert list(tmp_path.iterdir()) == []


def test_closed_stderr_ends_with_the_right_code() -> None:
    command = f'"{sys.executable}" -m fastgen verify no_such_folder 2>&-'
    assert subprocess.run(["/bin/sh", "-c", command], check=False).returncode == 2
