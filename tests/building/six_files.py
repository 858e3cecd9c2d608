"""A small build of six files, and what holds when it is finished."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen import scan_events
from fastgen.dataset.layout import EVENTS, MANIFEST, WORK
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


def event_files(out: Path) -> dict[str, int]:
    """Tell when each event file in its place was changed."""
    return {str(path.relative_to(out)): path.stat().st_mtime_ns for path in (out / EVENTS).rglob("*.parquet")}


def assert_finished(out: Path, digest: str) -> None:
    """Assert that a folder holds a dataset of that digest, whatever its form, and nothing else."""
    manifest = read_manifest(out)
    assert manifest.digest == digest
    expected = {e.path for e in (*manifest.files, *manifest.tables)} | {MANIFEST}
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == expected
    assert_readable(out)


def assert_readable(out: Path) -> None:
    """Assert that files are as the manifest says, and all rows can be read."""
    manifest = read_manifest(out)
    assert all(hash_file(out / e.path) == e.sha256 for e in (*manifest.files, *manifest.tables))
    assert scan_events(out).collect().height == manifest.rows
