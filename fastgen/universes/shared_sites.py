"""Record sites in other processes, on any machine that sees the folder of the dataset.

The driver writes what each site needs into a folder of the run. A process that records a site first writes a
name of its own there. At the end of each simulated day, before it writes, it looks for that name: if another
attempt at the site has begun, or the run has ended, so that the folder is gone, it gives up. All attempts
write the same bytes, so two of them at once, as after a lost machine, do no harm.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from concurrent.futures import CancelledError
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from fastgen.building.compilation import others_wait
from fastgen.building.shared import read_pickle, write_pickle
from fastgen.errors import OutputError
from fastgen.files import write_whole
from fastgen.queueing.population import draw_names
from fastgen.universes.recording import record_site
from fastgen.universes.run_folder import TASKS, SiteRecord, remove_unfinished
from fastgen.universes.site_run import run_days
from fastgen.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from fastgen.universes.recording import SiteTask
    from fastgen.universes.site_plan import SitePlan


class SitesTicket(NamedTuple):
    """What a process must know to record a site; it is sent with every task.

    Attributes
    ----------
    folder
        Folder of the run.
    sha256
        SHA-256 of the file of each site in that folder.
    version
        Version of fastgen of the driver.
    """

    folder: str
    sha256: tuple[str, ...]
    version: str


@contextlib.contextmanager
def open_sites(tasks: Sequence[SiteTask]) -> Iterator[SitesTicket]:
    """Start to record sites, and end it at the end of the block.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    # Links in the path aren't resolved: on other machines they may lead to another place.
    universe = tasks[0].universe.absolute()
    folder = universe / TASKS / uuid.uuid4().hex
    try:
        sha256 = tuple(
            write_pickle(_path(folder, number), task._replace(universe=universe))
            for number, task in enumerate(tasks)
        )
        yield SitesTicket(str(folder), sha256, __version__)
    finally:
        # Also files of processes that were killed; one that still writes can't put its file in place then.
        remove_unfinished(universe)


def _path(folder: Path, number: int) -> Path:
    return folder / f"{number:06d}.pickle"


def record_shared(ticket: SitesTicket, number: int) -> bytes:
    """Record one site; return its encoded record, which is also a file of the run's folder.

    Parameters
    ----------
    ticket
        Ticket of the run.
    number
        Number of the site.

    Raises
    ------
    OutputError
        If the run has ended, another attempt has begun, this machine doesn't see the run's folder, or a file
        can't be written.
    DamageError
        As `record_site`.
    """
    folder, mine = Path(ticket.folder), uuid.uuid4().hex
    task: SiteTask = read_pickle(_path(folder, number), ticket.sha256[number], ticket.version)
    _compile_alone(task.plan)
    attempt = folder / f"{number:06d}.attempt"
    write_whole(attempt, mine.encode(), make_folder=False)

    def is_over() -> bool:
        try:
            return attempt.read_text() != mine
        except OSError:
            return True

    try:
        record = record_site(task, lambda _: None, is_over)
    except CancelledError:
        raise OutputError(
            f"{task.site}: expected to be the last attempt at this site, got another."
        ) from None
    encoded = json.dumps(record.to_dict()).encode()
    write_whole(folder / f"{number:06d}-{mine}.json", encoded, make_folder=False)
    return encoded


def decode_record(encoded: bytes) -> SiteRecord:
    """Decode what `record_shared` has returned.

    Raises
    ------
    ValueError
        If it is no whole record.
    """
    return SiteRecord.of(json.loads(encoded))


def _compile_alone(plan: SitePlan) -> None:
    """Compile the loop and the draws of sites: the processes of a machine start at the same time."""
    nobody = replace(plan, population=replace(plan.population, orders_per_day=0.0))
    with others_wait():
        draw_names(plan.population, 0, 0, (1, 1))
        for _ in run_days(nobody, 1):
            pass
