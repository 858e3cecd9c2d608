"""Golden checksums are read by `fastgen verify`: a wrong file is refused, and what is written comes back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.checksums import make_golden, parse_checksums
from fastgen.dataset.manifest import read_manifest
from fastgen.errors import DamageError, DataError
from tests.golden.checksums import GOLDEN_BUILDS, Answer, Checksums, load_checksums, write_checksums
from tests.helpers import build_small

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("golden"))


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


@pytest.mark.parametrize("key", ["format", "format_version", "digest_version", "datasets"])
def test_wrong_files_are_refused(key: str, pins: Path) -> None:
    raw = json.loads(pins.read_text())
    for changed in ({**raw, key: 99}, {k: v for k, v in raw.items() if k != key}):
        with pytest.raises(DataError, match=r"pins\.json: expected"):
            parse_checksums(json.dumps(changed), "pins.json")


@pytest.mark.parametrize("field", ["digest", "rows", "networks"])
def test_damaged_datasets_are_refused(field: str, pins: Path) -> None:
    raw = json.loads(pins.read_text())
    raw["datasets"]["small"][field] = None
    with pytest.raises(DamageError, match=field):
        parse_checksums(json.dumps(raw), "pins.json")


def test_answers_do_not_matter_to_verify(pins: Path) -> None:
    raw = json.loads(pins.read_text())
    assert parse_checksums(json.dumps({**raw, "queries": 99}), "pins.json").keys() == {"small"}
