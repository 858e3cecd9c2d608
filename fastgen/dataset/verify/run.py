"""Verify a dataset: hashes and digests, then the rules for every row."""

from __future__ import annotations

import math
import os
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from fastgen.dataset.kernels.parse_texts import format_order_id
from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.dataset.reading.manifest_checks import FilePart, check_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.dataset.verify.against import Reference
from fastgen.dataset.verify.expectations import gather_expectations
from fastgen.dataset.verify.file_checks import Job, PartFindings, check_file, check_no_others, check_part
from fastgen.dataset.verify.report import CHECKS, OPTIONAL_CHECKS, Tally, VerifyReport
from fastgen.dataset.verify.result_checks import check_results
from fastgen.dataset.verify.route_checks import check_kitchens
from fastgen.errors import DamageError, DataError
from fastgen.events.day_digest import digest_dataset, digest_version
from fastgen.events.schema import SEQUENCE_KINDS
from fastgen.inputs.tables import read_tables
from fastgen.paths import check_input

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from fastgen.dataset.verify.file_checks import Observe
    from fastgen.events.day_digest import DayDigest
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario

# Most spans of files that are read at a time; each takes about 40 MB of memory, with a long day 70 MB more.
WORKERS_MAX = 8


def verify_dataset(
    path: str | Path,
    against: str | Path | None = None,
    progress: Callable[[int], None] = lambda _: None,
    observe: Observe | None = None,
) -> VerifyReport:
    """Verify a dataset.

    Parameters
    ----------
    path
        Folder that `fastgen build` made.
    against
        Checksums file, or manifest or folder of another dataset, whose digest must be the same.
    progress
        Called with the number of rows after every batch that was checked.
    observe
        Called with the well-formed orders of every batch, and their lines, by several threads at a time; not
        called where the tables can't be read.

    Returns
    -------
    VerifyReport
        The findings; `VerifyReport.passed` says whether there are none.

    Raises
    ------
    DataError
        If there is no dataset, or `against` can't be used.
    DamageError
        If the manifest is damaged.
    """
    began, folder = time.perf_counter(), check_input(path, "dataset")
    try:
        manifest = read_manifest(folder)
    except DamageError as error:
        raise DamageError(error.what) from None  # without the hint to run `fastgen verify`
    name = str(folder / MANIFEST)
    _check_versions(manifest, name)
    scenario = parse_scenario(manifest, name)
    reference = None if against is None else Reference(check_input(against, "against"))
    # Before the rows are read: a file that pins no such dataset is an error of the command.
    if reference is not None:
        reference.choose(manifest)
    statements, parts = check_manifest(manifest, scenario)
    tally = Tally()
    for statement in statements:
        tally.require("manifest", statement.holds, statement.expected)
    dims = _check_tables(folder, manifest, scenario, tally)
    expectations = gather_expectations(manifest, scenario, dims)
    days = _check_parts(Job(folder, manifest, expectations, progress, observe), parts, tally)
    # With days missing, a digest would be that of another dataset.
    digest = digest_dataset(days) if parts and len(days) == len(manifest.days) else ""
    expected = f"expected {manifest.digest}, got {digest or 'rows that cannot be read'}."
    tally.require("dataset", digest == manifest.digest, expected)
    if reference is not None:
        reference.check(manifest, days, digest, tally)
    check_results(folder, manifest.source, tally)
    # Every check is reported: one that found nothing to check says why.
    for check in CHECKS:
        if check not in (*tally.checks, *OPTIONAL_CHECKS):
            reason = (
                "the tables can't be read" if parts and check in ("items", "baskets") else "no file to read"
            )
            tally.skip(check, reason) if manifest.rows else tally.add(check, 0)
    checks = tuple(tally.checks[check] for check in CHECKS if check in tally.checks)
    return VerifyReport(folder, digest, manifest.orders, manifest.rows, checks, time.perf_counter() - began)


def _check_versions(manifest: Manifest, name: str) -> None:
    """Refuse a manifest whose digests this version can't compute.

    Raises
    ------
    DataError
        If it is of another digest version, or of an unknown type of sequence.
    """
    expected = digest_version(may_end_early=manifest.table_form.may_end_early)
    if manifest.digest_version != expected:
        raise DataError(f"{name}: expected digest_version {expected}, got {manifest.digest_version}.")
    if manifest.sequence_kind not in SEQUENCE_KINDS:
        raise DataError(f"{name}: expected sequence_kind 'i8' or 'i16', got {manifest.sequence_kind!r}.")


def _check_tables(folder: Path, manifest: Manifest, scenario: Scenario, tally: Tally) -> Dimensions | None:
    """Check the hashes of the scenario and the tables; return the tables if they can be read."""
    found = scenario.content_hash()
    tally.require(
        "scenario", found == manifest.scenario_hash, f"expected {manifest.scenario_hash}, got {found}."
    )
    for entry in manifest.tables:
        check_file(folder, entry, tally)
    try:
        dims = read_tables(folder)
    except DataError as error:
        tally.require("tables", truth=False, otherwise=str(error))
        return None
    found = dims.content_hash()
    what = f"expected dimensions_hash {manifest.dimensions_hash}, got {found}."
    tally.add("tables", len(manifest.tables), int(found != manifest.dimensions_hash), what)
    return dims


def _check_parts(job: Job, parts: Sequence[FilePart], tally: Tally) -> list[DayDigest]:
    """Check the event files, then what must be true of all together; return the days that can be read."""
    folder, manifest = job.folder, job.manifest
    # Where files and days don't fit together, rows can't be assigned to days; hashes can still be checked.
    if not parts:
        for entry in manifest.files:
            check_file(folder, entry, tally)
    n_threads = max(1, min(os.cpu_count() or 1, WORKERS_MAX))
    # Of fewer files than threads, each is split.
    n_spans = math.ceil(n_threads / max(1, len(parts)))
    # Threads are enough: PyArrow, the hashes and the kernels work without the GIL. A thread of a file mostly
    # waits for those of its spans.
    with ThreadPoolExecutor(n_threads) as of_spans, ThreadPoolExecutor(n_threads) as of_files:
        found = PartFindings.join(of_files.map(partial(check_part, job, of_spans, n_spans), parts))
    tally.merge(found.tally)
    check_no_others(folder, manifest, tally)
    check_kitchens(found.kitchens, job.expectations, tally)
    _check_unique(found.codes, tally)
    return found.days


def _check_unique(codes: NDArray[np.int64], tally: Tally) -> None:
    """Check that no order id occurs twice in the dataset."""
    # Across all files: an id may be repeated in two of them. Sorting in place takes no memory beside the ids.
    codes.sort()
    twice = codes[1:][codes[1:] == codes[:-1]]
    if len(twice):
        what = f"order {format_order_id(int(twice[0]))} occurs more than once."
        tally.add("order_ids", 0, len(twice), what)
