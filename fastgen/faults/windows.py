"""Apply faults to the windows of a producer, and keep their ledger, committed window by window.

A producer that has faults takes these steps for each window: `catch_up`, `begin`, then it emits `rows` by
writers of `wrap`, and before it commits, calls `commit`. A window that fails is caught up and begun anew.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

import polars as pl

from fastgen.faults.apply import ENTRY_SCHEMA
from fastgen.faults.segments import Segments
from fastgen.faults.stream import FaultStream, FaultyWriter
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from fastgen.faults.ledger import LedgerFile
    from fastgen.faults.rules import Rule
    from fastgen.faults.stream import FaultyRows
    from fastgen.wire.formats import Encoders, WireWriter
    from fastgen.wire.rows import WireChunk

    # Reads the events of a window of virtual microseconds, the end excluded.
    Reader = Callable[[int, int], Iterator[WireChunk]]


class FaultyWindow:
    """One window with faults, while it is emitted.

    Attributes
    ----------
    rows
        Its rows, to be read once.
    stream, segment
        Once all rows are written: the rows that are held back, and what the ledger says of the others.
    """

    def __init__(
        self, stream: FaultStream, rows: Iterator[WireChunk | FaultyRows], segment: LedgerFile
    ) -> None:
        self.rows, self.stream, self.segment = rows, stream, segment
        self._n_files = 0

    def wrap(
        self, open_writer: Callable[[IO[bytes]], WireWriter], name_of: Callable[[int], str]
    ) -> Callable[[IO[bytes]], FaultyWriter]:
        """Let a writer of clean chunks write faulty rows too.

        Parameters
        ----------
        open_writer
            Makes a writer for a stream; called once a file.
        name_of
            Names the files of the window, from number 0 on.
        """

        def opened(stream: IO[bytes]) -> FaultyWriter:
            name = name_of(self._n_files)
            self._n_files += 1
            return FaultyWriter(open_writer(stream), name, self.segment)

        return opened


class FaultyWindows:
    """The faults of a producer.

    Parameters
    ----------
    rules
        The rules.
    max_delay_s
        Most seconds by which a row is emitted late.
    encoders
        How rows are encoded.
    folder
        Where the segments of the ledger are.
    """

    def __init__(self, rules: Sequence[Rule], max_delay_s: int, encoders: Encoders, folder: Path) -> None:
        self._rules, self._max_delay_s, self._encoders = rules, max_delay_s, encoders
        self._segments = Segments(folder, rules)
        self._stream: FaultStream | None = None
        self._begun: LedgerFile | None = None

    def recover(self, watermark: int | None) -> None:
        """Remove what was not committed; parameters and errors as `Segments.recover`."""
        self._segments.recover(watermark)

    @property
    def next_us(self) -> int | None:
        """Virtual microsecond at which the next row that is held back is emitted; None: there is none."""
        return None if self._stream is None else self._stream.next_us

    def catch_up(self, read: Reader, from_us: int, shift_s: int, earliest_us: int | None = None) -> None:
        """Find the rows that are held back at a moment, unless they are known.

        Parameters
        ----------
        read
            Reads clean events.
        from_us
            First virtual microsecond of the next window.
        shift_s
            Seconds from virtual to simulated time.
        earliest_us
            No event before it is held back; None: there is no such bound.
        """
        if self._stream is not None:
            return
        first_us = from_us - self._max_delay_s * US_PER_S
        if earliest_us is not None:
            first_us = max(first_us, earliest_us)
        stream = FaultStream(self._rules, self._encoders, shift_s)
        stream.catch_up(read(first_us, from_us), from_us)
        self._stream = stream

    def begin(self, chunks: Iterator[WireChunk], end_us: int | None, reached: int) -> FaultyWindow:
        """Begin a window, once caught up.

        Parameters
        ----------
        chunks
            Its clean events.
        end_us
            The virtual microsecond after its last; None: no event comes after it, so that it emits what is
            held back.
        reached
            Watermark that the window leads to, which no earlier one has led to.

        Raises
        ------
        OutputError
            If the folder of the segments can't be made.
        """
        if self._stream is None:
            raise RuntimeError("expected catch_up before begin")
        if self._begun is not None:
            self._begun.abandon()  # of a window that failed; it would count once a later one is committed
        # Taken away until the commit: after a failure, the rows held back are made again.
        stream, self._stream = self._stream, None
        segment = self._begun = self._segments.begin(reached)
        return FaultyWindow(stream, stream.rows(chunks, end_us, segment), segment)

    def commit(self, window: FaultyWindow) -> None:
        """Put the ledger's part of a window onto the disk; the producer then replaces its state file."""
        self._segments.end(window.segment)
        self._stream, self._begun = window.stream, None

    def write_ledger(self, path: Path) -> None:
        """Make the whole ledger; rows that are held back are in it once caught up.

        Parameters
        ----------
        path
            Its file, which is replaced.

        Raises
        ------
        OutputError
            If it can't be written.
        DamageError
            If a segment is damaged.
        """
        pending = pl.DataFrame(schema=ENTRY_SCHEMA) if self._stream is None else self._stream.pending
        self._segments.write_whole(path, pending)
