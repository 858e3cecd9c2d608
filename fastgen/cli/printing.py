"""Print lines and JSON. All text that commands print goes through this module.

File names, sources of road networks and the like come from outside. Unescaped, they could end a line and
forge the next one, or control the terminal, so all characters that aren't printable are escaped.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from typing import IO, TYPE_CHECKING, Any

import click

from fastgen.errors import FastgenError, FastgenWarning

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path


def say(*lines: str, err: bool = False, file: IO[str] | None = None) -> None:
    """Print lines; each of them stays one line.

    Parameters
    ----------
    lines
        The lines, without line ends.
    err
        Whether to print on stderr instead of stdout.
    file
        Stream to print on instead of either.
    """
    stream = file or (sys.stderr if err else sys.stdout)
    click.echo("\n".join(_encodable(escape(line), stream) for line in lines), file=stream)


def check_each(files: Iterable[Path], describe: Callable[[Path], str]) -> None:
    """Print a line for each file: what is in it, or what is wrong; exit with 2 at the end if any is wrong.

    Parameters
    ----------
    files
        The files.
    describe
        Checks a file and says what is in it; raises FastgenError if it is wrong.
    """
    wrong = False
    for file in files:
        try:
            say(f"{file}: valid: {describe(file)}")
        except FastgenError as error:  # go on: the user wants to know about all files
            wrong = True
            say(f"fastgen: {' '.join(str(error).split())}", err=True)
    if wrong:
        sys.exit(FastgenError.exit_code)


@contextlib.contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Print each `FastgenWarning` once, as a line on stderr."""
    printed: set[str] = set()
    with warnings.catch_warnings():
        # Python's default prints only the first warning of each line of code, whatever its text.
        warnings.simplefilter("always", FastgenWarning)
        show = warnings.showwarning

        def show_own(message: Warning | str, category: type[Warning], *origin: Any, **options: Any) -> None:
            if not issubclass(category, FastgenWarning):
                show(message, category, *origin, **options)
            elif str(message) not in printed:
                printed.add(str(message))
                say(f"fastgen: {message}", err=True)

        warnings.showwarning = show_own
        yield


def say_json(value: Any) -> None:
    """Print a value as JSON; escape characters that aren't printable in JSON's way."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = json.dumps(value, indent=2)  # escapes all but ASCII, which every encoding has
    click.echo("".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in text))


def escape(text: str) -> str:
    r"""Escape characters that aren't printable in Python's way: \n, \x1b, \u202e.

    These are control characters, line ends, marks of writing direction, and halves of surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _encodable(text: str, stream: IO[str] | None) -> str:
    """Escape the characters that a stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _json_escape(character: str) -> str:
    # JSON escapes UTF-16 code units, so a character beyond U+FFFF needs two.
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
