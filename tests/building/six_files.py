"""A small build of six files, and what holds when it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.dataset.layout import MANIFEST, WORK
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.files import hash_file

if TYPE_CHECKING:
    from pathlib import Path

SIX_FILES: dict[str, Any] = {"days": 3, "locations": ["sf", "sv"], "partition_by": "location_id,day"}


def assert_whole(out: Path, manifest: Manifest) -> None:
    """Assert that a folder holds the dataset of a manifest, to the last byte, and nothing else."""
    assert read_manifest(out) == manifest
    entries = {entry.path: entry.sha256 for entry in (*manifest.files, *manifest.tables)}
    there = {str(p.relative_to(out)): hash_file(p) for p in out.rglob("*") if p.is_file()}
    there.pop(MANIFEST)
    assert there == entries
    assert not (out / WORK).exists()
