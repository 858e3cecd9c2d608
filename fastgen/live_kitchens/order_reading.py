"""Define what is read of an input of orders at once, and how far the input is taken with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol, Self

from fastgen.files import open_regular
from fastgen.live_kitchens.order_lines import LineCutter

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.order_lines import Line

# Bytes that are read at once: also a bound of the orders that are taken at once.
READ_BYTES = 32_768
DONE = -1
# How files begin that people drop in place of JSON lines. Each of their lines would be rejected.
_OTHER_FORMS = {
    b"\x1f\x8b": "gzip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"PK\x03\x04": "a zip archive",
    b"PAR1": "Parquet",
    b"\xff\xfe": "UTF-16",  # what Windows PowerShell writes with `>`
    b"\xfe\xff": "UTF-16",
}


class Position(NamedTuple):
    """How far a file was taken.

    Attributes
    ----------
    offset
        Bytes that were taken; `DONE`: all, and for good.
    number
        Lines that were taken.
    is_inside_long
        Whether the next byte belongs to a line that was too long, and was rejected.
    is_refused
        Whether the file couldn't be read from there, and was rejected.
    """

    offset: int = 0
    number: int = 0
    is_inside_long: bool = False
    is_refused: bool = False

    @classmethod
    def after(cls, cutter: LineCutter, offset: int) -> Self:
        """Make the position behind the whole lines of a file that was read up to an offset."""
        return cls(offset - len(cutter.rest), cutter.number, cutter.is_inside_long)

    def cutter(self) -> LineCutter:
        """Make the cutter that goes on from here."""
        return LineCutter(self.number, is_inside_long=self.is_inside_long)


Positions = dict[str, Position]


class Reading(NamedTuple):
    """Lines that were read at once, or the reason why none can be.

    Attributes
    ----------
    source
        Name of the file; "-" is the standard input.
    lines
        The lines.
    positions
        How far files are taken with them.
    refusal
        Why the file can't be read; None: it can.
    """

    source: str
    lines: list[Line]
    positions: Positions
    refusal: str | None = None


class OrderInput(Protocol):
    """An input of orders."""

    def read(self, now_us: int, /) -> Reading | None:
        """Read some lines that are there, without waiting; None: there is nothing new.

        Parameters
        ----------
        now_us
            The present by the system's clock, Unix microseconds.
        """


def read_at(path: Path, offset: int) -> bytes:
    """Read the next bytes of a file; errors as `open_regular`."""
    with open_regular(path) as file:
        file.seek(offset)
        return file.read(READ_BYTES)


def refuse_other_form(begin: bytes) -> str | None:
    """Say why a file that begins so can't be JSON lines; None: it may be."""
    found = next((form for magic, form in _OTHER_FORMS.items() if begin.startswith(magic)), None)
    # JSON writes a null character as \u0000.
    if found is None and b"\0" in begin.partition(b"\n")[0]:
        found = "binary data"
    return None if found is None else f"expected JSON lines in UTF-8, got {found}."
