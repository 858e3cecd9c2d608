"""Check a manifest against itself, and spread its location-days over its files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import EVENTS, TABLES, Layout, PartitionBy, part_path, table_path
from fastgen.errors import DataError
from fastgen.events.digest import DIGEST_VERSION, DayDigest, digest_dataset
from fastgen.events.schema import SEQUENCE_KINDS

if TYPE_CHECKING:
    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.dataset.verify.report import Tally
    from fastgen.model.scenario import Scenario

_PART = re.compile(r".*/part-(\d{5,9})-(\d{5,9})\.parquet")
_LOCATION = re.compile(r".*/location_id=(\d{1,3})/.*")


class FilePart(NamedTuple):
    """One event file, and the location-days that follow each other in it."""

    entry: FileEntry
    days: tuple[DayDigest, ...]


def check_versions(manifest: Manifest, name: str) -> None:
    """Refuse a manifest whose digests are of another kind.

    Raises
    ------
    DataError
        If it is of another digest version, or of an unknown type of sequence.
    """
    if manifest.digest_version != DIGEST_VERSION:
        raise DataError(f"{name}: expected digest_version {DIGEST_VERSION}, got {manifest.digest_version}.")
    if manifest.sequence_kind not in SEQUENCE_KINDS:
        raise DataError(f"{name}: expected sequence_kind 'i8' or 'i16', got {manifest.sequence_kind!r}.")


def check_manifest(manifest: Manifest, scenario: Scenario, tally: Tally) -> tuple[FilePart, ...]:
    """Check what a manifest says twice; return its files with their days, none if they don't fit."""
    days, hold = manifest.days, tally.hold
    for what in ("orders", "rows"):
        total, stated = sum(getattr(d, what) for d in days), getattr(manifest, what)
        hold("manifest", total == stated, f"expected {what} {total}, the sum of the days, got {stated}.")
    digest = digest_dataset(days)
    hold(
        "manifest", digest == manifest.digest, f"expected digest {digest} of its days, got {manifest.digest}."
    )
    build_id = manifest.expected_build_id()
    hold("manifest", build_id == manifest.build_id, f"expected build_id {build_id}, got {manifest.build_id}.")
    paths = tuple(entry.path for entry in manifest.tables)
    expected = tuple(table_path(table) for table in TABLES)
    hold("manifest", paths == expected, f"expected tables {', '.join(expected)}, got {', '.join(paths)}.")
    keys = [(d.location_id, d.day) for d in days]
    all_days = [(key, day) for key in sorted(manifest.selected_ids) for day in range(scenario.days)]
    complete = hold(
        "manifest", keys == all_days, f"expected the {len(all_days)} location-days of the scenario once each."
    )
    parts = _split_days(manifest) if complete else None
    fits = hold("manifest", parts is not None, "expected files that hold each location-day once, in order.")
    for part in parts or ():
        rows = sum(d.rows for d in part.days)
        stated = part.entry.rows
        hold(
            "manifest", rows == stated, f"{part.entry.path}: expected {rows} rows by its days, got {stated}."
        )
    return parts or () if fits else ()


def _split_days(manifest: Manifest) -> tuple[FilePart, ...] | None:
    """Give each file its days; None if the files' names don't cover the days one after another."""
    if manifest.layout is Layout.SINGLE:
        fits = [entry.path for entry in manifest.files] == [EVENTS]
        return (FilePart(manifest.files[0], manifest.days),) if fits else None
    days = {(d.location_id, d.day): d for d in manifest.days}
    parts = [_name_days(entry, days, manifest.partition_by) for entry in manifest.files]
    named = [d for part in parts if part is not None for d in part.days]
    fits = None not in parts and Counter(named) == Counter(manifest.days)
    return tuple(part for part in parts if part is not None) if fits else None


def _name_days(
    entry: FileEntry, days: dict[tuple[int, int], DayDigest], partition_by: PartitionBy
) -> FilePart | None:
    location, span = _LOCATION.fullmatch(entry.path), _PART.fullmatch(entry.path)
    if location is None or span is None:
        return None
    key, first, last = int(location[1]), int(span[1]), int(span[2])
    if entry.path != part_path(key, first, last, partition_by) or last - first >= len(days):
        return None
    named = [days.get((key, day)) for day in range(first, last + 1)]
    found = tuple(d for d in named if d is not None)
    return FilePart(entry, found) if found and len(found) == len(named) else None
