"""Golden checksums are read by CI: a wrong file must be refused, and what is written must come back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.checksums import (
    GOLDEN_BUILDS,
    Answer,
    Checksums,
    load_checksums,
    make_golden,
    write_checksums,
)
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DataError

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def pins(dataset: Path, tmp_path: Path) -> Path:
    golden = make_golden(read_manifest(dataset))
    path = tmp_path / "pins.json"
    write_checksums(path, Checksums({"small": golden}, {"q": Answer(1, ("Caffè", "2"), "0" * 64)}))
    return path


def test_they_come_back_as_they_were(pins: Path, dataset: Path) -> None:
    found, manifest = load_checksums(pins), read_manifest(dataset)
    assert found.datasets["small"] == make_golden(manifest)
    assert found.datasets["small"].digest == manifest.digest
    assert found.datasets["small"].locations == ("sf", "chicago")
    assert found.queries["q"] == Answer(1, ("Caffè", "2"), "0" * 64)


def test_writing_again_changes_nothing(pins: Path) -> None:
    before = pins.read_bytes()
    write_checksums(pins, load_checksums(pins))
    assert pins.read_bytes() == before


def test_the_golden_builds_are_those_of_the_issue() -> None:
    assert GOLDEN_BUILDS["canonical"] == {"seed": 42, "days": 90, "scale": 1.0}
    assert len({build["seed"] for build in GOLDEN_BUILDS.values()}) == 3
    assert {"seed": 42, "days": 3, "scale": 20.0} in GOLDEN_BUILDS.values()


@pytest.mark.parametrize("key", ["format", "format_version", "digest_version", "datasets", "queries"])
def test_wrong_files_are_refused(key: str, pins: Path) -> None:
    raw = json.loads(pins.read_text())
    for changed in ({**raw, key: 99}, {k: v for k, v in raw.items() if k != key}):
        pins.write_text(json.dumps(changed))
        with pytest.raises(DataError, match=r"pins\.json: expected"):
            load_checksums(pins)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a readable checksums file"):
        load_checksums(tmp_path / "pins.json")
