"""Check the files of a dataset: presence, hashes, columns, digests, then their rows batch by batch."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

import numpy as np

from fastgen.dataset.layout import EVENTS, Layout
from fastgen.dataset.reading.arrow_types import is_stored_as
from fastgen.dataset.reading.digest_file import DayDigester
from fastgen.dataset.reading.event_file import DAMAGED, EventFile
from fastgen.dataset.reading.orders import locate_orders
from fastgen.dataset.reading.row_batches import read_row_batches
from fastgen.dataset.verify.basket_checks import check_lines
from fastgen.dataset.verify.ending_checks import check_endings, check_open_orders
from fastgen.dataset.verify.file_state import FileState
from fastgen.dataset.verify.report import Tally
from fastgen.dataset.verify.route_checks import check_drives
from fastgen.dataset.verify.row_checks import (
    check_addresses,
    check_days,
    check_ids,
    check_lifecycle,
    check_nulls,
    check_order_times,
)
from fastgen.dataset.verify.spans import split_days
from fastgen.errors import DamageError
from fastgen.events.schema import stored_columns
from fastgen.files import hash_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Executor
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.dataset.manifest import Manifest
    from fastgen.dataset.manifest_entries import FileEntry
    from fastgen.dataset.reading.lines import Lines
    from fastgen.dataset.reading.manifest_checks import FilePart
    from fastgen.dataset.reading.orders import OrderRows
    from fastgen.dataset.verify.expectations import Expectations
    from fastgen.dataset.verify.spans import Span
    from fastgen.events.digest import DayDigest

    Observe: TypeAlias = Callable[[OrderRows, Lines], None]


class PartFindings(NamedTuple):
    """Result of checking one event file, or several.

    Attributes
    ----------
    tally
        What the checks counted.
    days
        Its location-days with the digests of its rows, as far as they can be read.
    codes
        Order ids as numbers.
    kitchens
        First points of the routes by location_id.
    """

    tally: Tally
    days: list[DayDigest]
    codes: NDArray[np.int64]
    kitchens: dict[int, set[tuple[int, int]]]

    @classmethod
    def none(cls) -> Self:
        """Make the result of a file without rows."""
        return cls(Tally(), [], np.zeros(0, np.int64), {})

    @classmethod
    def join(cls, parts: Iterable[PartFindings]) -> Self:
        """Join the findings of files, or of spans of a file, in their order."""
        joined, codes = cls.none(), [np.zeros(0, np.int64)]
        for part in parts:
            joined.tally.merge(part.tally)
            joined.days.extend(part.days)
            codes.append(part.codes)
            for location_id, points in part.kitchens.items():
                joined.kitchens.setdefault(location_id, set()).update(points)
        return joined._replace(codes=np.concatenate(codes))


class Job(NamedTuple):
    """What is the same for all files of a dataset.

    Attributes
    ----------
    folder, manifest, expectations
        The dataset, and what its rows are compared with.
    progress, observe
        As `verify_dataset` has them.
    """

    folder: Path
    manifest: Manifest
    expectations: Expectations
    progress: Callable[[int], None]
    observe: Observe | None


def check_file(folder: Path, entry: FileEntry, tally: Tally) -> bool:
    """Check size and SHA-256 of a file; return whether there is one to read."""
    path = folder / entry.path
    try:
        size = path.stat().st_size
        if not path.is_file():
            got = "a folder" if path.is_dir() else "a device or a pipe"
            return tally.require("files", truth=False, otherwise=f"{entry.path}: expected a file, got {got}.")
        if size != entry.bytes:
            # Its hash can't be right either, and needn't be computed.
            tally.require(
                "files", truth=False, otherwise=f"{entry.path}: expected {entry.bytes} bytes, got {size}."
            )
            return True
        sha256 = hash_file(path)
    except OSError as error:
        return tally.require("files", truth=False, otherwise=f"{entry.path}: {_reason(error)}.")
    tally.require(
        "files", sha256 == entry.sha256, f"{entry.path}: expected SHA-256 {entry.sha256}, got {sha256}."
    )
    return True


def check_no_others(folder: Path, manifest: Manifest, tally: Tally) -> None:
    """Check that a reader of the events' folder finds no file that the manifest doesn't name."""
    known = {entry.path for entry in manifest.files}
    for path in sorted((folder / EVENTS).rglob("*")):
        name = path.relative_to(folder)
        # Readers skip names that start like this, and so does this check.
        read = not any(part.startswith((".", "_")) for part in name.parts)
        if read and not path.is_dir() and str(name) not in known:
            tally.require(
                "files", truth=False, otherwise=f"{name}: expected no file that the manifest doesn't name."
            )


def check_part(job: Job, pool: Executor, n_spans: int, part: FilePart) -> PartFindings:
    """Check one event file, from its hash to its last row.

    Parameters
    ----------
    job
        The dataset.
    pool, n_spans
        Checks spans of the file at the same time, and the most spans that a large one is split into.
    part
        The file.
    """
    tally, found = Tally(), PartFindings.none()
    try:
        if check_file(job.folder, part.entry, tally):
            # A file with the manifest's hash must pass the checks that every command makes when it opens it.
            # Any other file is read as far as possible, to report what is wrong with its rows.
            checked = tally.checks["files"].passed
            with EventFile(job.folder, part.entry, checked=checked) as file:
                is_readable, n_rows = _check_columns(file, part, job.manifest, tally), file.n_rows
            if is_readable:
                check = partial(_check_span, job, part.entry, checked)
                spans = split_days(part.days, n_rows, n_spans)
                # Nothing is told of the rows of a file that can't be read to its end.
                found = PartFindings.join(pool.map(check, spans))
    except DamageError as error:
        tally.require("columns", truth=False, otherwise=error.what.removeprefix(f"{job.folder}/"))
    except DAMAGED as error:
        reason = f"{part.entry.path}: expected a whole Parquet file, got a damaged one ({_reason(error)})."
        tally.require("columns", truth=False, otherwise=reason)
    # Days that the file is too short for, or all of an unreadable file.
    tally.merge(found.tally)
    missing = len(part.days) - len(found.days)
    tally.add("digests", missing, missing, f"{part.entry.path}: can't be read.")
    return found._replace(tally=tally)


def _reason(error: BaseException) -> str:
    text = (error.strerror if isinstance(error, OSError) else None) or str(error) or type(error).__name__
    return " ".join(text.split())[:120]


def _check_columns(file: EventFile, part: FilePart, manifest: Manifest, tally: Tally) -> bool:
    schema, metadata, n_rows = file.schema, file.metadata.metadata or {}, file.n_rows
    columns = stored_columns(manifest.table_form, with_location=manifest.layout is Layout.SINGLE)
    kinds = {column.name: column.kind for column in columns}
    wrong = [n for n in kinds if n not in schema.names or not is_stored_as(kinds[n], schema.field(n).type)]
    # Only the first difference is reported: others often follow from it.
    if wrong:
        got = schema.field(wrong[0]).type if wrong[0] in schema.names else "no such column"
        what = f"column {wrong[0]} of type {kinds[wrong[0]]}, got {got}"
    elif schema.names != list(kinds):
        what = f"columns {', '.join(kinds)}, got {', '.join(schema.names)}"
    elif n_rows != part.entry.rows:
        what = f"{part.entry.rows} rows, got {n_rows}"
    elif metadata.get(b"fastgen.scenario", b"").decode(errors="replace") != manifest.scenario_hash:
        what = "metadata that name the manifest's scenario, got another's"
    else:
        what = ""
    tally.require("columns", not what, f"{part.entry.path}: expected {what}.")
    # With the right columns the rows can be checked, whatever their number or the scenario in the metadata.
    return not wrong and schema.names == list(kinds)


def _check_span(job: Job, entry: FileEntry, checked: bool, span: Span) -> PartFindings:  # noqa: FBT001  # by its place in `partial`
    """Check the digests and the rows of some days of a file; each row group is read once for both."""
    tally, first_row = Tally(), span.rows.start
    # Each span opens the file for itself: PyArrow reads an open file by one thread.
    with EventFile(job.folder, entry, checked=checked) as file:
        state, digester = FileState.begin(span.days, first_row), DayDigester(file, span.days, first_row)
        for batch in read_row_batches(file, file.schema.names, rows=span.rows):
            digester.take(batch)
            _check_batch(locate_orders(batch, state.days), job.expectations, state, tally, job.observe)
            job.progress(batch.n_rows)
            del batch  # it is freed before the next one is read
        days = digester.finish()
    _check_digests(span.days, days, tally)
    _check_days(span.days, state, tally)
    kitchens = {location_id: {point} for location_id, point in state.kitchens.items()}
    return PartFindings(tally, days, np.concatenate([np.zeros(0, np.int64), *state.codes]), kitchens)


def _check_batch(
    orders: OrderRows, expectations: Expectations, state: FileState, tally: Tally, observe: Observe | None
) -> None:
    check_nulls(orders, expectations.form, tally)
    check_ids(orders, expectations, state, tally)
    check_days(orders, expectations, state, tally)
    # The checks below need the rows of an order in their places.
    if expectations.form.may_end_early:
        whole, driven = check_endings(orders, expectations, state, tally)
    else:
        whole = driven = check_lifecycle(orders, tally)
    check_order_times(driven, expectations, tally)
    check_addresses(whole, expectations, tally)
    if expectations.items is not None:
        lines = check_lines(whole, *expectations.items, tally)
        if observe is not None:
            observe(whole, lines)
    check_drives(driven, expectations, state, tally)


def _check_digests(stated: Sequence[DayDigest], found: Sequence[DayDigest], tally: Tally) -> None:
    """Compare the digests of the location-days for which the file has enough rows."""
    for expected, digested in zip(stated, found, strict=False):
        what = f"location {expected.location_id}, day {expected.day}"
        tally.require(
            "digests",
            digested == expected,
            f"{what}: expected {expected.digest} over {expected.bytes} bytes, got {digested.digest} over "
            f"{digested.bytes}.",
        )


def _check_days(days: Sequence[DayDigest], state: FileState, tally: Tally) -> None:
    """Check what is known of the days of a file after its last row."""
    check_open_orders(state, tally)
    for d, n_orders in zip(days, state.n_orders.tolist(), strict=True):
        if n_orders != d.orders:
            what = f"location {d.location_id}, day {d.day}: expected {d.orders} orders, got {n_orders}."
            # Their number was counted by `check_days`.
            tally.add("days", 0, abs(n_orders - d.orders), what)
