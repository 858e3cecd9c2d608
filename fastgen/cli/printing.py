"""Print lines and JSON: the one place where text reaches a terminal.

Names of files, words of a road network's source and the like come from outside. Printed as they are, they
could end a line and forge the next one, or command the terminal; so all but printable characters are escaped.
"""

from __future__ import annotations

import contextlib
import json
import sys
import warnings
from typing import IO, TYPE_CHECKING, Any

import click

from fastgen.errors import FastgenWarning

if TYPE_CHECKING:
    from collections.abc import Iterator


def say(*lines: str, err: bool = False, file: IO[str] | None = None) -> None:
    """Print lines, each of which stays one line.

    Parameters
    ----------
    lines
        The lines, without their ends.
    err
        Whether to print on stderr rather than on stdout.
    file
        Where to print instead.
    """
    stream = file or (sys.stderr if err else sys.stdout)
    click.echo("\n".join(_encodable(escape(line), stream) for line in lines), file=stream)


@contextlib.contextmanager
def warnings_as_lines() -> Iterator[None]:
    """Print each warning of fastgen's own once, as a line on stderr."""
    said: set[str] = set()
    with warnings.catch_warnings():
        warnings.simplefilter("always", FastgenWarning)
        show = warnings.showwarning

        def show_own(message: Warning | str, category: type[Warning], *place: Any, **options: Any) -> None:
            if not issubclass(category, FastgenWarning):
                show(message, category, *place, **options)
            elif str(message) not in said:
                said.add(str(message))
                say(f"fastgen: {message}", err=True)

        warnings.showwarning = show_own
        yield


def say_json(value: Any) -> None:
    """Print a value as JSON, in which everything but printable characters is escaped as JSON has it."""
    text = json.dumps(value, ensure_ascii=False, indent=2)
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    if not encoding.lower().startswith("utf"):
        text = json.dumps(value, indent=2)
    click.echo("".join(c if c.isprintable() or c == "\n" else _json_escape(c) for c in text))


def escape(text: str) -> str:
    r"""Escape what isn't printable as Python does: \n, \x1b, \u202e.

    Controls, both kinds of line ends, marks that turn the direction of writing, halves of surrogate pairs.
    """
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _encodable(text: str, stream: IO[str] | None) -> str:
    """Escape what a stream's encoding lacks."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[i : i + 4]}" for i in range(0, len(units), 4))
