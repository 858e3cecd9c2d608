"""Let faults act on the windows of a producer, and keep its ledger, committed window by window.

A producer that has faults takes these steps for each window: `begin`, then it emits `rows` by writers of
`wrap`, and before it commits, calls `commit`. A window that fails is begun anew by the next call.
"""

from __future__ import annotations

from typing import IO, TYPE_CHECKING

from fastgen.faults.segments import Segments
from fastgen.faults.stream import FaultStream, FaultyWriter
from fastgen.units import US_PER_S
from fastgen.wire.slicer import read_ahead

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

    def begin(
        self, read: Reader, window: tuple[int, int], watermark: int, shift_s: int, *, is_last: bool
    ) -> FaultyWindow:
        """Begin a window.

        Parameters
        ----------
        read
            Reads clean events.
        window
            Its first virtual microsecond, and the one after its last.
        watermark
            That of the producer's state after the window, which rises from window to window.
        shift_s
            Seconds from virtual to simulated time.
        is_last
            Whether no event comes after it, so that it emits what is held back.

        Raises
        ------
        OutputError
            If the folder of the segments can't be made.
        """
        start_us, end_us = window
        if self._begun is not None:
            self._begun.abandon()  # of a window that failed; it would count once a later one is committed
        # Taken away until the commit: after a failure, the rows held back are made again.
        stream, self._stream = self._stream or self._caught_up(read, start_us, shift_s), None
        segment = self._begun = self._segments.begin(watermark)
        chunks = read_ahead(read(start_us, end_us))
        rows = stream.rows(chunks, None if is_last else end_us, segment)
        return FaultyWindow(stream, rows, segment)

    def commit(self, window: FaultyWindow) -> None:
        """Put the ledger's part of a window onto the disk; the producer then replaces its state file."""
        self._segments.end(window.segment)
        self._stream, self._begun = window.stream, None

    def write_ledger(self, path: Path, read: Reader, next_us: int | None, shift_s: int) -> None:
        """Make the whole ledger.

        Parameters
        ----------
        path
            Its file, which is replaced.
        read, shift_s
            As for `begin`.
        next_us
            First virtual microsecond of the next window; None: there is none, and nothing is held back.

        Raises
        ------
        OutputError
            If it can't be written.
        DamageError
            If a segment is damaged.
        """
        stream = self._stream or FaultStream(self._rules, self._encoders, shift_s)
        if self._stream is None and next_us is not None:
            stream = self._caught_up(read, next_us, shift_s)
        self._segments.write_whole(path, stream.pending)

    def _caught_up(self, read: Reader, start_us: int, shift_s: int) -> FaultStream:
        stream = FaultStream(self._rules, self._encoders, shift_s)
        stream.catch_up(read(start_us - self._max_delay_s * US_PER_S, start_us), start_us)
        return stream
