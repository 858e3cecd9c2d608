"""Print lines and JSON: the one place where text reaches a terminal.

Names of files, words of a road network's source and the like come from outside. Printed as they are, they
could end a line and forge the next one, or command the terminal; so all but printable characters are escaped.
"""

from __future__ import annotations

import json
import sys
from typing import IO, Any

import click


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
