"""Make the files of a build on this machine, over threads that run compiled code without the GIL."""

from __future__ import annotations

import os
from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from threading import Event, Lock, local
from typing import TYPE_CHECKING

from fastgen.building.part import PartBuilder, PartResult
from fastgen.errors import ScenarioError
from fastgen.inputs.tables import write_tables

if TYPE_CHECKING:
    from fastgen.building.job import Job
    from fastgen.building.plan import BuildPlan, OutputFile

WORKERS_MAX = 256
# Below this a second worker costs more than it brings.
EVENTS_FOR_A_WORKER = 200_000


def check_workers(workers: int | None) -> None:
    """Check a number of threads; None: to be chosen.

    Raises
    ------
    ScenarioError
        If it is impossible.
    """
    if workers is not None and not 1 <= workers <= WORKERS_MAX:
        raise ScenarioError(f"workers: expected 1 <= workers <= {WORKERS_MAX}, got {workers}.")


def count_workers(workers: int | None, plan: BuildPlan, n_files: int) -> int:
    """Say how many threads will be at work: one a file at most.

    Parameters
    ----------
    workers
        How many are wanted; None for every core when the build is large enough to gain.
    plan
        The plan.
    n_files
        How many of its files are to be made.
    """
    n_gaining = int(plan.events_expected / EVENTS_FOR_A_WORKER)
    wanted = workers or max(1, min(os.cpu_count() or 1, n_gaining))
    return min(wanted, max(1, n_files))


def make_in_threads(job: Job, *, workers: int | None) -> list[PartResult]:
    """Make the files of a job.

    Parameters
    ----------
    job
        The job.
    workers
        Threads; None for every core when the build is large enough to gain.

    Raises
    ------
    OutputError
        If the disk refuses.
    """
    plan, results = job.plan, list[PartResult]()
    n_workers = count_workers(workers, plan, len(job.files))
    lock, mine, ended = Lock(), local(), Event()

    def advance(orders: int, events: int) -> None:
        # After a failure or Ctrl-C nobody waits for the other workers' files.
        if ended.is_set():
            raise CancelledError
        with lock:
            job.advance(orders, events)

    def make(file: OutputFile) -> None:
        if not hasattr(mine, "builder"):
            mine.builder = PartBuilder(plan, advance)
        result = mine.builder.build(file, job.work)
        job.receipts.add(result)
        results.append(result)

    # The tables wait for the disk beside the files.
    with ThreadPoolExecutor(n_workers) as pool, ThreadPoolExecutor(1) as beside:
        futures = [beside.submit(write_tables, plan.dims, job.work)]
        futures += [pool.submit(make, file) for file in job.files]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            ended.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return results
