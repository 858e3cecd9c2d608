"""Judge what a reader makes of an input: a value, the same again, or one line that says what is wrong."""

from __future__ import annotations

import contextlib
import io
import resource
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

import click

from fastgen.cli import _fail
from fastgen.errors import FastgenError
from tests.fuzzing.material import prepare, scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hypothesis.strategies import SearchStrategy

MEMORY_BYTES = 2 << 30
# Of the processor, which a busy machine doesn't change; the clock on the wall finds who waits for ever.
CPU_S, WALL_S = 10.0, 60.0
# What a message may quote of a file is not the whole of it.
MAX_LINE = 2100
_STATM = Path("/proc/self/statm")


class Target(NamedTuple):
    """A reader of bytes from outside.

    Attributes
    ----------
    name
        Its name, and that of its folder of inputs.
    read
        Reads an input, in a folder that it may write to, and returns what can be compared; asserts that
        what it writes of it is read as the same again.
    seeds
        Inputs that are made rather than kept as files.
    mutated
        Strategy that changes them.
    examples
        How many inputs the everyday run tries, and a round of `make fuzz`.
    """

    name: str
    read: Callable[[bytes, Path], object]
    seeds: Callable[[], list[bytes]]
    mutated: Callable[[list[bytes]], SearchStrategy[bytes]]
    examples: int


def check(target: Target, data: bytes) -> None:
    """Read an input twice.

    Raises
    ------
    AssertionError
        If it comes to another end than a value or one line, to a different one the second time, or takes too
        long.
    """
    prepare()
    with bounded():
        first, second = _outcome(target, data), _outcome(target, data)
    assert first == second, "the same bytes, read twice, gave different values"


def _outcome(target: Target, data: bytes) -> object:
    folder = scratch() / "read"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    try:
        return target.read(data, folder)
    except FastgenError as error:
        return _printed(str(error), error.exit_code)
    except click.UsageError as error:
        return _printed(error.format_message(), error.exit_code)


def _printed(message: str, code: int) -> str:
    """Return what the command line prints of an error."""
    stderr = io.StringIO()
    with contextlib.redirect_stderr(stderr), contextlib.suppress(SystemExit):
        _fail(message, code)
    line = stderr.getvalue().removesuffix("\n")
    assert line.isprintable(), f"not one line of printable characters: {line!r}"
    assert len(line) <= MAX_LINE, f"a line of {len(line)} characters: {line[:200]}..."
    return line


@contextlib.contextmanager
def bounded() -> Iterator[None]:
    """Bound the time of this block, and the memory that it takes on top of what the process has."""
    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    before = {kind: signal.signal(kind, _too_long) for kind in (signal.SIGPROF, signal.SIGALRM)}
    if _STATM.exists():  # Linux; elsewhere time is bounded alone
        used = int(_STATM.read_text(encoding="ascii").split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + MEMORY_BYTES, hard))
    signal.setitimer(signal.ITIMER_PROF, CPU_S)
    signal.setitimer(signal.ITIMER_REAL, WALL_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.setitimer(signal.ITIMER_REAL, 0)
        for kind, handler in before.items():
            signal.signal(kind, handler)
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))


def _too_long(kind: int, _: object) -> NoReturn:
    bound = f"{CPU_S:g} s of processor" if kind == signal.SIGPROF else f"{WALL_S:g} s"
    raise AssertionError(f"more than {bound} for one input")
