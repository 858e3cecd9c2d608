"""What runs in Spark's Python workers: little is imported here, for every task loads it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa

from fastgen.loading import uncollected

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.building.shared import Attempt

# Columns of what a task returns.
MADE = "number long, name string, receipt binary"


def make_files(
    batches: Iterator[pa.RecordBatch], *, ticket: tuple[str, str, str], n_files: int, n_tasks: int
) -> Iterator[pa.RecordBatch]:
    """Make the files of some tasks: task t makes the files t, t + n_tasks, t + 2 n_tasks ...

    Parameters
    ----------
    batches
        Numbers of tasks, in the first column.
    ticket
        The run.
    n_files, n_tasks
        How many there are in all.

    Yields
    ------
    pyarrow.RecordBatch
        A file a batch: its number, the attempt's name, the receipt.

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


def _encode(made: Attempt) -> pa.RecordBatch:
    types = (pa.int64(), pa.string(), pa.binary())
    return pa.RecordBatch.from_arrays(
        [pa.array([value], kind) for value, kind in zip(made, types, strict=True)], list(made._fields)
    )
