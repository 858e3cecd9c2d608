"""Apply the rules of a plan to the lines of events that they hit, one rule after another."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.faults.changes import change_lines
from fastgen.faults.draws import Purpose, new_ids, whole_numbers
from fastgen.faults.kinds import DELAYING, DROPPING
from fastgen.faults.lines import Lines, copy_parts, find_members, join_lines, splice
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from fastgen.faults.rules import Facts, Rule

# One row for each fault and event. `rank` and `copy` name the row of the stream; the rest is for the ledger.
ENTRY_SCHEMA = pl.Schema(
    {
        "rank": pl.Int64,
        "copy": pl.Int32,
        "fault": pl.Int32,
        "event_id": pl.String,
        "at": pl.Int64,
        "before": pl.Binary,
        "after": pl.Binary,
        "delay_s": pl.Int64,
    }
)
# A row of the stream: its number in the order of the clean stream; 0, or the number of the fault that made it
# as a copy; the virtual microsecond of its emission; its place among those of that microsecond; its line.
ROW_SCHEMA = pl.Schema(
    {
        "emit_us": pl.Int64,
        "place": pl.Int64,
        "rank": pl.Int64,
        "copy": pl.Int32,
        "line": pl.Binary,
    }
)
ROW_ORDER = ["emit_us", "place", "rank", "copy"]


@dataclass
class Hits:
    """Events that are hit by at least one rule, and their copies.

    Attributes
    ----------
    facts
        What decides which rules hit them.
    lines
        Their lines.
    ids
        uint8 (n, 36), the event ids of the clean stream.
    rank
        int64 (n,), their numbers in the order of the clean stream.
    copy
        int32 (n,), 0, or the number of the rule that made it as a copy.
    emit_us, place
        int64 (n,), virtual microsecond of emission, and place in it.
    is_left
        bool (n,), whether they are still in the stream.
    entries
        What was done to them, for the ledger.
    """

    facts: Facts
    lines: Lines
    ids: NDArray[np.uint8]
    rank: NDArray[np.int64]
    copy: NDArray[np.int32]
    emit_us: NDArray[np.int64]
    place: NDArray[np.int64]
    is_left: NDArray[np.bool_]
    entries: list[pl.DataFrame] = field(default_factory=list)

    @classmethod
    def start(
        cls,
        facts: Facts,
        lines: Lines,
        ids: NDArray[np.uint8],
        rank: NDArray[np.int64],
        moments_us: NDArray[np.int64],
    ) -> Hits:
        """Begin with the events as the clean stream has them, emitted at given moments."""
        n = len(rank)
        return cls(
            facts=facts,
            lines=lines,
            ids=ids,
            rank=rank,
            copy=np.zeros(n, np.int32),
            emit_us=moments_us.copy(),
            place=np.zeros(n, np.int64),
            is_left=np.ones(n, bool),
        )

    def apply(self, rules: Sequence[Rule]) -> None:
        """Apply rules, in their order."""
        for rule in rules:
            # Chosen anew here, though all were chosen once: copies have draws of their own.
            hit = rule.hits(self.facts) & self.is_left
            kind = rule.fault.kind
            if kind == "duplicate":
                hit &= self.copy == 0  # else two such faults would make copies of copies
            chosen = np.flatnonzero(hit)
            if not len(chosen):
                continue
            if kind == "duplicate":
                self._add_copies(rule, chosen)
            elif kind in DROPPING:
                self._note(rule, chosen, before=self.lines.take(chosen))
                self.is_left[chosen] = False
            elif kind in DELAYING:
                self._delay(rule, chosen)
            else:
                self._change(rule, chosen)

    def rows(self) -> pl.DataFrame:
        """Give what is left as rows of `ROW_SCHEMA`."""
        frame = rows_of(self.emit_us, self.place, self.rank, self.copy, self.lines)
        return frame.filter(pl.Series(self.is_left))

    def _change(self, rule: Rule, chosen: NDArray[np.int64]) -> None:
        lines = self.lines.take(chosen)
        change = change_lines(rule.fault, lines, rule.words(self.facts.keys[chosen]))
        if not len(change.chosen):
            return
        first = lines.start[:-1][change.chosen]
        hit = chosen[change.chosen]
        before = copy_parts(lines.text, change.at, change.after)
        self._note(rule, hit, before=before, after=change.new, at=change.at - first)
        # All lines are copied, those that don't change too: they get no new text in a part of no bytes.
        at, n_new = self.lines.start[:-1].copy(), np.zeros(len(self.rank), np.int64)
        at[hit] += change.at - first
        after = at.copy()
        after[hit] += change.after - change.at
        n_new[hit] = change.new.lengths
        new = Lines(change.new.text, np.concatenate([[0], np.cumsum(n_new)]))
        self.lines = splice(self.lines, at, after, new)

    def _delay(self, rule: Rule, chosen: NDArray[np.int64]) -> None:
        words, kind = rule.words(self.facts.keys[chosen]), rule.fault.kind
        longest = rule.fault.longest_delay_s
        if kind == "burst":
            seconds = self.facts.seconds[chosen]
            delay = rule.released_s(seconds) - seconds
            # At once: a row of the burst doesn't keep its fraction of a second.
            self.emit_us[chosen] -= self.facts.times_us[chosen] % US_PER_S
        else:
            delay = whole_numbers(words, 0 if kind == "disordered" else 1, longest)
        if kind == "disordered":
            # Without it, those of one moment would keep their order.
            self.place[chosen] = words[:, 3]
        self.emit_us[chosen] += delay * US_PER_S
        self._note(rule, chosen, before=self.lines.take(chosen), delay_s=delay)

    def _add_copies(self, rule: Rule, chosen: NDArray[np.int64]) -> None:
        keys = self.facts.keys[chosen]
        words, longest = rule.words(keys), rule.fault.longest_delay_s
        delay = whole_numbers(words, 1, longest) if longest else np.zeros(len(chosen), np.int64)
        lines = self.lines.take(chosen)
        if rule.fault.id == "new":
            lines = _with_ids(lines, new_ids(rule.words(keys, Purpose.COPY_ID)))
        # With the key of its event, a copy would suffer the same later faults.
        own = rule.words(keys, Purpose.COPY_KEY).astype(np.uint64)
        first = len(self.rank)
        self.facts = self.facts.and_copies(chosen, own[:, 0] << np.uint64(32) | own[:, 1])
        self.lines = join_lines([self.lines, lines])
        self.ids = np.concatenate([self.ids, self.ids[chosen]])
        self.rank = np.append(self.rank, self.rank[chosen])
        self.copy = np.append(self.copy, np.full(len(chosen), rule.number, np.int32))
        self.emit_us = np.append(self.emit_us, self.emit_us[chosen] + delay * US_PER_S)
        self.place = np.append(self.place, self.place[chosen])
        self.is_left = np.append(self.is_left, np.ones(len(chosen), bool))
        copies = np.arange(first, len(self.rank))
        self._note(rule, copies, after=lines, delay_s=delay)

    def _note(
        self,
        rule: Rule,
        chosen: NDArray[np.int64],
        *,
        before: Lines | None = None,
        after: Lines | None = None,
        at: NDArray[np.int64] | None = None,
        delay_s: NDArray[np.int64] | None = None,
    ) -> None:
        """Note what a rule did to some events."""
        n = len(chosen)
        columns = {
            "rank": self.rank[chosen],
            "copy": self.copy[chosen],
            "fault": np.full(n, rule.number, np.int32),
            "event_id": Lines(self.ids[chosen].reshape(-1), np.arange(n + 1) * self.ids.shape[1]).series(),
            "at": at,
            "before": None if before is None else before.series(),
            "after": None if after is None else after.series(),
            "delay_s": delay_s,
        }
        nulls = pl.Series([None]).new_from_index(0, n)
        frame = pl.DataFrame({name: nulls if value is None else value for name, value in columns.items()})
        self.entries.append(frame.cast(ENTRY_SCHEMA))


def rows_of(
    emit_us: NDArray[np.int64],
    place: NDArray[np.int64],
    rank: NDArray[np.int64],
    copy: NDArray[np.int32],
    lines: Lines,
) -> pl.DataFrame:
    """Make rows of `ROW_SCHEMA`."""
    values = (emit_us, place, rank, copy, lines.series())
    return pl.DataFrame(dict(zip(ROW_SCHEMA, values, strict=True)))


def _with_ids(lines: Lines, ids: NDArray[np.uint8]) -> Lines:
    """Give lines other event ids, unless a fault has taken theirs away."""
    members = find_members(lines, "event_id", in_body=False)
    has_id = (members.value >= 0) & (members.after - members.value == ids.shape[1] + 2)
    at = np.where(has_id, members.value + 1, lines.start[:-1])
    lengths = np.where(has_id, ids.shape[1], 0)
    new = Lines(ids[has_id].reshape(-1), np.concatenate([[0], np.cumsum(lengths)]))
    return splice(lines, at, at + lengths, new)
