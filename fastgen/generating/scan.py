"""Read the events of a dataset that was never written: they are made while they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
from polars.io.plugins import register_io_source

from fastgen.dataset.index import CLOCK_SPREAD_S, bound_drive_s
from fastgen.dataset.reading.arrow_types import arrow_schema, with_nulls
from fastgen.dataset.reading.scan import polars_schema
from fastgen.generating.frames import to_arrow, to_frame
from fastgen.generating.inputs import SimulationOptions, load_simulation
from fastgen.generating.maker import EventMaker
from fastgen.generating.progress import progress_of
from fastgen.generating.pruning import find_wanted
from fastgen.generating.simulation import Span
from fastgen.units import S_PER_DAY

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    import polars as pl

    from fastgen.generating.pruning import Wanted
    from fastgen.generating.simulation import Simulation


def scan_scenario(
    scenario: str | Path | None = None,
    *,
    days: int | None = None,
    seed: int | None = None,
    scale: float | None = None,
    start: dt.date | None = None,
    locations: Sequence[str] | None = None,
    dimensions: str | Path | None = None,
    roads: str | Path | None = None,
    kitchen: str | None = None,
) -> pl.LazyFrame:
    """Scan the events that `build` would write, without writing them.

    The call reads the inputs and counts the orders. The events are made each time that the frame is
    collected; with the streaming engine, memory stays bounded. Only what a query needs is made: the columns
    that it selects, and the location-days that filters of `location_id` or `ts_seconds` by constants leave.

    Parameters
    ----------
    scenario, days, seed, scale, start, locations, dimensions, roads, kitchen
        As for `build`.

    Returns
    -------
    polars.LazyFrame
        Columns, types and rows of `scan_events` of that dataset, in the same order.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong.
    """
    options = SimulationOptions(
        scenario=scenario,
        days=days,
        seed=seed,
        scale=scale,
        start=start,
        locations=locations,
        dimensions=dimensions,
        roads=roads,
        kitchen=kitchen,
    )
    return scan_simulation(load_simulation(options))


def scan_simulation(simulation: Simulation) -> pl.LazyFrame:
    """Scan the events of a simulation, as `scan_scenario`."""

    def make(
        columns: list[str] | None, predicate: pl.Expr | None, n_rows: int | None, _batch_rows: int | None
    ) -> Iterator[pl.DataFrame]:
        # Rows are counted before they are filtered: Polars passes both only for a head that comes first.
        wanted = find_wanted(predicate if n_rows is None else None, simulation.tables)
        left = n_rows
        for maker, location_id in _chunks(simulation, wanted):
            frame = to_frame(maker.buffers, location_id, simulation.table_form, columns)
            frame = frame if columns is None else frame.select(columns)
            if left is not None:
                frame = frame.head(left)
                left -= frame.height
            yield frame if predicate is None else frame.filter(predicate)
            if left == 0:
                return

    # Pure: each call gives the same rows, so a query that uses the frame twice may scan it once.
    return register_io_source(make, schema=polars_schema(simulation.table_form), is_pure=True)


def scenario_batches(
    scenario: str | Path | None = None,
    *,
    days: int | None = None,
    seed: int | None = None,
    scale: float | None = None,
    start: dt.date | None = None,
    locations: Sequence[str] | None = None,
    dimensions: str | Path | None = None,
    roads: str | Path | None = None,
    kitchen: str | None = None,
) -> pa.RecordBatchReader:
    """Read the events that `build` would write as record batches; parameters and errors as `scan_scenario`.

    Returns
    -------
    pyarrow.RecordBatchReader
        Columns and rows as those of `scan_scenario`, made while they are read; to be read once. DuckDB
        queries it as a table.
    """
    options = SimulationOptions(
        scenario=scenario,
        days=days,
        seed=seed,
        scale=scale,
        start=start,
        locations=locations,
        dimensions=dimensions,
        roads=roads,
        kitchen=kitchen,
    )
    simulation = load_simulation(options)
    schema = with_nulls(arrow_schema(simulation.table_form))

    def make() -> Iterator[pa.RecordBatch]:
        for maker, location_id in _chunks(simulation, find_wanted(None, simulation.tables)):
            # Not every reader of Arrow knows texts as views.
            yield from (to_arrow(maker.buffers, location_id, simulation.table_form).cast(schema).to_batches())

    return pa.RecordBatchReader.from_batches(schema, make())


def _chunks(simulation: Simulation, wanted: Wanted) -> Iterator[tuple[EventMaker, int]]:
    """Make the rows of the location-days that could match, chunk by chunk, each in memory of its own."""
    spans = [span for key in simulation.tables for span in _spans(simulation, key, wanted)]
    maker = EventMaker(simulation)
    with progress_of(sum(map(simulation.count_events, spans))) as advance:
        for span in spans:
            for parts in maker.chunks(span):
                n_orders = parts[-1].last
                maker.buffers.expand(0, n_orders)
                yield maker, span.location_id
                advance(maker.buffers.count_rows(n_orders))
                # The reader may still use the chunk, which shares the memory of the buffers.
                maker.free()


def _spans(simulation: Simulation, location_id: int, wanted: Wanted) -> Iterator[Span]:
    """Find the days of a location of which an event could match."""
    if location_id not in wanted.locations:
        return
    lead_s = CLOCK_SPREAD_S if simulation.scenario.clock == "utc" else 0
    tail_s = lead_s + simulation.source.longest_preparation_s
    tail_s += bound_drive_s(simulation.sequence_kind, simulation.scenario)
    last_day, epoch_s = simulation.scenario.days - 1, simulation.epoch_s
    # An order may be delivered after midnight. By the UTC clock, it may begin on the day before or after.
    first = max(0.0, (wanted.first_s - epoch_s - tail_s) // S_PER_DAY)
    last = min(float(last_day), (wanted.last_s - epoch_s + lead_s) // S_PER_DAY)
    if first <= last:
        yield Span(location_id, int(first), int(last))
