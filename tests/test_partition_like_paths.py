"""Folders above a dataset may be named as partitions are: they say nothing about its columns."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from fastgen import scan_events, slice_events
from fastgen.dataset.verify.run import verify_dataset
from tests.helpers import build_small
from tests.readers import read_all

if TYPE_CHECKING:
    from pathlib import Path

FORMS: dict[str, dict[str, Any]] = {
    "hive": {},
    "by day": {"partition_by": "location_id,day"},
    "single": {"layout": "single"},
}
PARENTS = (
    *("run=7", "location_id=9", "day=1/location_id=4", "order_id=x/ts_seconds=5", "sequence="),
    *("=", "a=b=c", "date=2026-03-01", "LOCATION_ID=2", "location_id=__HIVE_DEFAULT_PARTITION__", "k%3Dv=1"),
)


@pytest.fixture(scope="module", params=FORMS)
def dataset(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_small(tmp_path_factory.mktemp("plain"), days=2, scale=0.05, **FORMS[request.param])


@pytest.fixture(scope="module")
def right(dataset: Path) -> dict[str, Any]:
    """Read it where no folder is named so."""
    return read_all(dataset)


@pytest.mark.parametrize("parent", PARENTS)
def test_every_command_reads_the_same(
    parent: str, dataset: Path, right: dict[str, Any], tmp_path: Path
) -> None:
    moved = shutil.copytree(dataset, tmp_path / parent / "dataset")
    assert read_all(moved) == right
    whole = scan_events(dataset).collect()
    assert scan_events(moved).collect().equals(whole)
    assert (
        scan_events(moved)
        .filter(pl.col("location_id") == 4)
        .collect()
        .equals(whole.filter(pl.col("location_id") == 4))
    )
    some = [slice_events(place, "0T18:00", 1, locations=["chicago"]) for place in (dataset, moved)]
    assert some[0].collect().equals(some[1].collect())
    assert some[0].collect_schema() == some[1].collect_schema()


def test_relative_paths_and_links_are_no_way_around(
    dataset: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = shutil.copytree(dataset, tmp_path / "location_id=3" / "dataset")
    (tmp_path / "link").symlink_to(moved)
    whole = scan_events(dataset).collect()
    monkeypatch.chdir(moved.parent)
    assert scan_events("dataset").collect().equals(whole)
    assert scan_events(tmp_path / "link").collect().equals(whole)
    assert verify_dataset("dataset").passed
