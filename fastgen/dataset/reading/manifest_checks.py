"""Check a manifest against itself and its scenario, and assign its location-days to its files."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import EVENTS, TABLES, Layout, PartitionBy, part_path, table_path
from fastgen.events.day_digest import DayDigest, digest_dataset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.model.scenario import Scenario

# First and last day, both included; `part_path` writes five digits.
_PART = re.compile(r".*/part-(\d{5,9})-(\d{5,9})\.parquet")
_LOCATION = re.compile(r".*/location_id=(\d{1,3})/.*")


class FilePart(NamedTuple):
    """An event file, and its location-days in the order of its rows."""

    entry: FileEntry
    days: tuple[DayDigest, ...]


class Statement(NamedTuple):
    """One statement of a manifest that something else in it confirms or contradicts.

    Attributes
    ----------
    holds
        Whether it is confirmed.
    expected
        What would have been right, and what the manifest states.
    """

    holds: bool
    expected: str


def check_manifest(
    manifest: Manifest, scenario: Scenario
) -> tuple[tuple[Statement, ...], tuple[FilePart, ...]]:
    """Check the statements of a manifest, and list its event files.

    Returns
    -------
    tuple of (tuple of Statement, tuple of FilePart)
        Every statement, and the files with their days: no files where these don't fit together.
    """
    statements = list(_check_totals(manifest))
    paths = tuple(entry.path for entry in manifest.tables)
    expected = tuple(table_path(table) for table in TABLES)
    statements.append(
        Statement(paths == expected, f"expected tables {', '.join(expected)}, got {', '.join(paths)}.")
    )
    keys = [(d.location_id, d.day) for d in manifest.days]
    all_days = [(key, day) for key in sorted(manifest.selected_ids) for day in range(scenario.days)]
    # Compared in order: (location_id, day).
    complete = keys == all_days
    statements.append(
        Statement(complete, f"expected the {len(all_days)} location-days of the scenario once each.")
    )
    parts = _split_days(manifest) if complete else None
    what = "expected files that hold each location-day once, in order."
    statements.append(Statement(parts is not None, what))
    for part in parts or ():
        rows, stated = sum(d.rows for d in part.days), part.entry.rows
        what = f"{part.entry.path}: expected {rows} rows by its days, got {stated}."
        statements.append(Statement(rows == stated, what))
    return tuple(statements), parts or ()


def _check_totals(manifest: Manifest) -> Iterator[Statement]:
    """Check the totals, the digest and the build id against what they are made from."""
    for what in ("orders", "rows"):
        total, stated = sum(getattr(d, what) for d in manifest.days), getattr(manifest, what)
        yield Statement(total == stated, f"expected {what} {total}, the sum of the days, got {stated}.")
    digest = digest_dataset(manifest.days)
    yield Statement(
        digest == manifest.digest, f"expected digest {digest} of its days, got {manifest.digest}."
    )
    build_id = manifest.expected_build_id()
    yield Statement(build_id == manifest.build_id, f"expected build_id {build_id}, got {manifest.build_id}.")


def _split_days(manifest: Manifest) -> tuple[FilePart, ...] | None:
    """Give each file its days; None if the files' names don't cover the days one after another."""
    if manifest.layout is Layout.SINGLE:
        fits = [entry.path for entry in manifest.files] == [EVENTS]
        return (FilePart(manifest.files[0], manifest.days),) if fits else None
    days = {(d.location_id, d.day): d for d in manifest.days}
    parts = [_name_days(entry, days, manifest.partition_by) for entry in manifest.files]
    # Each location-day in one file, and no other.
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
    # The path must be exactly the one that a build gives; the second test keeps the range below short.
    if entry.path != part_path(key, first, last, partition_by) or last - first >= len(days):
        return None
    named = [days.get((key, day)) for day in range(first, last + 1)]
    found = tuple(d for d in named if d is not None)
    return FilePart(entry, found) if found and len(found) == len(named) else None
