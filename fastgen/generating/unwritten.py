"""Open a dataset that was never written: every reader finds in it what a build would write."""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.dataset.event_part import RowGroup, Unchanging
from fastgen.dataset.index import CLOCK_SPREAD_S, DatasetIndex, bound_drive_s
from fastgen.dataset.layout import ROW_GROUP_ROWS, TABLES, Layout, PartitionBy, part_path, table_path
from fastgen.dataset.manifest import Manifest, compute_build_id
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.dataset.opened import OpenDataset
from fastgen.events.digest import DayDigest, digest_dataset
from fastgen.events.schema import TableForm, max_pings_of
from fastgen.generating.maker import EventMaker, cut_day, whole_day
from fastgen.generating.simulation import Span
from fastgen.generating.tables import make_tables
from fastgen.inputs.tables import encode_dimension
from fastgen.rng import STREAM_VERSION
from fastgen.units import S_PER_DAY
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from fastgen.generating.simulation import Simulation
    from fastgen.model.order_source import OrderRange

# A location-day of at most so many events is one row group. Making it takes a tenth of a second and 20 MB,
# so cutting it would gain little.
WHOLE_GROUP_EVENTS = 2 * ROW_GROUP_ROWS


def open_unwritten(simulation: Simulation, name: str, days: Sequence[DayDigest]) -> OpenDataset:
    """Open the dataset that a build of a simulation would write.

    Parameters
    ----------
    simulation
        The simulation.
    name
        What to call the dataset in errors.
    days
        Digests of all location-days, see `digest_days`. The dataset's digest follows from them, and from that
        the ids of the events on the wire: both as on disk. Without them, only stored columns may be read.
    """
    tables = {table_path(table): encode_dimension(simulation.dims, table) for table in TABLES}
    manifest = _describe(simulation, tables, days)
    index = _index(simulation, Path(name), manifest.digest)
    return OpenDataset(manifest, index, lambda entry: tables[entry.path], is_unwritten=True)


def join_unwritten(simulations: Mapping[int, Simulation], name: str, digest: str) -> DatasetIndex:
    """Index the datasets of several simulations as one, each with its own first day and number of days.

    Day 0 is the first day of the earliest one, and the last day that of the latest. Events keep the times of
    their own simulation.

    Parameters
    ----------
    simulations
        Simulations of one location each, by the location_id that it has in the joined dataset.
    name
        What to call the dataset in errors.
    digest
        64 hexadecimal digits that identify it, in place of the digest of a dataset on disk.
    """
    indexes = {slot: _index(simulation, Path(name), digest) for slot, simulation in simulations.items()}
    epoch_s = min(index.epoch_s for index in indexes.values())
    parts, codes, days = list[MadePart](), {}, 0
    for slot, index in indexes.items():
        (codes[slot],) = index.codes.values()
        shift_days = (index.epoch_s - epoch_s) // S_PER_DAY
        days = max(days, shift_days + index.days)
        parts += _made_parts(simulations[slot], Path(name), slot=slot, shift_days=shift_days)
    return replace(
        next(iter(indexes.values())),
        table_form=_widest([index.table_form for index in indexes.values()]),
        epoch_s=epoch_s,
        days=days,
        codes=codes,
        files=tuple(parts),
        lead_s=max(index.lead_s for index in indexes.values()),
        tail_s=max(index.tail_s for index in indexes.values()),
    )


def _widest(forms: Sequence[TableForm]) -> TableForm:
    """Give the form that has room for the rows of all forms."""
    kinds, early = zip(*forms, strict=True)
    return TableForm(max(kinds, key=max_pings_of), any(early))


def _describe(simulation: Simulation, tables: dict[str, bytes], days: Sequence[DayDigest]) -> Manifest:
    scenario_hash, dimensions_hash = simulation.scenario.content_hash(), simulation.dims.content_hash()
    # The finest partition: a part of the dataset is one location-day.
    form = (Layout.HIVE, PartitionBy.LOCATION_DAY, "none")
    entries = [
        FileEntry(path, len(getattr(simulation.dims, table)[0]), len(data), hashlib.sha256(data).hexdigest())
        for table, (path, data) in zip(TABLES, tables.items(), strict=True)
    ]
    return Manifest(
        fastgen_version=__version__,
        stream_version=STREAM_VERSION,
        digest_version=simulation.digest_version,
        build_id=compute_build_id(
            versions=(__version__, STREAM_VERSION, simulation.digest_version),
            scenario_hash=scenario_hash,
            dimensions_hash=dimensions_hash,
            networks=simulation.networks,
            form=form,
            source=simulation.stated_source,
        ),
        scenario=simulation.scenario.to_dict(),
        scenario_hash=scenario_hash,
        dimensions_hash=dimensions_hash,
        layout=form[0],
        partition_by=form[1],
        compression=form[2],
        sequence_kind=simulation.sequence_kind,
        networks=simulation.networks,
        orders=sum(one.orders for one in days),
        rows=sum(one.rows for one in days),
        digest=digest_dataset(days),
        # Only `info` and `verify` read these, and both refuse a dataset without files.
        days=(),
        files=(),
        tables=tuple(entries),
        source=simulation.stated_source,
    )


def _index(simulation: Simulation, name: Path, digest: str) -> DatasetIndex:
    scenario = simulation.scenario
    # By the UTC clock, a local day begins and ends up to so many seconds before or after midnight.
    spread_s = CLOCK_SPREAD_S if scenario.clock == "utc" else 0
    drive_s = bound_drive_s(simulation.sequence_kind, scenario)
    return DatasetIndex(
        folder=name,
        digest=digest,
        stamp=Unchanging(),
        layout=Layout.HIVE,
        partition_by=PartitionBy.LOCATION_DAY,
        table_form=simulation.table_form,
        epoch_s=simulation.epoch_s,
        days=scenario.days,
        codes={network.location_id: network.code for network in simulation.networks},
        files=tuple(_made_parts(simulation, name)),
        lead_s=spread_s,
        tail_s=spread_s + simulation.source.longest_preparation_s + drive_s,
    )


def _made_parts(
    simulation: Simulation, name: Path, *, slot: int | None = None, shift_days: int = 0
) -> list[MadePart]:
    return [
        MadePart(simulation, name, Span(location_id, day, day), slot, shift_days)
        for location_id in simulation.tables
        for day in range(simulation.scenario.days)
    ]


@dataclass(frozen=True, eq=False)
class MadePart:
    """A location-day whose events are made when they are read, in place of an event file.

    A day of ordinary size is one row group. A larger day has several, each with the events of a range of its
    orders. So a reader of a window makes only the row groups that it needs, one at a time.

    Attributes
    ----------
    simulation
        What decides the events.
    name
        Takes the place of the dataset's folder in the names of files.
    span
        The location, and the day as the first and the last one, as the simulation numbers them.
    slot
        The location as the dataset numbers it; None: as the simulation.
    shift_days
        Days from day 0 of the dataset to that of the simulation.
    """

    simulation: Simulation
    name: Path
    span: Span
    slot: int | None = None
    shift_days: int = 0

    @property
    def location_id(self) -> int:
        """The location."""
        return self.span.location_id if self.slot is None else self.slot

    @property
    def first_day(self) -> int:
        """The day."""
        return self.span.first_day + self.shift_days

    @property
    def last_day(self) -> int:
        """The day."""
        return self.span.last_day + self.shift_days

    @property
    def path(self) -> Path:
        """Path that the file would have in a dataset on disk."""
        return self.name / part_path(
            self.location_id, self.first_day, self.last_day, PartitionBy.LOCATION_DAY
        )

    @cached_property
    def _ranges(self) -> list[OrderRange]:
        """The orders of each row group."""
        simulation, (location_id, day, _) = self.simulation, self.span
        if simulation.count_events(self.span) <= WHOLE_GROUP_EVENTS:
            return [whole_day(simulation, location_id, day)]
        return cut_day(simulation, location_id, day, ROW_GROUP_ROWS)

    def open(self) -> contextlib.AbstractContextManager[MadePart]:
        """Open it: there is nothing to close."""
        return contextlib.nullcontext(self)

    def row_groups(self) -> list[RowGroup]:
        """List the row groups, with an estimate of their rows."""
        location_id = self.span.location_id
        events_per_order = self.simulation.tables[location_id].events_per_order
        n_rows = [round(some.n_orders * events_per_order) for some in self._ranges]
        if len(n_rows) == 1:
            # Readers know the bounds of the day, and the bounds of its only row group are hardly narrower.
            return [RowGroup(n_rows[0], None, None)]
        maker = EventMaker(self.simulation)
        seconds = [maker.find_seconds(location_id, some) for some in self._ranges]
        return [RowGroup(n, first, last) for n, (first, last) in zip(n_rows, seconds, strict=True)]

    def read(self, groups: Sequence[int], columns: Sequence[str], *, use_threads: bool = False) -> pa.Table:
        """Make the rows of some row groups."""
        del use_threads  # kernels that make rows run in one thread
        tables = self._make([self._ranges[group] for group in groups], columns)
        return pa.concat_tables(tables).combine_chunks()

    def batches(self, n_rows: int, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """Make all rows, at most `n_rows` at a time."""
        for table in self._make(self._ranges, columns):
            yield from table.to_batches(n_rows)

    def _make(self, ranges: Sequence[OrderRange], columns: Sequence[str]) -> Iterator[pa.Table]:
        return make_tables(self.simulation, self.span.location_id, ranges, columns)
