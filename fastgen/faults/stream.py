"""Apply faults to the rows of windows, and emit the rows in the order of their emission.

An event is emitted at its own time, or later by the delays of the faults that hit it. The window [a, b) emits
the rows whose moment of emission is in it, ordered by that moment and then as in the clean stream. Delays are
seconds; moments are microseconds, whole seconds where the stream has no fractions. So what is held back at a
is a function of the events of the longest delay before a, from which it is made again after a restart. Memory
is bounded by one chunk and by the rows that are held back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np
import polars as pl

from fastgen.faults.apply import ENTRY_SCHEMA, ROW_ORDER, ROW_SCHEMA, Hits, rows_of
from fastgen.faults.draws import event_keys
from fastgen.faults.lines import lines_of, split_lines
from fastgen.faults.rules import Facts
from fastgen.wire.rows import EVENT_TYPE, LOCATION_ID, WireChunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import Self

    from numpy.typing import NDArray

    from fastgen.faults.ledger import LedgerFile
    from fastgen.faults.lines import Lines
    from fastgen.faults.rules import Rule
    from fastgen.wire.formats import Encoders, WireWriter

# What identifies a row until it has its place in a file.
_KEY = ["rank", "copy"]
# Bytes by which noise may lengthen the lines of one block.
BLOCK_BYTES = 64_000_000


class FaultyRows(NamedTuple):
    """Rows of a window as lines, some of which faults have changed.

    Attributes
    ----------
    lines
        Type Binary, the lines.
    entries
        What the ledger says of them: columns of `ENTRY_SCHEMA`, and `row`, the index of the line.
    """

    lines: pl.Series
    entries: pl.DataFrame

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.lines)

    def cut(self, first: int, last: int) -> Self:
        """Take the rows first..last-1; a last beyond the end means the end."""
        entries = self.entries.filter(pl.col("row").is_between(first, last - 1)).with_columns(
            pl.col("row") - first
        )
        return type(self)(self.lines[first:last], entries)


class FaultyWriter:
    """Writes clean chunks and faulty rows to one file, and records in the ledger where the rows are.

    Parameters
    ----------
    writer
        Writes the file.
    name
        Name of the file, for the ledger.
    ledger
        The ledger, or the part of it that belongs to the window; None: none is kept.
    """

    def __init__(self, writer: WireWriter, name: str, ledger: LedgerFile | None) -> None:
        self._writer, self._name, self._ledger = writer, name, ledger
        self._n_rows = 0

    def write(self, rows: WireChunk | FaultyRows) -> None:
        """Write rows."""
        if isinstance(rows, WireChunk):
            self._writer.write(rows)
        else:
            self._writer.write_lines(lines_of(rows.lines).text.data)
            if self._ledger is not None:
                self._ledger.add(rows.entries, self._name, pl.col("row") + 1 + self._n_rows)
        self._n_rows += rows.n_rows

    def close(self) -> None:
        """Write what is still missing; the stream itself stays open."""
        self._writer.close()


class FaultStream:
    """Faults at work on one stream of windows, and the rows that they hold back.

    Parameters
    ----------
    rules
        The rules.
    encoders, shift_s
        How the rows are encoded.
    """

    def __init__(self, rules: Sequence[Rule], encoders: Encoders, shift_s: int) -> None:
        self._rules, self._encoders, self._shift_s = rules, encoders, shift_s
        self._held, self._entries = pl.DataFrame(schema=ROW_SCHEMA), pl.DataFrame(schema=ENTRY_SCHEMA)
        self._n_seen = 0
        # Noise can make a line two hundred times as long: a whole chunk of such lines would be gigabytes.
        longer = sum(rule.fault.longest_noise for rule in rules)
        self._block_rows = max(1, BLOCK_BYTES // longer) if longer else None

    @property
    def pending(self) -> pl.DataFrame:
        """Entries of the rows that are held back, columns of `ENTRY_SCHEMA`."""
        return self._entries

    @property
    def next_us(self) -> int | None:
        """Virtual microsecond at which the first row that is held back is emitted; None: there is none."""
        return cast("int | None", self._held["emit_us"].min())

    def catch_up(self, chunks: Iterable[WireChunk], start_us: int) -> None:
        """Find the rows that are held back when a window begins.

        Parameters
        ----------
        chunks
            The events from the longest delay before the window on, up to its begin.
        start_us
            Its first virtual microsecond.
        """
        for chunk in self._blocks(chunks):
            facts, ids, rank = self._facts(chunk)
            is_hit = self._is_hit(facts)
            if is_hit.any():
                self._hold(facts, ids, rank, self._moments(chunk), self._lines(chunk), is_hit)
                # What is due before the window was emitted by an earlier run, and is in its segment.
                self._held = self._held.filter(pl.col("emit_us") >= start_us)
                self._entries = self._entries.join(self._held, on=_KEY, how="semi")

    def rows(
        self, chunks: Iterable[WireChunk], end_us: int | None, ledger: LedgerFile | None
    ) -> Iterator[WireChunk | FaultyRows]:
        """Apply the faults to a window.

        Parameters
        ----------
        chunks
            Its events in order; all of a moment are in one chunk.
        end_us
            Its end, which is excluded; None: nothing comes after it, and what is held back is emitted last.
        ledger
            Where entries of lost rows go; those of the others go with the rows. None: no ledger is kept.

        Yields
        ------
        WireChunk or FaultyRows
            The rows to emit, in their order.
        """
        for chunk in self._blocks(chunks):
            facts, ids, rank = self._facts(chunk)
            is_hit, moments_us = self._is_hit(facts), self._moments(chunk)
            last_us = int(moments_us[-1])
            if not is_hit.any() and not (self._held["emit_us"] <= last_us).any():
                yield chunk  # to the ordinary encoder
                continue
            lines = self._lines(chunk)
            lost = self._hold(facts, ids, rank, moments_us, lines, is_hit)
            if ledger is not None:
                ledger.add(lost)
            n = int((~is_hit).sum())
            clean = rows_of(
                moments_us[~is_hit],
                np.zeros(n, np.int64),
                rank[~is_hit],
                np.zeros(n, np.int32),
                lines.take(~is_hit),
            )
            # The next chunk begins at a later moment, so nothing can come before these rows any more.
            rows = self._release(pl.col("emit_us") <= last_us, clean)
            if rows.n_rows:
                yield rows
        rows = self._release(pl.lit(value=True) if end_us is None else pl.col("emit_us") < end_us)
        if rows.n_rows:
            yield rows

    def _blocks(self, chunks: Iterable[WireChunk]) -> Iterator[WireChunk]:
        """Cut chunks to a bounded number of rows, but between two moments only."""
        for chunk in chunks:
            n_rows = self._block_rows or chunk.n_rows
            moments_us, first = self._moments(chunk), 0
            while first < chunk.n_rows:
                last_us = moments_us[min(first + n_rows, chunk.n_rows) - 1]
                last = int(np.searchsorted(moments_us, last_us, "right"))
                yield chunk.cut(first, last)
                first = last

    def _facts(self, chunk: WireChunk) -> tuple[Facts, NDArray[np.uint8], NDArray[np.int64]]:
        """Collect what decides the faults of a chunk, its event ids, and the numbers of its rows."""
        ints = chunk.rows.ints[chunk.order]
        ids = self._encoders.event_ids(chunk.rows, chunk.order)
        rank = np.arange(self._n_seen, self._n_seen + len(ints))
        self._n_seen += len(ints)
        times_us = self._encoders.form.times_us(ints)
        facts = Facts(ints[:, EVENT_TYPE], ints[:, LOCATION_ID], times_us, event_keys(ids))
        return facts, ids, rank

    def _moments(self, chunk: WireChunk) -> NDArray[np.int64]:
        """Find when the rows of a chunk are emitted in the clean stream."""
        if chunk.moments_us is not None:
            return chunk.moments_us
        return self._encoders.form.times_us(chunk.rows.ints[chunk.order])

    def _is_hit(self, facts: Facts) -> NDArray[np.bool_]:
        is_hit = np.zeros(len(facts.keys), bool)
        for rule in self._rules:
            is_hit |= rule.hits(facts)
        return is_hit

    def _lines(self, chunk: WireChunk) -> Lines:
        # Each part is valid until the next one only.
        parts = [bytes(part) for part in self._encoders.lines(chunk.rows, chunk.order, self._shift_s)]
        return split_lines(np.frombuffer(b"".join(parts), np.uint8))

    def _hold(
        self,
        facts: Facts,
        ids: NDArray[np.uint8],
        rank: NDArray[np.int64],
        moments_us: NDArray[np.int64],
        lines: Lines,
        is_hit: NDArray[np.bool_],
    ) -> pl.DataFrame:
        """Apply the rules to the events that are hit, and hold them back; return the entries of lost ones."""
        if not is_hit.any():
            return self._entries.clear()
        hit = facts.take(is_hit), lines.take(is_hit), ids[is_hit], rank[is_hit], moments_us[is_hit]
        hits = Hits.start(*hit)
        hits.apply(self._rules)
        # Rows that aren't late are held back too, until the rest of their chunk is put between them.
        rows, entries = hits.rows(), pl.concat([self._entries.clear(), *hits.entries])
        # In one piece: a stream of many small windows would otherwise split the frames ever further.
        self._held = pl.concat([self._held, rows], rechunk=True)
        self._entries = pl.concat([self._entries, entries.join(rows, on=_KEY, how="semi")], rechunk=True)
        return entries.join(rows, on=_KEY, how="anti")

    def _release(self, is_due: pl.Expr, clean: pl.DataFrame | None = None) -> FaultyRows:
        """Take the rows that are due from those held back, and order them together with clean ones."""
        due = self._held.filter(is_due)
        self._held = self._held.filter(~is_due)
        rows = (due if clean is None else pl.concat([due, clean])).sort(ROW_ORDER).with_row_index("row")
        place = rows.select(pl.col("row").cast(pl.Int64), *_KEY)
        entries = self._entries.join(place, on=_KEY).sort("row", "fault")
        self._entries = self._entries.join(due, on=_KEY, how="anti")
        return FaultyRows(rows["line"], entries)
