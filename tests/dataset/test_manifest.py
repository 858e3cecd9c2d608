"""The manifest is what a dataset is held against: it must come back as it was written, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from fastgen.dataset.manifest import parse_manifest, read_manifest
from fastgen.dataset.manifest_entries import Source
from fastgen.errors import DataError
from fastgen.model.scenario import scenario_from_dict
from tests.helpers import read_raw

if TYPE_CHECKING:
    from pathlib import Path


def test_it_comes_back_as_it_was(dataset: Path) -> None:
    manifest = read_manifest(dataset)
    text = (dataset / "manifest.json").read_text(encoding="utf-8")
    assert parse_manifest(text, "") == manifest
    assert manifest.to_json() == text


def test_it_holds_the_whole_scenario(dataset: Path) -> None:
    manifest = read_manifest(dataset)
    assert scenario_from_dict(manifest.scenario).content_hash() == manifest.scenario_hash
    assert manifest.selected_ids == (1, 4)


@pytest.mark.parametrize("may_end_early", [False, True])
def test_a_source_is_stated_as_before_unless_its_orders_may_end_early(
    dataset: Path, *, may_end_early: bool
) -> None:
    source = Source("timetable 1", 600, may_end_early)
    manifest = replace(read_manifest(dataset), source=source)
    manifest = replace(manifest, build_id=manifest.expected_build_id())
    stated = json.loads(manifest.to_json())["source"]
    assert stated == {"name": "timetable 1", "longest_preparation_s": 600} | (
        {"may_end_early": True} if may_end_early else {}
    )
    assert parse_manifest(manifest.to_json(), "") == manifest
    ids = {
        replace(manifest, source=other).expected_build_id()
        for other in (None, source, replace(source, may_end_early=not may_end_early))
    }
    assert len(ids) == 3


def test_it_is_read_by_people_too(dataset: Path) -> None:
    lines = (dataset / "manifest.json").read_text(encoding="utf-8").splitlines()
    assert 30 < len(lines) < 60
    assert lines[1] == ' "format": "fastgen-dataset",'


def test_every_field_is_needed(dataset: Path) -> None:
    raw = read_raw(dataset)
    assert parse_manifest(json.dumps(raw), "M") == read_manifest(dataset)
    for key in raw:
        rest = {name: value for name, value in raw.items() if name != key}
        with pytest.raises(DataError, match=r"M: expected"):
            parse_manifest(json.dumps(rest), "M")


def test_other_versions_are_told_apart(dataset: Path) -> None:
    raw = read_raw(dataset)
    with pytest.raises(DataError, match="M: expected format_version 1, got 3"):
        parse_manifest(json.dumps({**raw, "format_version": 3}), "M")


@pytest.mark.parametrize("content", [b"\xff\xfe", b"", b"{}"])
def test_what_is_no_manifest_is_refused(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_bytes(content)
    with pytest.raises(DataError, match=r"manifest\.json: expected"):
        read_manifest(tmp_path)


def test_a_folder_in_its_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "manifest.json").mkdir()
    with pytest.raises(DataError, match=r"manifest\.json: expected"):
        read_manifest(tmp_path)
