"""Make the files of a build in threads of this process: one, or several where it can't be copied."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, CancelledError, ThreadPoolExecutor, wait
from threading import Event, Lock, local
from typing import TYPE_CHECKING

from fastgen.building.part import PartBuilder, PartResult
from fastgen.inputs.tables import write_tables

if TYPE_CHECKING:
    from fastgen.building.job import Job
    from fastgen.building.plan import OutputFile


def make_in_threads(job: Job, n_workers: int) -> list[PartResult]:
    """Make the files of a job.

    Parameters
    ----------
    job
        The job.
    n_workers
        Threads.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    plan, results = job.plan, list[PartResult]()
    lock, mine, ended = Lock(), local(), Event()

    def advance(orders: int, events: int) -> None:
        # After an error or Ctrl-C, the other workers give up their files at the end of a chunk.
        if ended.is_set():
            raise CancelledError
        with lock:
            job.advance(orders, events)

    def make(file: OutputFile) -> None:
        # A builder's memory is large and not for two threads, so each thread keeps one of its own.
        if not hasattr(mine, "builder"):
            mine.builder = PartBuilder(plan)
        result = mine.builder.build(file, job.work, advance)
        job.receipts.add(result)
        results.append(result)

    # Writing the tables mostly waits for the disk, so it has a thread of its own.
    with ThreadPoolExecutor(n_workers) as pool, ThreadPoolExecutor(1) as beside:
        try:
            futures = [beside.submit(write_tables, plan.dims, job.work)]
            futures += [pool.submit(make, file) for file in job.files]
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
        except BaseException:
            ended.set()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    return results
