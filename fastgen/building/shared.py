"""Make the files of a job in other processes, on this machine or on any that sees the same folder.

A run is a folder in the work folder. The driver writes into it what every file needs: the plan, and the route
tables, which processes map into memory. A process that makes a file writes it into the run's folder, then its
receipt. Both names are used by this attempt alone, so two attempts at one file, at once or one after the
other, don't disturb each other.

In the end the driver renames the run's folder. Attempts that still run then fail, since their folder is gone.
Then the driver takes in one attempt of each file. If the driver is killed, the run's folder is left, and the
next build takes in every file that has a receipt there.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import pickle
import shutil
import uuid
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from fastgen.building.compilation import compile_alone
from fastgen.building.part import PartBuilder
from fastgen.building.receipts import ENDED, RUN, decode_receipt, encode_receipt, end_runs
from fastgen.errors import OutputError
from fastgen.files import write_whole
from fastgen.inputs.timezones import load_zone
from fastgen.roads.cache import encode_route_table, map_route_table
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastgen.building.job import Job
    from fastgen.building.part import PartResult
    from fastgen.building.plan import BuildPlan, OutputFile
    from fastgen.building.receipts import Receipts
    from fastgen.model.route_table import RouteTable

PLAN = "plan.pickle"
# Ends of the names of an attempt's file and of its receipt.
FILE, RECEIPT = ".parquet", ".json"


class Ticket(NamedTuple):
    """What a process must know to take part in a run; it is sent with every task.

    Attributes
    ----------
    folder
        Folder of the run.
    sha256
        SHA-256 of the pickled plan in that folder: no other file is unpickled.
    version
        Version of fastgen of the driver.
    """

    folder: str
    sha256: str
    version: str


class Attempt(NamedTuple):
    """An attempt at a file that succeeded: number of the file in the job, name of the attempt, receipt."""

    number: int
    name: str
    receipt: bytes


@contextlib.contextmanager
def open_run(job: Job) -> Iterator[Ticket]:
    """Start a run for the files of a job, and end it at the end of the block.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    # Links in the path aren't resolved: on other machines they may lead to another place.
    folder = job.work.absolute() / f"{RUN}{uuid.uuid4().hex}"
    for location_id, table in job.plan.tables.items():
        write_whole(_table_path(folder, location_id), encode_route_table(table))
    # Route tables are files of their own: mapping them is faster than unpickling, and processes share the
    # memory.
    sha256 = write_pickle(folder / PLAN, (replace(job.plan, tables={}), job.files))
    try:
        yield Ticket(str(folder), sha256, __version__)
    except BaseException:
        with contextlib.suppress(OutputError):  # the error of the block is the one to report
            end_runs(job.work)
        raise
    end_runs(job.work)


class _Pickler(pickle.Pickler):
    """Pickles a time zone as its key, since zones read from a package's data can't be pickled."""

    def reducer_override(self, value: Any) -> Any:
        return (load_zone, (value.key,)) if isinstance(value, ZoneInfo) else NotImplemented


def to_pickle(value: object) -> bytes:
    """Pickle a plan, time zones included."""
    data = io.BytesIO()
    _Pickler(data).dump(value)
    return data.getvalue()


def write_pickle(path: Path, value: object) -> str:
    """Write what processes of a cluster need into a file; return the SHA-256 of its bytes.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    data = to_pickle(value)
    write_whole(path, data)
    return hashlib.sha256(data).hexdigest()


def read_pickle(path: Path, sha256: str, version: str) -> Any:
    """Read what the driver has written by `write_pickle`.

    Parameters
    ----------
    path
        The file.
    sha256
        The hash that came with the task: nothing else is unpickled.
    version
        Version of fastgen of the driver.

    Raises
    ------
    OutputError
        If the run has ended, this machine doesn't see its folder, or has another version of fastgen.
    """
    if version != __version__:
        raise OutputError(f"expected fastgen {version} on every executor, got {__version__}.")
    try:
        data = path.read_bytes()
    except OSError as error:
        raise OutputError(
            f"{path.parent}: expected a build at work in a folder that every executor sees, got: "
            f"{error.strerror}."
        ) from None
    if hashlib.sha256(data).hexdigest() != sha256:
        raise OutputError(f"{path}: expected the plan that the driver wrote, got another one.")
    return pickle.loads(data)  # noqa: S301  # its hash came with the task


def _table_path(folder: Path, location_id: int) -> Path:
    return folder / f"routes-{location_id}.bin"


def build_part(ticket: Ticket, number: int) -> Attempt:
    """Make one file of a job; only one thread of a process may do so at a time.

    Parameters
    ----------
    ticket
        Ticket of the run.
    number
        Number of the file in the job.

    Raises
    ------
    OutputError
        If the run has ended, this machine doesn't see its folder, or the file can't be written.
    """
    run = _load(ticket)
    folder, name = Path(ticket.folder), f"{number:06d}-{uuid.uuid4().hex}"
    file = run.files[number]
    result = run.builder_for(file).build(file, folder, name=name + FILE)
    receipt = encode_receipt(result)
    write_whole(folder / (name + RECEIPT), receipt, make_folder=False)
    return Attempt(number, name, receipt)


class _Run:
    """A run in a process that makes files: the plan, and the route tables that its files have needed so far.

    Parameters
    ----------
    folder
        Folder of the run.
    plan
        The plan, without tables.
    files
        The job's files.
    """

    def __init__(self, folder: Path, plan: BuildPlan, files: tuple[OutputFile, ...]) -> None:
        self.files = files
        self._folder, self._plan = folder, plan
        self._builder: PartBuilder | None = None

    def builder_for(self, file: OutputFile) -> PartBuilder:
        """Return the builder for a file; map the route tables that no earlier file has needed.

        Raises
        ------
        OutputError
            If a table is missing or incomplete.
        """
        tables = dict(self._plan.tables)
        for span in file.spans:
            if span.location_id not in tables:
                tables[span.location_id] = _map_table(self._folder, span.location_id)
        if self._builder is None or len(tables) > len(self._plan.tables):
            self._builder = None  # frees its memory before the next one takes as much
            self._plan = replace(self._plan, tables=tables)
            self._builder = PartBuilder(self._plan)
        return self._builder


# Only the last run is kept: a worker of Spark may work for one build after another.
@lru_cache(maxsize=1)
def _load(ticket: Ticket) -> _Run:
    """Load the plan of a run, once in each process."""
    folder = Path(ticket.folder)
    plan: BuildPlan
    plan, files = read_pickle(folder / PLAN, ticket.sha256, ticket.version)
    compile_alone(plan)  # the workers of a machine start at the same time
    return _Run(folder, plan, files)


def _map_table(folder: Path, location_id: int) -> RouteTable:
    path = _table_path(folder, location_id)
    table = map_route_table(path)
    if table is None:
        raise OutputError(f"{path}: expected the whole route table that the driver wrote, got none.")
    return table


def check_in(job: Job, ticket: Ticket, made: Iterable[Attempt]) -> list[PartResult]:
    """Take in one attempt of every file of a job, after its run has ended.

    Parameters
    ----------
    job, ticket
        The job, and the ticket of its run.
    made
        The attempts that tasks have returned.

    Returns
    -------
    list of PartResult
        The result of each file, in the order of the job.

    Raises
    ------
    OutputError
        If there is no attempt of a file, or more than one, or the file itself is missing.
    """
    by_number: dict[int, Attempt] = {}
    for one in made:
        if one.number in by_number:
            raise OutputError(f"expected each file once, {job.files[one.number].path} was reported twice.")
        by_number[one.number] = one
    results, ended = [], _ended(Path(ticket.folder))
    for number, file in enumerate(job.files):
        if number not in by_number:
            raise OutputError(f"expected {len(job.files)} finished files, {file.path} is missing.")
        one = by_number[number]
        result = decode_receipt(one.receipt)
        job.receipts.take_in(result, ended / (one.name + FILE), ended / (one.name + RECEIPT))
        results.append(result)
    shutil.rmtree(ended, ignore_errors=True)
    return results


def _ended(folder: Path) -> Path:
    return folder.with_name(ENDED + folder.name.removeprefix(RUN))


def adopt_runs(plan: BuildPlan, receipts: Receipts, work: Path) -> None:
    """Take in the files that earlier runs of this build have finished, and remove what else they left.

    Runs of killed drivers are found here as well: `Receipts` has ended them.
    """
    files = {file.path: file for file in plan.files}
    for folder in work.glob(f"{ENDED}*"):
        for receipt in sorted(folder.glob(f"*{RECEIPT}")):
            # A file whose receipt is damaged, or not of this plan, is made again.
            with contextlib.suppress(ValueError, KeyError, TypeError, OutputError):
                result = decode_receipt(receipt.read_bytes())
                if receipts.get(files[result.entry.path]) is None:
                    receipts.take_in(result, receipt.with_suffix(FILE), receipt)
        shutil.rmtree(folder, ignore_errors=True)
