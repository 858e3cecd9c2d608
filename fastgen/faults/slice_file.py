"""Write a window of dataset time in the wire format, clean or with faults."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING

from fastgen.dataset.opened import index_of
from fastgen.errors import ScenarioError
from fastgen.faults.plan import check_ledger_path, load_plan
from fastgen.loading import needed_kernels
from fastgen.wire.form import WireForm
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.slice_file import parse_request, read_slice, write_clean, write_stored

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fastgen.dataset.index import DatasetIndex
    from fastgen.dataset.instants import Instant
    from fastgen.dataset.opened import OpenDataset
    from fastgen.faults.plan import FaultPlan
    from fastgen.wire.slice_file import SliceRequest

# Name of the standard output in the ledger.
NO_NAME = "-"


def write_slice(
    dataset: str | Path | OpenDataset,
    start: Instant,
    end: Instant,
    stream: IO[bytes],
    *,
    locations: Sequence[str] | None = None,
    types: Sequence[str] | None = None,
    format: str = "jsonl",  # noqa: A002  # the option's name
    raw: bool = False,
    faults: str | Path | FaultPlan | None = None,
    ledger: str | Path | None = None,
    name: str = NO_NAME,
) -> int:
    """Write the events of a window, ordered by time, order id and sequence, or as faults leave them.

    Faults see the events of the window alone. Those that they would emit after its end come last.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made, or a dataset that is open.
    start, end
        The window; the end is excluded. See `parse_instant`.
    stream
        Binary stream; flushed at the end and left open.
    locations, types
        Codes or ids; event type names; None: all.
    format
        "jsonl", "csv" or "parquet".
    raw
        Whether to write the stored columns instead of the wire format.
    faults
        Faults file, or the plan of one; None: the clean slice.
    ledger
        File for the ledger of the faults; None: none is written.
    name
        What the ledger calls the stream.

    Returns
    -------
    int
        Rows written.

    Raises
    ------
    ScenarioError
        If an option is impossible, or the faults file is wrong.
    DataError
        If there is no dataset.
    DamageError
        If the dataset is damaged, or built anew meanwhile.
    OutputError
        If the ledger can't be written.
    """
    plan = _load_checked(faults, ledger, raw=raw)
    index = index_of(dataset)
    request = parse_request(index, start, end, locations=locations, types=types, format=format)
    if plan is None:
        n_rows = write_stored(index, request, stream) if raw else write_clean(index, request, stream)
    else:
        plan.check_format(format)
        n_rows = _write_faulty(index, request, stream, plan, ledger, name)
    stream.flush()
    return n_rows


def _write_faulty(
    index: DatasetIndex,
    request: SliceRequest,
    stream: IO[bytes],
    plan: FaultPlan,
    ledger: str | Path | None,
    name: str,
) -> int:
    with needed_kernels():
        from fastgen.faults.ledger import whole_ledger  # noqa: PLC0415  # kernels
        from fastgen.faults.rules import make_rules  # noqa: PLC0415  # kernels
        from fastgen.faults.stream import FaultStream, FaultyWriter  # noqa: PLC0415  # kernels
    rules, encoders = make_rules(plan, index), Encoders(WireForm.canonical(index.digest))
    n_rows = 0
    with ExitStack() as stack:
        entries = None
        if ledger is not None:
            entries = stack.enter_context(whole_ledger(Path(ledger), rules))
        writer = FaultyWriter(WRITERS[request.format](stream, encoders, 0), name, entries)
        # No row of before the window comes late into it: a slice is complete in itself.
        for rows in FaultStream(rules, encoders, 0).rows(read_slice(index, request), None, entries):
            writer.write(rows)
            n_rows += rows.n_rows
        writer.close()
    return n_rows


def check_slice(
    index: DatasetIndex,
    start: Instant,
    end: Instant,
    *,
    locations: Sequence[str] | None,
    types: Sequence[str] | None,
    format: str,  # noqa: A002  # the option's name
    raw: bool,
    faults: str | Path | FaultPlan | None,
    ledger: str | Path | None,
) -> None:
    """Check the options of `write_slice` without reading an event; parameters as there.

    Raises
    ------
    FastgenError
        As `write_slice`, for an option that is wrong.
    """
    plan = _load_checked(faults, ledger, raw=raw)
    parse_request(index, start, end, locations=locations, types=types, format=format)
    if plan is not None:
        plan.check_format(format)
        with needed_kernels():
            from fastgen.faults.rules import make_rules  # noqa: PLC0415  # kernels
        make_rules(plan, index)


def _load_checked(
    faults: str | Path | FaultPlan | None, ledger: str | Path | None, *, raw: bool
) -> FaultPlan | None:
    """Load the faults, and check the options that go with them."""
    plan = load_plan(faults)
    if plan is None and ledger is not None:
        raise ScenarioError("ledger: expected faults beside it, got none: a clean slice has no ledger.")
    if plan is not None and raw:
        raise ScenarioError("raw: expected the wire format with faults, got the stored columns.")
    if plan is not None and ledger is not None:
        check_ledger_path(ledger, Path(plan.source))
    return plan
