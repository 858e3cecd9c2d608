"""Make the files of a job in other processes, on this machine or on any that sees the same folder.

A run is a folder in the work folder. The driver puts into it what a file needs: the plan, and the route
tables to map into memory. Whoever makes a file writes it there, and its receipt after it, under names that no
other attempt has, and touches nothing else: so two attempts at one file, at once or after each other, never
meet. The driver takes in one attempt of each file. Before that it renames the run's folder, and so ends every
attempt that is still under way: it finds no folder to write to any more.

A driver that is killed leaves its run behind; the next build adopts what has its receipt there.
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
FILE, RECEIPT = ".parquet", ".json"


class Ticket(NamedTuple):
    """What a process needs to take part in a run: small, and the same everywhere.

    Attributes
    ----------
    folder
        Folder of the run.
    sha256
        Of the plan in it: nothing else is unpickled.
    version
        Version of fastgen that made it.
    """

    folder: str
    sha256: str
    version: str


class Attempt(NamedTuple):
    """One attempt that succeeded: number of the file in the job, name of the attempt, receipt."""

    number: int
    name: str
    receipt: bytes


@contextlib.contextmanager
def open_run(job: Job) -> Iterator[Ticket]:
    """Start a run for a job's files; at the end of the block, no attempt changes anything any more.

    Raises
    ------
    OutputError
        If the disk refuses.
    """
    # Not resolved: a link of that name may lead elsewhere on other machines.
    folder = job.work.absolute() / f"{RUN}{uuid.uuid4().hex}"
    for location_id, table in job.plan.tables.items():
        write_whole(_table_path(folder, location_id), encode_route_table(table))
    # Tables are mapped, not unpickled.
    data = _pickle((replace(job.plan, tables={}), job.files))
    write_whole(folder / PLAN, data)
    try:
        yield Ticket(str(folder), hashlib.sha256(data).hexdigest(), __version__)
    except BaseException:
        with contextlib.suppress(OutputError):  # what went wrong in the block is the reason
            end_runs(job.work)
        raise
    end_runs(job.work)


class _Pickler(pickle.Pickler):
    """Pickles time zones, which were read from a package, by their keys."""

    def reducer_override(self, value: Any) -> Any:
        return (load_zone, (value.key,)) if isinstance(value, ZoneInfo) else NotImplemented


def _pickle(value: object) -> bytes:
    data = io.BytesIO()
    _Pickler(data).dump(value)
    return data.getvalue()


def _table_path(folder: Path, location_id: int) -> Path:
    return folder / f"routes-{location_id}.bin"


def build_part(ticket: Ticket, number: int) -> Attempt:
    """Make one file of a run's job, alone; for one thread of a process at a time.

    Parameters
    ----------
    ticket
        The run.
    number
        Which of the job's files.

    Raises
    ------
    OutputError
        If the run has ended, its folder is not to be seen from here, or the disk refuses.
    """
    run = _load(ticket)
    folder, name = Path(ticket.folder), f"{number:06d}-{uuid.uuid4().hex}"
    file = run.files[number]
    result = run.builder_for(file).build(file, folder, name=name + FILE)
    receipt = encode_receipt(result)
    write_whole(folder / (name + RECEIPT), receipt, make_folder=False)
    return Attempt(number, name, receipt)


class _Run:
    """A run as a process sees it: the plan, and the route tables that its files have needed so far.

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
        """Give what makes a file; tables are mapped, and so read and checked, when a file first needs them.

        Raises
        ------
        OutputError
            If a table is not there whole.
        """
        tables = dict(self._plan.tables)
        for span in file.spans:
            if span.location_id not in tables:
                tables[span.location_id] = _map_table(self._folder, span.location_id)
        if self._builder is None or len(tables) > len(self._plan.tables):
            self._builder = None  # its memory is for the next one
            self._plan = replace(self._plan, tables=tables)
            self._builder = PartBuilder(self._plan, lambda _orders, _events: None)
        return self._builder


@lru_cache(maxsize=1)
def _load(ticket: Ticket) -> _Run:
    """Load a run's plan, once a process."""
    folder = Path(ticket.folder)
    if ticket.version != __version__:
        raise OutputError(f"expected fastgen {ticket.version} on every executor, got {__version__}.")
    try:
        data = (folder / PLAN).read_bytes()
    except OSError as error:
        raise OutputError(
            f"{folder}: expected a build at work in a folder that every executor sees, got: {error.strerror}."
        ) from None
    if hashlib.sha256(data).hexdigest() != ticket.sha256:
        raise OutputError(f"{folder / PLAN}: expected the plan that the driver wrote, got another one.")
    plan: BuildPlan
    plan, files = pickle.loads(data)  # noqa: S301  # its hash came with the task
    compile_alone(plan)
    return _Run(folder, plan, files)


def _map_table(folder: Path, location_id: int) -> RouteTable:
    path = _table_path(folder, location_id)
    table = map_route_table(path)
    if table is None:
        raise OutputError(f"{path}: expected the whole route table that the driver wrote, got none.")
    return table


def check_in(job: Job, ticket: Ticket, made: Iterable[Attempt]) -> list[PartResult]:
    """Take in one attempt of every file of a job, after its run has ended.

    Raises
    ------
    OutputError
        If a file is missing, was told of twice, or is not there.
    """
    by_number: dict[int, Attempt] = {}
    for one in made:
        if one.number in by_number:
            raise OutputError(f"expected each file once, {job.files[one.number].path} was told of twice.")
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
    """Take in what ended runs of this build have finished, and remove the rest of them.

    Raises
    ------
    OutputError
        If the disk refuses.
    """
    files = {file.path: file for file in plan.files}
    for folder in work.glob(f"{ENDED}*"):
        for receipt in sorted(folder.glob(f"*{RECEIPT}")):
            with contextlib.suppress(ValueError, KeyError, TypeError, OutputError):
                result = decode_receipt(receipt.read_bytes())
                if receipts.get(files[result.entry.path]) is None:
                    receipts.take_in(result, receipt.with_suffix(FILE), receipt)
        shutil.rmtree(folder, ignore_errors=True)
