"""Plan a build: the files of the dataset, and the location and days of each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.layout import EVENTS, Layout, PartitionBy, Writer, part_path
from fastgen.dataset.manifest import compute_build_id
from fastgen.errors import ScenarioError
from fastgen.generating.inputs import load_simulation
from fastgen.generating.simulation import Simulation, Span
from fastgen.parquet.codecs import COMPRESSIONS
from fastgen.rng import STREAM_VERSION
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastgen.building.options import BuildOptions
    from fastgen.generating.simulation import MakeSource
    from fastgen.parquet.codecs import Compression

# Most expected events of a file of several days, in the hive layout. Each location of the canonical dataset
# is one file; larger datasets have enough files to keep all workers busy.
PART_EVENTS = 550_000


class OutputFile(NamedTuple):
    """One file of events, the unit of writing, retry and resume.

    Attributes
    ----------
    path
        Relative to the dataset.
    spans
        Locations and days in it, in the order of its rows.
    """

    path: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class BuildPlan(Simulation):
    """All that a worker needs to make any file of a dataset alone.

    Attributes
    ----------
    layout, partition_by, compression
        Form of the files.
    writer
        The encoder of the event files.
    files
        The event files, in the order of their rows.
    """

    layout: Layout
    partition_by: PartitionBy
    compression: Compression
    writer: Writer
    files: tuple[OutputFile, ...]

    @property
    def stated_writer(self) -> str | None:
        """The writer as manifest and build id state it; None for fastgen's own encoder."""
        # Datasets from before there was a choice state no writer, and their build ids must stay the same.
        return None if self.writer is Writer.FASTGEN else str(self.writer)

    @cached_property
    def build_id(self) -> str:
        """Hash of all that decides the dataset and its files."""
        return compute_build_id(
            versions=(__version__, STREAM_VERSION, self.digest_version),
            scenario_hash=self.scenario.content_hash(),
            dimensions_hash=self.dims.content_hash(),
            networks=self.networks,
            form=(self.layout, self.partition_by, self.compression),
            writer=self.stated_writer,
            source=self.stated_source,
        )

    def count_file_events(self, file: OutputFile) -> float:
        """Estimate the events of a file from the mean number of pings of each location's routes."""
        return sum(map(self.count_events, file.spans))


def prepare(
    options: BuildOptions,
    announce: Callable[[str], None] = lambda _: None,
    make_source: MakeSource | None = None,
) -> BuildPlan:
    """Load all inputs of a build and plan it; parameters and errors as `load_simulation`."""
    check_form(options)
    return plan_simulation(load_simulation(options, announce, make_source), options)


def check_form(options: BuildOptions) -> None:
    """Check the options that decide the form of the files, before any input is read.

    Raises
    ------
    ScenarioError
        If one has a value that it can't have.
    """
    _check_choice("layout", options.layout, tuple(Layout))
    _check_choice("partition_by", options.partition_by, tuple(PartitionBy))
    _check_choice("compression", options.compression, COMPRESSIONS)
    _check_choice("writer", options.writer, tuple(Writer))


def plan_simulation(simulation: Simulation, options: BuildOptions) -> BuildPlan:
    """Plan the files of a simulation.

    Parameters
    ----------
    simulation
        What decides the events.
    options
        Options that `check_form` accepts; only the form of the files is taken from them.
    """
    layout, partition_by = Layout(options.layout), PartitionBy(options.partition_by)
    return BuildPlan(
        **vars(simulation),
        layout=layout,
        partition_by=partition_by,
        compression=options.compression,
        writer=Writer(options.writer),
        files=_plan_files(simulation, layout, partition_by),
    )


def _check_choice(name: str, value: str, known: Sequence[str]) -> None:
    if value not in known:
        expected = " or ".join(repr(str(one)) for one in known)
        raise ScenarioError(f"{name}: expected {expected}, got {value!r}.")


def _plan_files(simulation: Simulation, layout: Layout, partition_by: PartitionBy) -> tuple[OutputFile, ...]:
    spans: list[Span] = []
    by_day = layout is Layout.HIVE and partition_by is PartitionBy.LOCATION_DAY
    for location_id, expected in simulation.source.expected_orders.items():
        if location_id in simulation.tables:
            events = expected * simulation.tables[location_id].events_per_order
            # No day fits into 0 events, so each one gets a file.
            spans += _split_days(location_id, events.tolist(), 0.0 if by_day else PART_EVENTS)
    if layout is Layout.SINGLE:
        return (OutputFile(EVENTS, tuple(spans)),)
    return tuple(OutputFile(part_path(*span, partition_by), (span,)) for span in spans)


def _split_days(location_id: int, events: list[float], limit: float) -> list[Span]:
    """Cut a location's days into spans of about `limit` expected events, at least a day each."""
    spans, first, filled = [], 0, 0.0
    for day, expected in enumerate(events):
        if day > first and filled + expected > limit:
            spans.append(Span(location_id, first, day - 1))
            first, filled = day, 0.0
        filled += expected
    spans.append(Span(location_id, first, len(events) - 1))
    return spans
