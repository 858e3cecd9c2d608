"""Change lines of events: each kind of fault that stays within a line is one function."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import polars as pl

from fastgen.faults.draws import whole_numbers
from fastgen.faults.fault import NOISE_BYTES
from fastgen.faults.lines import Lines, copy_parts, find_members, lines_of, repeat_text, splice, wrap

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from fastgen.faults.fault import Fault
    from fastgen.faults.lines import Members

# Bytes that never occur in UTF-8.
NO_UTF8 = b"\xff\xfe\xc0"
# Shortest line that is worth damaging: "{}", and its newline.
_LINE_MIN = 3
_BACKSLASH, _QUOTE, _COMMA = b'\\",'
_DATE, _TIME = "%Y-%m-%d", "%H:%M:%S"
# Bytes of a time to the second, as in ts.
_SECONDS_TEXT = 19
# A byte of UTF-8 that isn't the first of its character is 10xxxxxx.
_LATER_MASK, _LATER = 0xC0, 0x80
_CHARACTER_BYTES = 4


class Change(NamedTuple):
    """Parts of some lines, and what takes their place.

    Attributes
    ----------
    chosen
        int64 (k,), indices of the lines.
    at, after
        int64 (k,), the parts, positions in the whole text.
    new
        The new texts.
    """

    chosen: NDArray[np.int64]
    at: NDArray[np.int64]
    after: NDArray[np.int64]
    new: Lines


def change_lines(fault: Fault, lines: Lines, words: NDArray[np.uint32]) -> Change:
    """Make the change of a fault, for all lines to which it can be applied.

    Parameters
    ----------
    fault
        The fault.
    lines
        The lines that it hits.
    words
        uint32 (n, 4), draws of each.
    """
    if fault.kind in ("malformed", "truncated"):
        return (_damage if fault.kind == "malformed" else _truncate)(lines, words)
    kind = (
        fault.kind
        if fault.kind != "drift"
        else {"retype": "wrong_type"}.get(fault.change or "", fault.change)
    )
    field = "ts" if fault.kind == "skew" else fault.field or ""
    members = find_members(lines, field, in_body=fault.is_of_body)
    return _OF_FIELDS[kind or ""](fault, lines, members)


def _damage(lines: Lines, words: NDArray[np.uint32]) -> Change:
    """Take the first quote or the last brace away: what is left is no JSON."""
    chosen = np.flatnonzero(lines.lengths >= _LINE_MIN)
    first, end = lines.start[:-1][chosen], lines.start[1:][chosen]
    # Both are damage that no reader mends: others, such as a comma too many, are JSON to some.
    is_first = words[chosen, 2] % 2 == 0
    cut = np.where(is_first, first + 1, end - 2)
    return _whole(lines, chosen, cut, cut + 1)


def _truncate(lines: Lines, words: NDArray[np.uint32]) -> Change:
    """Cut a line off after a drawn number of bytes, at least one, between two characters."""
    chosen = np.flatnonzero(lines.lengths >= _LINE_MIN)
    first, end = lines.start[:-1][chosen], lines.start[1:][chosen]
    cut = first + whole_numbers(words[chosen], 1, end - first - 2)
    for _ in range(_CHARACTER_BYTES - 1):
        cut -= (lines.text[cut] & _LATER_MASK == _LATER) & (cut > first + 1)
    return _whole(lines, chosen, cut, end - 1)


def _whole(
    lines: Lines, chosen: NDArray[np.int64], at: NDArray[np.int64], after: NDArray[np.int64]
) -> Change:
    """Take a part of each line away, as a change of the whole line: the ledger has all of it then."""
    old = lines.take(chosen)
    moved = old.start[:-1] - lines.start[:-1][chosen]
    new = splice(old, at + moved, after + moved, repeat_text(b"", len(chosen)))
    return Change(chosen, lines.start[:-1][chosen], lines.start[1:][chosen], new)


def _to_null(_fault: Fault, lines: Lines, members: Members) -> Change:
    chosen = _not_null(lines, members)
    return _replaced(members, chosen, repeat_text(b"null", len(chosen)))


def _to_nothing(_fault: Fault, lines: Lines, members: Members) -> Change:
    """Remove a member with one comma, the one before it if there is one."""
    chosen = np.flatnonzero(members.value >= 0)
    at, after = members.key[chosen].copy(), members.after[chosen].copy()
    follows = lines.text[at - 1] == _COMMA
    at -= follows
    after += ~follows & (lines.text[after] == _COMMA)
    return Change(chosen, at, after, repeat_text(b"", len(chosen)))


def _to_other_type(fault: Fault, lines: Lines, members: Members) -> Change:
    """Turn a number into a text, ts into a date of another form, anything else into a list of it."""
    if fault.field == "ts":
        return _to_other_date(fault, lines, members)
    chosen = _not_null(lines, members)
    values = _values(lines, members, chosen)
    is_number = np.isin(lines.text[members.value[chosen]], np.frombuffer(b"-0123456789", np.uint8))
    quote = _quote(fault)
    new = lines_of(
        pl.select(
            pl.when(pl.Series(is_number))
            .then(wrap(values, quote, quote).series())
            .otherwise(wrap(values, b"[", b"]").series())
        ).to_series()
    )
    return _replaced(members, chosen, new)


def _to_other_date(fault: Fault, lines: Lines, members: Members) -> Change:
    chosen, times = _times(fault, lines, members)
    texts = times.dt.strftime(f'"%d/%m/%Y {_TIME}"')
    return _replaced(members, chosen, lines_of(texts))


def _to_other_time(fault: Fault, lines: Lines, members: Members) -> Change:
    """Move ts by the skew; a time that the wire has no form for stays as it is."""
    chosen, times = _times(fault, lines, members)
    moved = times.dt.offset_by(f"{fault.skew_s}s")
    # The wire has four digits for the year.
    inside = ((moved.dt.year() >= 1970) & (moved.dt.year() <= 9999)).to_numpy()  # noqa: PLR2004  # of the wire
    chosen = chosen[inside]
    texts = moved.filter(pl.Series(inside)).dt.strftime(f"{_DATE} {_TIME}")
    at = members.value[chosen] + 1
    return Change(chosen, at, at + _SECONDS_TEXT, lines_of(texts))


def _times(fault: Fault, lines: Lines, members: Members) -> tuple[NDArray[np.int64], pl.Series]:
    """Read the times to the second of lines whose ts has the wire's form."""
    chosen = _like_text(fault, lines, members)
    chosen = chosen[members.after[chosen] - members.value[chosen] >= _SECONDS_TEXT + 2]
    at = members.value[chosen] + 1
    raw = copy_parts(lines.text, at, at + _SECONDS_TEXT)
    # Polars refuses a cast of bytes that are no UTF-8, such as noise of an earlier fault.
    is_ascii = np.asarray((raw.text.reshape(-1, _SECONDS_TEXT) < _LATER).all(axis=1))
    chosen, texts = chosen[is_ascii], raw.take(is_ascii).series().cast(pl.String)
    times = texts.str.strptime(pl.Datetime("us"), f"{_DATE} {_TIME}", strict=False)
    is_time = times.is_not_null()
    return chosen[is_time.to_numpy()], times.filter(is_time)


def _to_noise(fault: Fault, lines: Lines, members: Members) -> Change:
    """Put bytes that are no UTF-8, or a very long text, at the start of a text."""
    chosen = _like_text(fault, lines, members)
    noise = b"x" * (fault.length or NOISE_BYTES) if fault.form == "long" else NO_UTF8
    values, quote = _values(lines, members, chosen), len(_quote(fault))
    at = values.start[:-1] + quote
    return _replaced(members, chosen, splice(values, at, at, repeat_text(noise, len(chosen))))


def _add(fault: Fault, lines: Lines, members: Members) -> Change:
    """Add a member at the end of an object that has none of that name."""
    chosen = np.flatnonzero((members.value < 0) & (members.close >= 0))
    at = members.close[chosen]
    # Compact, as the wire's own encoders write JSON.
    text = f"{_json(fault.field)}:{_json(fault.value)}".encode()
    if fault.is_of_body:
        text = text.replace(b"\\", b"\\\\").replace(b'"', b'\\"')
    # The bodies of half of the event types are empty objects.
    is_first = lines.text[at - 1] == ord("{")
    new = repeat_text(text, len(chosen))
    commas = Lines(np.full((~is_first).sum(), _COMMA, np.uint8), np.concatenate([[0], np.cumsum(~is_first)]))
    return Change(chosen, at, at, splice(new, new.start[:-1], new.start[:-1], commas))


def _rename(fault: Fault, lines: Lines, members: Members) -> Change:
    """Give a member another name, unless the object has one of that name."""
    # Two members of one name: readers disagree on which one counts.
    taken = find_members(lines, fault.name or "", in_body=fault.is_of_body)
    chosen = np.flatnonzero((members.value >= 0) & (taken.value < 0))
    at = members.key[chosen] + len(_quote(fault))
    name = repeat_text((fault.name or "").encode(), len(chosen))
    return Change(chosen, at, at + len(fault.field or ""), name)


def _replaced(members: Members, chosen: NDArray[np.int64], new: Lines) -> Change:
    return Change(chosen, members.value[chosen], members.after[chosen], new)


def _values(lines: Lines, members: Members, chosen: NDArray[np.int64]) -> Lines:
    return copy_parts(lines.text, members.value[chosen], members.after[chosen])


def _not_null(lines: Lines, members: Members) -> NDArray[np.int64]:
    """Choose the lines that have the member, with a value other than null."""
    # No other value of JSON begins with an n.
    return np.flatnonzero((members.value >= 0) & (lines.text[members.value] != ord("n")))


def _like_text(fault: Fault, lines: Lines, members: Members) -> NDArray[np.int64]:
    """Choose the lines in which the member is a text."""
    first = _quote(fault)[0]
    return np.flatnonzero((members.value >= 0) & (lines.text[members.value] == first))


def _quote(fault: Fault) -> bytes:
    """Return a quote, as it is written where the fault's field is."""
    return b'\\"' if fault.is_of_body else b'"'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


_OF_FIELDS: dict[str, Callable[[Fault, Lines, Members], Change]] = {
    "null": _to_null,
    "missing": _to_nothing,
    "wrong_type": _to_other_type,
    "noise": _to_noise,
    "skew": _to_other_time,
    "add": _add,
    "rename": _rename,
}
