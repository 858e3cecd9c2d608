"""Choose the number of workers that make the files of a build on this machine, and their kind."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from fastgen.building.fork_safety import may_fork
from fastgen.building.processes import make_in_processes
from fastgen.building.threads import make_in_threads
from fastgen.dataset.layout import Writer
from fastgen.errors import ScenarioError

if TYPE_CHECKING:
    from fastgen.building.job import Job
    from fastgen.building.part import PartResult
    from fastgen.building.plan import BuildPlan

# More than any build gains from.
WORKERS_MAX = 256
# With fewer events for each, a further worker takes more time to start than it saves.
EVENTS_FOR_A_WORKER = 200_000


def check_workers(workers: int | None) -> None:
    """Check a number of workers; None lets `count_workers` choose.

    Raises
    ------
    ScenarioError
        If it is below 1 or above `WORKERS_MAX`.
    """
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise ScenarioError(f"workers: expected 1 <= workers <= {WORKERS_MAX}, got {workers}.")


def count_workers(workers: int | None, plan: BuildPlan, n_files: int) -> int:
    """Compute how many workers will make files: at most one for each file.

    Parameters
    ----------
    workers
        Number that the user wants; None for every core when the build is large enough to gain.
    plan
        The plan.
    n_files
        Number of its files that have to be made.
    """
    n_gaining = int(plan.events_expected / EVENTS_FOR_A_WORKER)
    wanted = workers or max(1, min(os.cpu_count() or 1, n_gaining))
    return min(wanted, max(1, n_files))


def make_with_workers(job: Job, *, workers: int | None) -> list[PartResult]:
    """Make the files of a job: alone, in copies of this process, or in threads where it can't be copied.

    Polars always works in threads: it hangs in a copy of a process that has used it. New processes, each of
    which imports Polars, took longer: 3.7 to 4.2 s of processor time for 30 days at scale 10 with two
    workers, against 3.4 s with two threads. Polars and the kernels release the GIL, so threads run in
    parallel.

    Parameters
    ----------
    job
        The job.
    workers
        Number of workers; None for every core when the build is large enough to gain.

    Raises
    ------
    OutputError
        If a file can't be written, or a worker is killed.
    """
    n_workers = count_workers(workers, job.plan, len(job.files))
    in_processes = n_workers > 1 and job.plan.writer is not Writer.POLARS and may_fork()
    made = make_in_processes(job, n_workers) if in_processes else None
    return make_in_threads(job, n_workers) if made is None else made
