"""Find the files of a dataset that can have events of a period, from the manifest alone.

An event is stored with the day on which its order was created. So a file has events from after its last day
too, and with the UTC clock also from some hours before its first day. `tail_s` and `lead_s` bound how much:
`tail_s` by the longest order that the scenario allows, `lead_s` by the largest offset between two clocks on
Earth.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.layout import EVENTS, Layout, PartitionBy
from fastgen.dataset.manifest import Manifest, read_stamped
from fastgen.dataset.reading.event_file import EventFile
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.errors import DamageError, ScenarioError
from fastgen.events.schema import EVENT_TYPE_IDS, N_TYPES_DELIVERED, max_pings_of
from fastgen.model.bounds import bound_preparation_s
from fastgen.model.fields import check_list
from fastgen.paths import check_input
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.dataset.event_part import EventPart, Unchanging
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.dataset.seal import Stamp
    from fastgen.events.schema import TableForm
    from fastgen.model.scenario import Scenario

# Seconds, on the safe side: a time zone is at most 14 hours off UTC, and a change of the clock adds one hour.
CLOCK_SPREAD_S = S_PER_DAY

# location_id=L/[day=D/]part-FIRST-LAST.parquet, the days included.
_PART = re.compile(r"(?:^|/)location_id=(\d+)/(?:day=\d+/)?part-(\d+)-(\d+)\.parquet$")


class FileSpan(NamedTuple):
    """An event file, and the orders in it.

    Attributes
    ----------
    folder, entry
        The dataset's folder, and the file as the manifest states it.
    location_id, first_day, last_day
        Location and days of its orders, both days included; a location of None means all of them.
    """

    folder: Path
    entry: FileEntry
    location_id: int | None
    first_day: int
    last_day: int

    @property
    def path(self) -> Path:
        """Path of the file."""
        return self.folder / self.entry.path

    def open(self) -> EventFile:
        """Open the file.

        Raises
        ------
        DamageError
            If it isn't the file that the manifest states.
        """
        return EventFile(self.folder, self.entry)


@dataclass(frozen=True)
class DatasetIndex:
    """What a reader of part of a dataset needs to know.

    Attributes
    ----------
    folder, digest, stamp
        The dataset, and the stamp that identifies its manifest.
    layout, partition_by
        Form of its files.
    table_form
        What its event table has of its own.
    epoch_s, days
        Unix seconds of day 0, 00:00, and the number of days.
    codes
        Code of each location built, by id.
    files
        The event files, or parts that are made when they are read, in the order of their rows.
    lead_s, tail_s
        Most seconds that an event can be before the start, and after the end, of its order's day.
    """

    folder: Path
    digest: str
    stamp: Stamp | Unchanging
    layout: Layout
    partition_by: PartitionBy
    table_form: TableForm
    epoch_s: int
    days: int
    codes: dict[int, str]
    files: tuple[EventPart, ...]
    lead_s: int
    tail_s: int

    @property
    def length_s(self) -> int:
        """Seconds from day 0 to the end of the last day; also the length of one loop of a replay."""
        return self.days * S_PER_DAY

    @property
    def first_s(self) -> int:
        """Unix second before which no event can be: the epoch, or a day earlier with the UTC clock."""
        return self.epoch_s - self.lead_s

    @property
    def end_s(self) -> int:
        """Unix second from which on no event can be."""
        return self.epoch_s + self.length_s + self.tail_s

    @cached_property
    def _bounds(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """First second that each file can have, the second after its last one, and its location (-1: all)."""
        spans = [
            (f.first_day, f.last_day + 1, -1 if f.location_id is None else f.location_id) for f in self.files
        ]
        first, end, location = np.array(spans, np.int64).reshape(-1, 3).T
        low = self.epoch_s + first * S_PER_DAY - self.lead_s
        return low, self.epoch_s + end * S_PER_DAY + self.tail_s, location

    def files_between(
        self, start_s: int, end_s: int, locations: Collection[int] | None = None
    ) -> list[EventPart]:
        """List the files that can have events of a window.

        Parameters
        ----------
        start_s, end_s
            Unix seconds; the end is excluded.
        locations
            Ids; None: all.
        """
        low, high, location = self._bounds
        # Vectorised: a dataset by location and day has tens of thousands of files.
        found = (low < end_s) & (high > start_s)
        if locations is not None:
            found &= np.isin(location, [-1, *locations])
        return [self.files[i] for i in np.flatnonzero(found)]

    def earliest_s(self, file: EventPart) -> int:
        """Return the Unix second before which a file has no event."""
        return self.epoch_s + file.first_day * S_PER_DAY - self.lead_s

    def latest_s(self, file: EventPart) -> int:
        """Return the Unix second from which on a file has no event."""
        return self.epoch_s + (file.last_day + 1) * S_PER_DAY + self.tail_s


def read_index(dataset: str | Path) -> DatasetIndex:
    """Read the index of a dataset from its manifest.

    Raises
    ------
    ScenarioError
        If `dataset` is not a possible path, such as an empty text.
    DataError
        If there is no manifest, or one of another format.
    DamageError
        If it is damaged.
    """
    folder = check_input(dataset, "dataset")
    manifest, stamp = read_stamped(folder, with_days=False)
    return make_index(manifest, stamp, folder)


def make_index(manifest: Manifest, stamp: Stamp, folder: Path) -> DatasetIndex:
    """Make the index of a dataset from its manifest; errors as `read_index`."""
    scenario = parse_scenario(manifest, str(folder), folder)
    midnight = dt.datetime.combine(scenario.start, dt.time(), dt.UTC)
    is_utc = scenario.clock == "utc"
    return DatasetIndex(
        folder=folder,
        digest=manifest.digest,
        stamp=stamp,
        layout=manifest.layout,
        partition_by=manifest.partition_by,
        table_form=manifest.table_form,
        epoch_s=int(midnight.timestamp()),
        days=scenario.days,
        codes={network.location_id: network.code for network in manifest.networks},
        files=tuple(_file_spans(manifest, folder, scenario.days)),
        lead_s=CLOCK_SPREAD_S if is_utc else 0,
        tail_s=_longest_order_s(manifest, scenario) + (CLOCK_SPREAD_S if is_utc else 0),
    )


def _file_spans(manifest: Manifest, folder: Path, days: int) -> Iterable[FileSpan]:
    for entry in manifest.files:
        found = _PART.search(entry.path)
        if manifest.layout is Layout.SINGLE and entry.path == EVENTS:
            yield FileSpan(folder, entry, None, 0, days - 1)
        elif manifest.layout is Layout.HIVE and found:
            location_id, first, last = map(int, found.groups())
            yield FileSpan(folder, entry, location_id, first, last)
        else:
            raise DamageError(
                f"{folder}: expected event files named by location and days, got {entry.path!r}.", folder
            )


def _longest_order_s(manifest: Manifest, scenario: Scenario) -> int:
    """Bound the seconds from an order's creation to its delivery."""
    source = manifest.source
    # Manifests of the statistical simulation state no source: their scenario bounds its draws.
    preparation_s = bound_preparation_s(scenario) if source is None else source.longest_preparation_s
    return preparation_s + bound_drive_s(manifest.sequence_kind, scenario)


def bound_drive_s(sequence_kind: str, scenario: Scenario) -> int:
    """Bound the seconds from an order's pick-up to its delivery by the pings that its sequence can count."""
    # A drive with n pings takes less than n + 2 intervals.
    longest_s = max(scenario.driver_of(one).ping_interval_s for one in scenario.locations)
    return (max_pings_of(sequence_kind) + 2) * longest_s


def select_ids(index: DatasetIndex, locations: Iterable[str] | None) -> tuple[int, ...] | None:
    """Find the ids of locations by code or id.

    None and a list of all locations give None: no selection is needed.

    Raises
    ------
    ScenarioError
        If one is not in the dataset.
    """
    if locations is None:
        return None
    check_list(locations, "locations")
    # An id may be given as text too: the command line has no other form.
    by_name = {name: i for i, code in index.codes.items() for name in (code, str(i))}
    found = set()
    for name in locations:
        if name not in by_name:
            known = ", ".join(f"{code} ({i})" for i, code in index.codes.items())
            raise ScenarioError(f"locations: expected codes or ids among {known}, got {name!r}.")
        found.add(by_name[name])
    return None if found == set(index.codes) else tuple(sorted(found))


def select_types(index: DatasetIndex, types: Iterable[str] | None) -> tuple[int, ...] | None:
    """Find the numbers of event types by name.

    None and a list of all types that the dataset can have give None: no selection is needed.

    Raises
    ------
    ScenarioError
        If a name is not that of an event type.
    """
    if types is None:
        return None
    check_list(types, "types")
    found = set()
    for name in types:
        if name not in EVENT_TYPE_IDS:
            raise ScenarioError(f"types: expected names among {', '.join(EVENT_TYPE_IDS)}, got {name!r}.")
        found.add(EVENT_TYPE_IDS[name])
    n_types = len(EVENT_TYPE_IDS) if index.table_form.may_end_early else N_TYPES_DELIVERED
    return None if found.issuperset(range(1, n_types + 1)) else tuple(sorted(found))
