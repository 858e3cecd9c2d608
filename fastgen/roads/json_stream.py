"""Read JSON as it arrives: the members of an object, the items of a list, one value after another."""

from __future__ import annotations

import codecs
import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# Characters; more than any element of OpenStreetMap, whose database allows 2,000 nodes a way and 255
# characters a tag.
MAX_VALUE = 1 << 22
SHOWN = 60  # characters quoted in an error
_JSON = json.JSONDecoder()
_BLANKS = re.compile(r"[ \t\n\r]*+")
# A decoded number may go on after the text that has arrived: "1e+" gives 1 and leaves two characters.
_MAX_OPEN = len("e+5")


class JsonStream:
    """A JSON text that arrives in chunks; only the unread part of it is kept.

    Parameters
    ----------
    chunks
        Its bytes, in UTF-8, with or without a byte order mark.

    Attributes
    ----------
    start
        Its first characters.
    """

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self._decode = codecs.getincrementaldecoder("utf-8-sig")().decode
        self._text, self._at = "", 0
        self._is_whole = False
        self.start = ""

    def _more(self) -> bool:
        """Wait for the next chunk, and drop what has been read; return False at the end."""
        if self._is_whole:
            return False
        chunk = next(self._chunks, None)
        self._is_whole = chunk is None
        self.start += (chunk or b"")[:SHOWN].decode("utf-8", "replace") if len(self.start) < SHOWN else ""
        self._text = self._text[self._at :] + self._decode(chunk or b"", final=chunk is None)
        self._at = 0
        return not self._is_whole

    def peek(self) -> str:
        """Give the next character after blanks; empty at the end."""
        while True:
            self._at = _BLANKS.match(self._text, self._at).end()  # type: ignore[union-attr]  # matches nothing too
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, wanted: str) -> None:
        """Take a character.

        Raises
        ------
        ValueError
            If the next character is another one.
        """
        if self.peek() != wanted:
            raise ValueError(wanted)
        self._at += 1

    def value(self) -> Any:
        """Take a whole value.

        Raises
        ------
        ValueError
            If it is not JSON, or longer than `MAX_VALUE`.
        OverflowError
            If a number has more digits than Python reads.
        """
        self.peek()
        while True:
            try:
                found, end = _JSON.raw_decode(self._text, self._at)
            except json.JSONDecodeError:
                end = -1
            except ValueError:
                raise OverflowError("a long number") from None
            # A number near the end of what has arrived may go on.
            if end >= 0 and (end + _MAX_OPEN < len(self._text) or self._is_whole):
                self._at = end
                return found
            if len(self._text) - self._at > MAX_VALUE or self._is_whole:
                raise ValueError("no value")
            self._more()

    def members(self) -> Iterator[str]:
        """Yield an object's keys; the caller takes the values."""
        self.take("{")
        while self.peek() != "}":
            key = self.value()
            if not isinstance(key, str):
                raise ValueError("no key")  # noqa: TRY004  # as for every text that is not JSON
            self.take(":")
            yield key
            if self.peek() != "}":
                self.take(",")
        self.take("}")

    def items(self) -> Iterator[Any]:
        """Yield a list's values."""
        self.take("[")
        while self.peek() != "]":
            yield self.value()
            if self.peek() != "]":
                self.take(",")
        self.take("]")

    def end(self) -> None:
        """Check that nothing follows."""
        if self.peek():
            raise ValueError("more")
