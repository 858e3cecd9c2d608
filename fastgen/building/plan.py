"""Plan a build: from scenario, tables and networks to the list of files and the index of every order."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.layout import EVENTS, Layout, PartitionBy, part_path
from fastgen.dataset.manifest import Network, compute_build_id
from fastgen.errors import ScenarioError
from fastgen.events.body import encode_items
from fastgen.events.digest import DIGEST_VERSION
from fastgen.events.schema import MAX_PINGS_I16, sequence_kind
from fastgen.inputs.timezones import load_zone
from fastgen.orders.expected import check_expected_orders, expected_orders, target_orders
from fastgen.orders.kernels.demand import count_orders
from fastgen.orders.kernels.order_ids import MAX_ORDERS
from fastgen.orders.parameters import LocationParameters, build_location_parameters
from fastgen.rng import STREAM_VERSION
from fastgen.units import MIN_PER_DAY
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from fastgen.events.kernels.expand import ItemTexts
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.route_table import RouteTable
    from fastgen.model.scenario import Scenario
    from fastgen.parquet.codecs import Compression

PART_EVENTS = 550_000
# Of up to so many location-days the orders of every minute are kept for the workers: 12 MB.
_LOCATION_DAYS_KEPT = 1000


class Span(NamedTuple):
    """A location and some days of it, both ends included."""

    location_id: int
    first_day: int
    last_day: int


class OutputFile(NamedTuple):
    """One file of events, the unit of writing, retry and resume.

    Attributes
    ----------
    path
        Relative to the dataset.
    spans
        What is in it, in the order of its rows.
    """

    path: str
    spans: tuple[Span, ...]


@dataclass(frozen=True, eq=False)
class BuildPlan:
    """All that a worker needs to make any file of a dataset alone.

    Attributes
    ----------
    scenario, dims
        The scenario and its tables.
    layout, partition_by, compression
        Form of the files.
    tables
        Route table of each location built, by location_id.
    models
        Parameters of each location built, by location_id.
    items
        JSON of the items.
    n_orders, first_index
        int64 (n_days,) by location_id: orders of each day, and the dataset-wide index of its first one.
    events_expected
        Events that the build is expected to make.
    files
        The files, in the order of their rows.
    sequence_kind
        "i8" or "i16".
    """

    scenario: Scenario
    dims: Dimensions
    layout: Layout
    partition_by: PartitionBy
    compression: Compression
    tables: Mapping[int, RouteTable]
    models: Mapping[int, LocationParameters]
    items: ItemTexts
    n_orders: Mapping[int, NDArray[np.int64]]
    first_index: Mapping[int, NDArray[np.int64]]
    events_expected: float
    files: tuple[OutputFile, ...]
    sequence_kind: str

    @property
    def networks(self) -> tuple[Network, ...]:
        """Road networks of the locations built."""
        return tuple(
            Network(key, self.models[key].code, table.network_hash, *table.provenance)
            for key, table in self.tables.items()
        )

    @property
    def build_id(self) -> str:
        """Hash of all that decides the dataset and its files."""
        return compute_build_id(
            versions=(__version__, STREAM_VERSION, DIGEST_VERSION),
            scenario_hash=self.scenario.content_hash(),
            dimensions_hash=self.dims.content_hash(),
            networks=self.networks,
            form=(self.layout, self.partition_by, self.compression),
        )

    def count_events(self, file: OutputFile) -> float:
        """Count the events of a file, with the mean of each location's routes."""
        return sum(
            float(self.n_orders[span.location_id][span.first_day : span.last_day + 1].sum())
            * self.tables[span.location_id].events_per_order
            for span in file.spans
        )


def plan_build(
    scenario: Scenario,
    dims: Dimensions,
    tables: Mapping[int, RouteTable],
    *,
    layout: Layout,
    partition_by: PartitionBy,
    compression: Compression,
) -> BuildPlan:
    """Plan a build of the locations that have a route table.

    Order counts are drawn for every location of the scenario, selected or not: an order's index, and so its
    id, counts the orders of all earlier location-days.

    Raises
    ------
    ScenarioError
        If the scenario expects more orders than a dataset can hold.
    """
    expected, targets = expected_orders(scenario), target_orders(scenario)
    check_expected_orders(scenario, expected)
    ids = [place.location_id for place in scenario.locations]
    models = [
        build_location_parameters(
            scenario,
            dims,
            place,
            targets[row],
            load_zone(place.timezone) if scenario.clock == "utc" else None,
        )
        for row, place in enumerate(scenario.locations)
    ]
    models, n_orders, first_index = _index_orders(models, scenario.days)
    files, events_expected = _plan_files(ids, expected, tables, layout, partition_by)
    return BuildPlan(
        scenario=scenario,
        dims=dims,
        layout=layout,
        partition_by=partition_by,
        compression=compression,
        tables=tables,
        models={m.location_id: m for m in models if m.location_id in tables},
        items=encode_items(dims.items),
        n_orders=dict(zip(ids, n_orders, strict=True)),
        first_index=dict(zip(ids, first_index, strict=True)),
        events_expected=events_expected,
        files=files,
        sequence_kind=_choose_sequence_kind(max(table.max_pings for table in tables.values())),
    )


def _choose_sequence_kind(max_pings: int) -> str:
    if max_pings > MAX_PINGS_I16:
        raise ScenarioError(
            f"driver.ping_interval_s: expected at most {MAX_PINGS_I16} pings on the longest route, "
            f"got {max_pings}."
        )
    return sequence_kind(max_pings)


def _index_orders(
    models: list[LocationParameters], n_days: int
) -> tuple[list[LocationParameters], NDArray[np.int64], NDArray[np.int64]]:
    """Count the orders of every location-day, (n_locations, n_days); number them by (day, location_id)."""
    n_orders = np.zeros((len(models), n_days), np.int64)
    if n_orders.size <= _LOCATION_DAYS_KEPT:
        kept = np.empty((len(models), n_days, MIN_PER_DAY), np.int64)
        models = [model._replace(minute_counts=counts) for model, counts in zip(models, kept, strict=True)]
    # Compiled code runs without the GIL.
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        demands, counts = [model.demand for model in models], [model.minute_counts for model in models]
        list(pool.map(count_orders, demands, n_orders, counts))
    ends = np.cumsum(n_orders.T.ravel()).reshape(n_days, len(models)).T
    if ends[-1, -1] > MAX_ORDERS:
        raise ScenarioError(f"scale, days: expected at most {MAX_ORDERS} orders, got {ends[-1, -1]}.")
    return models, n_orders, np.ascontiguousarray(ends - n_orders)


def _plan_files(
    ids: list[int],
    expected: NDArray[np.float64],
    tables: Mapping[int, RouteTable],
    layout: Layout,
    partition_by: PartitionBy,
) -> tuple[tuple[OutputFile, ...], float]:
    spans: list[Span] = []
    total = 0.0
    by_day = layout is Layout.HIVE and partition_by is PartitionBy.LOCATION_DAY
    for row, location_id in enumerate(ids):
        if location_id in tables:
            events = expected[row] * tables[location_id].events_per_order
            total += float(events.sum())
            spans += _split_days(location_id, events, 0.0 if by_day else PART_EVENTS)
    if layout is Layout.SINGLE:
        return (OutputFile(EVENTS, tuple(spans)),), total
    return tuple(OutputFile(part_path(*span, partition_by), (span,)) for span in spans), total


def _split_days(location_id: int, events: NDArray[np.float64], limit: float) -> list[Span]:
    """Cut a location's days into spans of about `limit` expected events, at least a day each."""
    spans, first, filled = [], 0, 0.0
    for day, expected in enumerate(events.tolist()):
        if day > first and filled + expected > limit:
            spans.append(Span(location_id, first, day - 1))
            first, filled = day, 0.0
        filled += expected
    spans.append(Span(location_id, first, len(events) - 1))
    return spans
