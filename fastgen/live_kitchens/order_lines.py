"""Cut bytes into lines of bounded length, whatever comes."""

from __future__ import annotations

from typing import NamedTuple

# An order has some hundred bytes. Nobody can fill the memory with one that has no end.
MAX_LINE_BYTES = 100_000
_MAX_REASON = 500


def reason_of(error: Exception) -> str:
    """Give the words of an error as the reason of a rejected line."""
    reason = str(error)
    # An error names a key that is wrong, which may be as long as the line.
    return reason if len(reason) <= _MAX_REASON else f"{reason[:_MAX_REASON]}..."


class Line(NamedTuple):
    """A line of an input: its number, from 1, and its bytes; None: it was too long."""

    number: int
    data: bytes | None


class LineCutter:
    """Cuts the bytes of one input into lines.

    Parameters
    ----------
    number
        Number of lines that were cut before.
    is_inside_long
        Whether the bytes begin inside of a line that was too long, and was reported.

    Attributes
    ----------
    number, is_inside_long
        The same after the bytes so far.
    rest
        Bytes of a line that hasn't ended.
    """

    def __init__(self, number: int = 0, *, is_inside_long: bool = False) -> None:
        self.number, self.is_inside_long, self.rest = number, is_inside_long, b""

    def cut(self, data: bytes) -> list[Line]:
        """Cut more bytes; blank lines are left out."""
        *whole, self.rest = (self.rest + data).split(b"\n")
        lines = [line for one in whole for line in self._end_line(one)]
        if len(self.rest) > MAX_LINE_BYTES:
            if not self.is_inside_long:
                lines.append(Line(self.number + 1, None))
            self.is_inside_long, self.rest = True, b""
        return lines

    def finish(self) -> list[Line]:
        """Take what is left as the last line, at the end of an input."""
        last, self.rest = self.rest, b""
        return self._end_line(last) if last or self.is_inside_long else []

    def _end_line(self, data: bytes) -> list[Line]:
        self.number += 1
        if self.is_inside_long:
            self.is_inside_long = False
            return []
        if len(data) > MAX_LINE_BYTES:
            return [Line(self.number, None)]
        return [Line(self.number, data)] if data.strip() else []
