"""Make the files of a build in copies of this process: no worker waits for another one's Python code.

A worker takes numbers of files from its end of a pipe and answers with what came of them. When the other end
is closed it gives up its file; when this process is gone, so is the worker.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import traceback
import warnings
from concurrent.futures import CancelledError
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from fastgen.building.compilation import compile_alone
from fastgen.building.part import PartBuilder, PartResult
from fastgen.building.threads import make_in_threads
from fastgen.errors import OutputError
from fastgen.inputs.tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from fastgen.building.job import Job


def may_fork() -> bool:
    """Say whether copies of this process can make files: no thread may hold a lock that they would wait for.

    Threads of compiled libraries don't count: making a file asks for nothing that they lock. On macOS the
    system's own libraries can't be copied.
    """
    return sys.platform == "linux" and threading.active_count() == 1


def make_in_processes(job: Job, n_workers: int) -> list[PartResult]:
    """Make the files of a job.

    Parameters
    ----------
    job
        The job.
    n_workers
        Processes besides this one, which waits for them. Where the machine gives fewer, fewer do it.

    Raises
    ------
    OutputError
        If the disk refuses, or a worker is killed.
    """
    compile_alone(job.plan)  # once, for all of them
    with _start(job, n_workers) as workers:
        if not workers:
            return make_in_threads(job, n_workers)
        return _direct(job, workers)


def _direct(job: Job, workers: list[Connection]) -> list[PartResult]:
    """Hand a file to whoever has none, until all are made; write the tables meanwhile."""
    numbers, results = iter(range(len(job.files))), list[PartResult]()
    at_work = [worker for worker in workers if _hand_out(worker, numbers)]
    write_tables(job.plan.dims, job.work)
    while at_work:
        ready = wait(at_work)
        for worker in [one for one in at_work if one in ready]:
            told = _hear(worker, job)
            if isinstance(told, PartResult):
                results.append(told)
                if not _hand_out(worker, numbers):
                    at_work.remove(worker)
            elif isinstance(told, BaseException):
                raise told
            else:
                job.advance(*told)
    return results


def _hand_out(worker: Connection, numbers: Iterator[int]) -> bool:
    """Give a worker its next file, if there is one."""
    number = next(numbers, None)
    if number is not None:
        with contextlib.suppress(OSError):  # what it says next, or that it says nothing more, is told there
            worker.send(number)
    return number is not None


def _hear(worker: Connection, job: Job) -> PartResult | tuple[int, int] | Exception:
    """Take in what a worker says: a file, or orders and events made since, or what went wrong."""
    try:
        told: PartResult | tuple[int, int] | Exception = worker.recv()
    except (EOFError, OSError):
        raise OutputError(
            f"{job.work.parent}: expected all workers to work to the end, one was killed, perhaps for want "
            "of memory; the same command goes on."
        ) from None
    return told


@contextlib.contextmanager
def _start(job: Job, n_workers: int) -> Iterator[list[Connection]]:
    """Start workers; at the end of the block they give up what they do, and end."""
    context = multiprocessing.get_context("fork")
    processes: list[ForkProcess] = []
    ends: list[Connection] = []
    try:
        with _undisturbed(), contextlib.suppress(OSError):  # no more processes to be had
            for _ in range(n_workers):
                here, there = context.Pipe()
                process = context.Process(target=_work, args=(job, there, [*ends, here]), daemon=True)
                process.start()
                there.close()
                ends.append(here)
                processes.append(process)
        yield ends
    finally:
        for end in ends:
            end.close()
        for process in processes:
            process.join()


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Keep Ctrl-C from the processes that start in this block, for good: it is this one's to tell them."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # of threads that don't count
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(job: Job, to_parent: Connection, others: list[Connection]) -> None:
    """Make files as long as there are any."""
    for end in others:  # else it would keep them open
        end.close()
    threading.Thread(target=_end_with_parent, daemon=True).start()

    def advance(orders: int, events: int) -> None:
        try:
            to_parent.send((orders, events))
        except OSError:
            raise CancelledError from None

    builder = PartBuilder(job.plan, advance)
    with contextlib.suppress(EOFError, OSError, CancelledError):
        while True:
            to_parent.send(_make(job, builder, to_parent.recv()))


def _end_with_parent() -> None:
    """End at once when the parent does, amid a file too: the work folder's lock is this process's as well."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _make(job: Job, builder: PartBuilder, number: int) -> PartResult | Exception:
    try:
        result = builder.build(job.files[number], job.work)
        job.receipts.add(result)
    except CancelledError:
        raise
    except Exception as error:  # noqa: BLE001  # it is raised there
        error.add_note("".join(traceback.format_exception(error)))
        return error
    return result
