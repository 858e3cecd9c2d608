"""The functions that Spark's Python workers run. Every worker loads them, so they import little at first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.building.shared import Attempt

# Columns of the rows that a task returns, one for each file.
MADE = "number long, name string, receipt binary"
# Columns of the row that a task returns for its site.
RECORDED = "number long, record binary"


def make_files(
    batches: Iterator[pa.RecordBatch], *, ticket: tuple[str, str, str], n_files: int, n_tasks: int
) -> Iterator[pa.RecordBatch]:
    """Make the files of the given tasks: task t makes files t, t + n_tasks, t + 2 n_tasks and so on.

    Files are sorted by size, so that each task has large and small ones.

    Parameters
    ----------
    batches
        Their first column has the numbers of the tasks, int64.
    ticket
        The fields of the run's `Ticket`.
    n_files, n_tasks
        Number of files, and of tasks, in the whole job.

    Yields
    ------
    pyarrow.RecordBatch
        One row for each file: its number, the attempt's name, the receipt.

    Raises
    ------
    OutputError
        As `build_part`.
    """
    with uncollected():
        from fastgen.building.shared import Ticket, build_part  # noqa: PLC0415  # heavy
    for batch in batches:
        for task in batch.column(0).to_pylist():
            for number in range(task, n_files, n_tasks):
                yield _encode(build_part(Ticket(*ticket), number))


def record_sites(
    batches: Iterator[pa.RecordBatch], *, ticket: tuple[str, tuple[str, ...], str]
) -> Iterator[pa.RecordBatch]:
    """Record the sites of a universe: task t records site t.

    Parameters
    ----------
    batches
        Their first column has the numbers of the tasks, int64.
    ticket
        The fields of the run's `SitesTicket`.

    Yields
    ------
    pyarrow.RecordBatch
        One row for each site: its number, the encoded record.

    Raises
    ------
    OutputError, DamageError
        As `record_shared`.
    """
    with uncollected():
        from fastgen.universes.shared_sites import SitesTicket, record_shared  # noqa: PLC0415  # heavy
    for batch in batches:
        for number in batch.column(0).to_pylist():
            record = record_shared(SitesTicket(*ticket), number)
            yield pa.record_batch({"number": pa.array([number]), "record": pa.array([record], pa.binary())})


def _encode(made: Attempt) -> pa.RecordBatch:
    types = (pa.int64(), pa.string(), pa.binary())
    return pa.RecordBatch.from_arrays(
        [pa.array([value], kind) for value, kind in zip(made, types, strict=True)], list(made._fields)
    )
