"""Make the files of a build in copies of this process: no worker waits for another one's Python code.

A worker takes numbers of files from its end of a pipe and answers with what came of them. When the other end
is closed it gives up its file, or is killed; when this process ends, the kernel ends the worker.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import time
import traceback
import warnings
from concurrent.futures import CancelledError
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, TypeAlias

from fastgen.building.compilation import compile_alone
from fastgen.building.fork_safety import end_with
from fastgen.building.part import PartBuilder, PartResult
from fastgen.errors import OutputError
from fastgen.inputs.tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Iterator
    from multiprocessing.connection import Connection
    from multiprocessing.context import ForkProcess

    from fastgen.building.job import Job

# A worker gives up its file at its next stretch; one that is stopped, or waits for a disk, is killed then.
GIVE_UP_S = 5.0

# A worker says: orders and events made since; what came of its file; what went wrong.
Message: TypeAlias = "tuple[int, int] | PartResult | Exception"


def make_in_processes(job: Job, n_workers: int) -> list[PartResult] | None:
    """Make the files of a job.

    Parameters
    ----------
    job
        The job.
    n_workers
        Processes besides this one, which waits for them. Where the machine gives fewer, fewer do it.

    Returns
    -------
    list of PartResult or None
        What came of each file; None if there is no process to be had.

    Raises
    ------
    OutputError
        If the disk refuses, or a worker is killed.
    """
    compile_alone(job.plan)  # once, for all of them
    with _start(job, n_workers) as workers:
        return _direct(job, workers) if workers else None


def _direct(job: Job, workers: list[Connection]) -> list[PartResult]:
    """Hand a file to whoever has none, until all are made; write the tables meanwhile."""
    numbers, results = iter(range(len(job.files))), list[PartResult]()
    at_work = [worker for worker in workers if _hand_out(worker, numbers)]
    write_tables(job.plan.dims, job.work)
    while at_work:
        ready = wait(at_work)
        for worker in [one for one in at_work if one in ready]:
            told = _receive(worker, job)
            if isinstance(told, PartResult):
                results.append(told)
                if not _hand_out(worker, numbers):
                    at_work.remove(worker)
            elif isinstance(told, Exception):
                raise told
            else:
                job.advance(*told)
    return results


def _hand_out(worker: Connection, numbers: Iterator[int]) -> bool:
    """Give a worker its next file, if there is one."""
    number = next(numbers, None)
    if number is not None:
        with contextlib.suppress(OSError):  # it was killed, as will be heard
            worker.send(number)
    return number is not None


def _receive(worker: Connection, job: Job) -> Message:
    try:
        told: Message = worker.recv()
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
    started: list[tuple[Connection, ForkProcess]] = []
    try:
        with _no_interrupts():
            try:
                for _ in range(n_workers):
                    started.append(_start_one(context, job, [end for end, _ in started]))
            except OSError:  # no more to be had; half of them leave room for what else it takes
                _end(started[(len(started) + 1) // 2 :])
                del started[(len(started) + 1) // 2 :]
        yield [end for end, _ in started]
    finally:
        with _no_interrupts():
            _end(started)


def _start_one(
    context: multiprocessing.context.ForkContext, job: Job, others: list[Connection]
) -> tuple[Connection, ForkProcess]:
    here, there = context.Pipe()
    with there:
        try:
            args = (os.getpid(), job, there, [*others, here])
            process = context.Process(target=_work, args=args, daemon=True)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)  # of threads that don't count
                process.start()
        except BaseException:
            here.close()
            raise
    return here, process


def _end(workers: list[tuple[Connection, ForkProcess]]) -> None:
    for end, _ in workers:
        end.close()
    ends = time.monotonic() + GIVE_UP_S
    for _, process in workers:
        process.join(max(0.0, ends - time.monotonic()))
        if process.is_alive():
            process.kill()
            process.join(GIVE_UP_S)


@contextlib.contextmanager
def _no_interrupts() -> Iterator[None]:
    """Put Ctrl-C off in this thread; for good in a process that is started there, for its parent tells it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(parent: int, job: Job, to_parent: Connection, others: list[Connection]) -> None:
    """Make files as long as there are any."""
    end_with(parent)
    for end in others:  # else it would keep them open
        end.close()
    builder: PartBuilder | None = None

    def advance(orders: int, events: int) -> None:
        try:
            to_parent.send((orders, events))
        except OSError:
            raise CancelledError from None

    with contextlib.suppress(EOFError, OSError):
        while True:
            number = to_parent.recv()
            told: Message
            try:
                builder = builder or PartBuilder(job.plan, advance)
                told = builder.build(job.files[number], job.work)
                job.receipts.add(told)
            except CancelledError:
                return
            except Exception as error:  # noqa: BLE001  # it is raised there
                told = _portable(error)
            to_parent.send(told)


def _portable(error: Exception) -> Exception:
    """Note where an error was raised, and put it into words if it can't be sent."""
    error.add_note("".join(traceback.format_exception(error)))
    with contextlib.suppress(Exception):  # whatever its own methods raise
        if isinstance(pickle.loads(pickle.dumps(error)), Exception):  # noqa: S301  # just made
            return error
    said = RuntimeError(f"{type(error).__name__}: {error}")
    said.add_note(error.__notes__[-1])
    return said
