"""Find members of JSON objects in lines, and cut and replace parts of lines.

A line is one compact JSON object, whose member `body` is a string with another object in it. Inside that
string each quote and each backslash of the inner object has a backslash before it, and no other character is
escaped (docs/model.md, 7.2): so the inner object is read in place, two bytes for each of these.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.jit import jit, step
from fastgen.kernels.memory import copy_items

if TYPE_CHECKING:
    from numpy.typing import NDArray

QUOTE, BACKSLASH, COLON, COMMA = 34, 92, 58, 44
BRACE, END_BRACE, BRACKET, END_BRACKET = 123, 125, 91, 93
# Columns of the result of `find_members`.
(MEMBER, VALUE, AFTER, CLOSE) = range(4)


@step
def _char(text: NDArray[np.uint8], at: int, inner: int) -> tuple[int, int]:
    """Read a character of JSON text, and the number of its bytes."""
    # The inner text is escaped once: a backslash stands before each of its quotes and backslashes.
    if inner and text[at] == BACKSLASH:
        return np.int64(text[at + 1]), 2
    return np.int64(text[at]), 1


@step
def _end_of_string(text: NDArray[np.uint8], at: int, end: int, inner: int) -> int:
    """Find the end of a string whose opening quote is at `at`; -1 if there is none."""
    at += 1 + inner
    while at < end:
        # Most bytes are neither: a body is a string of hundreds of them.
        if text[at] not in (QUOTE, BACKSLASH):
            at += 1
            continue
        char, width = _char(text, at, inner)
        at += width
        if char == QUOTE:
            return at
        if char == BACKSLASH:  # of the JSON text itself: what follows it doesn't end the string
            if at >= end:
                return -1
            char, width = _char(text, at, inner)
            at += width
    return -1


@step
def _end_of_value(text: NDArray[np.uint8], at: int, end: int, inner: int) -> int:
    """Find the end of a value; -1 if there is none."""
    first, depth = at, 0
    while at < end:
        char, width = _char(text, at, inner)
        if char == QUOTE:
            at = _end_of_string(text, at, end, inner)
            if at < 0 or depth == 0:
                return at
            continue
        # A number or a word ends where the next member or the end of its container begins.
        if depth == 0 and at > first and char in (COMMA, END_BRACE, END_BRACKET):
            return at
        at += width
        if char in (BRACE, BRACKET):
            depth += 1
        elif char in (END_BRACE, END_BRACKET):
            depth -= 1
            if depth <= 0:
                return at if depth == 0 else -1
    return -1


@step
def _is_key(text: NDArray[np.uint8], first: int, last: int, key: NDArray[np.uint8], inner: int) -> bool:
    """Test whether the string first..last-1, with its quotes, is a key."""
    quote = 1 + inner
    if last - first - 2 * quote != len(key):
        return False
    n_same = 0
    while n_same < len(key) and text[first + quote + n_same] == key[n_same]:
        n_same += 1
    return n_same == len(key)


@step
def _member_ends(text: NDArray[np.uint8], at: int, end: int, inner: int) -> tuple[int, int]:
    """Find the ends of key and value of the member at `at`; -1 if it is no whole member."""
    char, _ = _char(text, at, inner)
    key_end = _end_of_string(text, at, end, inner) if char == QUOTE else -1
    if key_end < 0 or text[key_end] != COLON:
        return -1, -1
    value_end = _end_of_value(text, key_end + 1, end, inner)
    # A value is followed by another member or by the end of the object.
    is_whole = value_end > 0 and (value_end == end - 1 or (value_end < end and text[value_end] == COMMA))
    return (key_end, value_end) if is_whole else (-1, -1)


@step
def _find(
    text: NDArray[np.uint8], at: int, end: int, key: NDArray[np.uint8], inner: int
) -> tuple[int, int, int, int]:
    """Find a member of the object at..end-1: key, value, end of the value, closing brace; -1: none."""
    # It is read to its end even if the member comes first: a fault of a field leaves broken lines alone.
    member, value, after = -1, -1, -1
    if end - at < 2 or text[at] != BRACE or text[end - 1] != END_BRACE:
        return -1, -1, -1, -1
    at += 1
    while at < end - 1:
        key_end, value_end = _member_ends(text, at, end, inner)
        if key_end < 0:
            return -1, -1, -1, -1
        if _is_key(text, at, key_end, key, inner):
            member, value, after = at, key_end + 1, value_end
        at = value_end + 1
    return member, value, after, end - 1


@jit
def find_members(
    text: NDArray[np.uint8],
    start: NDArray[np.int64],
    key: NDArray[np.uint8],
    body: NDArray[np.uint8],
    found: NDArray[np.int64],
) -> int:
    """Find a member of each line, or of the object in its body.

    Parameters
    ----------
    text, start
        uint8 and int64 (n + 1,), the lines, each with its newline.
    key
        uint8, the member's key, which needs no escapes.
    body
        uint8, the key of the member whose string has the inner object; empty: look in the line itself.
    found
        Output, int64 (n, 4), positions in the text: the member, its value, the end of the value, and the
        closing brace of the object. -1: there is no such member, or the object is no whole one.

    Returns
    -------
    int
        Number of lines.
    """
    n_lines = len(start) - 1
    for n in range(n_lines):
        first, end = start[n], start[n + 1] - 1
        if len(body) == 0:
            member, value, after, close = _find(text, first, end, key, 0)
        else:
            _, value, after, _ = _find(text, first, end, body, 0)
            if value >= 0 and text[value] == QUOTE:
                member, value, after, close = _find(text, value + 1, after - 1, key, 1)
            else:
                member, value, after, close = -1, -1, -1, -1
        found[n, MEMBER], found[n, VALUE], found[n, AFTER], found[n, CLOSE] = member, value, after, close
    return n_lines


@jit
def copy_spans(
    text: NDArray[np.uint8], first: NDArray[np.int64], start: NDArray[np.int64], out: NDArray[np.uint8]
) -> int:
    """Copy parts of a text one after another.

    Parameters
    ----------
    text
        uint8.
    first
        int64 (n,), where each part begins.
    start
        int64 (n + 1,), where each part begins in the output.
    out
        Output, uint8.

    Returns
    -------
    int
        Number of parts.
    """
    for n in range(len(first)):
        copy_items(text, first[n], out, start[n], start[n + 1] - start[n])
    return len(first)


@jit
def splice_lines(
    text: NDArray[np.uint8],
    start: NDArray[np.int64],
    at: NDArray[np.int64],
    after: NDArray[np.int64],
    new_text: NDArray[np.uint8],
    new_start: NDArray[np.int64],
    out: NDArray[np.uint8],
    out_start: NDArray[np.int64],
) -> int:
    """Replace the part at..after-1 of each line.

    Parameters
    ----------
    text, start
        uint8 and int64 (n + 1,), the lines.
    at, after
        int64 (n,), positions in the text.
    new_text, new_start
        uint8 and int64 (n + 1,), what takes the place of each part.
    out, out_start
        Output, uint8, and int64 (n + 1,), where each line begins in it.

    Returns
    -------
    int
        Number of lines.
    """
    for n in range(len(at)):
        to, head, new = out_start[n], at[n] - start[n], new_start[n + 1] - new_start[n]
        copy_items(text, start[n], out, to, head)
        copy_items(new_text, new_start[n], out, to + head, new)
        copy_items(text, after[n], out, to + head + new, start[n + 1] - after[n])
    return len(at)
