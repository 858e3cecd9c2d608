"""The golden checksums are what others compare with: nothing but another stream version may move them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from fastgen.building.build import build
from tests.golden.checksums import GOLDEN, GOLDEN_BUILDS, Checksums, load_checksums
from tests.processes import masked_features, run_build

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.checksums import Golden

FORMS: dict[str, dict[str, Any]] = {
    "hive, 1 worker": {"layout": "hive", "workers": 1},
    "single, 2 workers": {"layout": "single", "workers": 2},
}


@pytest.fixture(scope="module")
def golden() -> Checksums:
    return load_checksums(GOLDEN)


def asked(pinned: Golden) -> dict[str, Any]:
    """Options of the build that made a pinned dataset."""
    return {"seed": pinned.seed, "days": pinned.days, "scale": pinned.scale}


def test_what_is_pinned_is_what_is_asked_for(golden: Checksums) -> None:
    assert {name: asked(pinned) for name, pinned in golden.datasets.items()} == GOLDEN_BUILDS


@pytest.mark.parametrize("form", [*FORMS])
@pytest.mark.parametrize("name", [*GOLDEN_BUILDS])
def test_workers_and_layouts_give_the_golden_digest(
    name: str, form: str, golden: Checksums, tmp_path: Path
) -> None:
    pinned = golden.datasets[name]
    manifest = build(tmp_path, **asked(pinned), **FORMS[form]).manifest
    assert manifest.scenario_hash == pinned.scenario_hash
    assert manifest.dimensions_hash == pinned.dimensions_hash
    assert {n.code: n.hash for n in manifest.networks} == dict(pinned.networks)
    assert (manifest.orders, manifest.rows, manifest.digest) == (pinned.orders, pinned.rows, pinned.digest)


@pytest.mark.parametrize("mask", [*masked_features()])
def test_processors_of_fewer_features_give_the_golden_digest(
    mask: str, golden: Checksums, tmp_path: Path
) -> None:
    pinned = golden.datasets["canonical"]
    assert run_build(None, tmp_path / "out", masked_features()[mask], **asked(pinned)) == pinned.digest
