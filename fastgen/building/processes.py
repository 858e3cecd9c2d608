"""Make the files of a build in copies of this process, so that workers don't share a GIL.

The parent sends numbers of files through a pipe, and a worker answers with messages. When the parent closes
its end, the worker gives up its file, or is killed if it doesn't; when the parent ends, the kernel kills the
worker.
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

# A worker notices the closed pipe at the end of its present chunk. One that is stopped, or waits for a disk,
# is killed after this time.
GIVE_UP_S = 5.0

# Message of a worker: orders and events made since the last one; the result of its file; or an error.
Message: TypeAlias = "tuple[int, int] | PartResult | Exception"


def make_in_processes(job: Job, n_workers: int) -> list[PartResult] | None:
    """Make the files of a job.

    Parameters
    ----------
    job
        The job.
    n_workers
        Number of processes besides this one, which waits for them. It is lower if the system refuses more.

    Returns
    -------
    list of PartResult or None
        The result of each file; None if the system refuses even one process.

    Raises
    ------
    OutputError
        If a file can't be written, or a worker is killed.
    """
    # Workers are copies of this process, so they needn't load the kernels and the writer again.
    compile_alone(job.plan)
    with _start(job, PartBuilder(job.plan), n_workers) as workers:
        return _direct(job, workers) if workers else None


def _direct(job: Job, workers: list[Connection]) -> list[PartResult]:
    """Send files to idle workers until all are made; write the tables while they work."""
    numbers, results = iter(range(len(job.files))), list[PartResult]()
    at_work = [worker for worker in workers if _send_next(worker, numbers)]
    write_tables(job.plan.dims, job.work)
    while at_work:
        ready = wait(at_work)
        for worker in [one for one in at_work if one in ready]:
            message = _receive(worker, job)
            if isinstance(message, PartResult):
                results.append(message)
                if not _send_next(worker, numbers):
                    at_work.remove(worker)
                    worker.close()  # it ends while others work: giving its memory back takes a while
            elif isinstance(message, Exception):
                raise message
            else:
                job.advance(*message)
    return results


def _send_next(worker: Connection, numbers: Iterator[int]) -> bool:
    """Send the number of the next file to a worker; return whether there was one."""
    number = next(numbers, None)
    if number is not None:
        with contextlib.suppress(OSError):  # the worker was killed: `_receive` raises the error
            worker.send(number)
    return number is not None


def _receive(worker: Connection, job: Job) -> Message:
    try:
        message: Message = worker.recv()
    except (EOFError, OSError):
        raise OutputError(
            f"{job.work.parent}: expected all workers to work to the end, one was killed, perhaps for want "
            "of memory; the same command goes on."
        ) from None
    return message


@contextlib.contextmanager
def _start(job: Job, builder: PartBuilder, n_workers: int) -> Iterator[list[Connection]]:
    """Start workers, and yield their pipes; end them at the end of the block."""
    context = multiprocessing.get_context("fork")
    started: list[tuple[Connection, ForkProcess]] = []
    try:
        with _no_interrupts():
            try:
                for _ in range(n_workers):
                    started.append(_start_one(context, job, builder, [end for end, _ in started]))
            except OSError:
                # The system refuses more, for want of memory or processes. The build itself needs some too,
                # so half of the workers are given back.
                _end(started[(len(started) + 1) // 2 :])
                del started[(len(started) + 1) // 2 :]
        yield [end for end, _ in started]
    finally:
        with _no_interrupts():
            _end(started)


def _start_one(
    context: multiprocessing.context.ForkContext,
    job: Job,
    builder: PartBuilder,
    others: list[Connection],
) -> tuple[Connection, ForkProcess]:
    here, there = context.Pipe()
    with there:
        try:
            args = (os.getpid(), job, builder, there, [*others, here])
            process = context.Process(target=_work, args=args, daemon=True)
            with warnings.catch_warnings():
                # Python warns of forks beside threads, also those that `may_fork` allows.
                warnings.simplefilter("ignore", DeprecationWarning)
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
    """Delay Ctrl-C in this thread until the end of the block.

    A process that is started in the block never gets it: its parent does, and closes the pipe.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, ())
    try:
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _work(
    parent: int, job: Job, builder: PartBuilder, to_parent: Connection, others: list[Connection]
) -> None:
    """Make files until the parent closes the pipe; the main function of a worker."""
    end_with(parent)
    for end in others:  # as long as a copy has them open, their other ends can't notice that they were closed
        end.close()

    def advance(orders: int, events: int) -> None:
        try:
            to_parent.send((orders, events))
        except OSError:
            raise CancelledError from None

    with contextlib.suppress(EOFError, OSError):  # the parent has closed the pipe, or is gone
        while True:
            number = to_parent.recv()
            message: Message
            try:
                message = builder.build(job.files[number], job.work, advance)
                job.receipts.add(message)
            except CancelledError:
                return
            except Exception as error:  # noqa: BLE001  # the parent raises it
                message = _portable(error)
            to_parent.send(message)


def _portable(error: Exception) -> Exception:
    """Add the traceback to an error as a note; replace it by its text if it can't be pickled."""
    error.add_note("".join(traceback.format_exception(error)))
    with contextlib.suppress(Exception):  # an error's own methods may raise anything
        if isinstance(pickle.loads(pickle.dumps(error)), Exception):  # noqa: S301  # just made
            return error
    replacement = RuntimeError(f"{type(error).__name__}: {error}")
    replacement.add_note(error.__notes__[-1])
    return replacement
