"""One replay at work: settings held against the state, windows emitted, the state moved on."""

from __future__ import annotations

import os
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from fastgen.dataset.index import DatasetIndex, read_index, select_ids, select_types
from fastgen.dataset.layout import check_no_part, is_part
from fastgen.emitting.folder import FolderSink
from fastgen.emitting.lock import hold_lock
from fastgen.errors import ScenarioError
from fastgen.files import NAME_MAX, check_file, hidden_beside
from fastgen.replaying.clock import YEAR_10000_US, ReplayClock, parse_speed
from fastgen.replaying.options import SPEED, START_DAY, Emitted, ReplayOptions
from fastgen.replaying.state import ReplayState, read_state, write_state
from fastgen.replaying.state_checks import (
    STREAM_NAME,
    Request,
    check_not_ahead,
    check_not_back,
    check_state,
    check_untouched,
)
from fastgen.units import US_PER_S
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from fastgen.wire.slicer import Chunk


class ReplaySession:
    """A replay that has its state and its folder to itself.

    Use as a context manager; entering takes the lock, finishes what a killed run has committed, and checks
    the options against the state.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    to
        Folder that files appear in, or a binary stream.
    state
        State file; None: in the folder.
    options
        What is asked for.

    Raises
    ------
    FastgenError
        For options that are impossible or contradict the state, a state that can't be used, a folder that
        can't be written to or belongs to another replay.
    """

    def __init__(
        self,
        dataset: str | Path,
        to: str | Path | IO[bytes],
        state: str | Path | None,
        options: ReplayOptions,
    ) -> None:
        if options.format not in WRITERS or options.format == "csv":
            raise ScenarioError(f"format: expected jsonl, jsonl.gz or parquet, got {options.format!r}.")
        if options.max_rows_per_file < 1:
            raise ScenarioError(f"max_rows_per_file: expected at least 1, got {options.max_rows_per_file}.")
        self.options = options
        self.index: DatasetIndex = read_index(dataset)
        self._locations = select_ids(self.index, options.locations)
        self._types = select_types(options.types)
        self._speed = None if options.speed is None else parse_speed(options.speed)
        self._sink: FolderSink | None = None
        self._stream: IO[bytes] | None = None
        if isinstance(to, str | Path):
            self._sink = FolderSink(to, options.format, options.max_rows_per_file)
            if is_part(self._sink.folder, Path(dataset)):
                raise ScenarioError(f"to: expected a place apart from the dataset {dataset}, got {to}.")
            check_no_part(self._sink.folder, "to")
        else:
            self._stream = to
        if state is None and self._sink is None:
            raise ScenarioError("state: expected a state file, which a stream can't hold, got none.")
        self.state_path = self._default_state() if state is None else check_file(state, "state")
        check_no_part(self.state_path, "state")
        self.state: ReplayState | None = None
        self._open = ExitStack()
        self._slicer: Slicer | None = None
        self._encoders = Encoders(self.index.digest)

    @property
    def _control(self) -> Path | None:
        return None if self._sink is None else self._sink.control.path

    def _default_state(self) -> Path:
        assert self._sink is not None  # noqa: S101  # the caller has seen to it
        return self._sink.control.state

    def __enter__(self) -> Self:
        """Take the lock and take up the state."""
        try:
            if not any(os.path.lexists(lock) for lock, _ in self._locks()):
                self.look()  # nobody is at work, and what is refused leaves nothing
            for lock, what in self._locks():
                self._open.enter_context(hold_lock(lock, what))
            if self._sink is not None:
                self._sink.prepare()
            self.look()
            if self._sink is not None:
                self._recover(self._sink)
        except BaseException:
            self._open.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the lock."""
        self._open.close()

    def _locks(self) -> Iterator[tuple[Path, Path]]:
        """List the files to lock, and what each stands for."""
        if self._sink is None or self.state_path != self._default_state():
            lock = self.state_path.with_name(f"{self.state_path.name}.lock")
            if len(os.fsencode(lock.name)) > NAME_MAX:
                lock = hidden_beside(self.state_path, ".lock")
            yield lock, self.state_path
        if self._sink is not None:
            yield self._sink.control.lock, self._sink.folder

    def look(self) -> None:
        """Read the state and hold the options against it, changing nothing."""
        self.state = read_state(self.state_path)
        if self.state is not None:
            asked = Request(self.index.digest, self._locations, self._types, self._speed, self.options)
            check_state(self.state, asked, self._sink, self.state_path)
            return
        if self._sink is not None:
            check_untouched(self._sink, self.state_path)
        self._first_clock(0, None)

    def _recover(self, sink: FolderSink) -> None:
        if self.state is not None:
            sink.publish(self.state.pending, self.state.folder_id)
        sink.clean()

    def preview(self, now_us: int) -> Emitted:
        """Say which window is due, and emit nothing."""
        state = self.state or self._first_state(now_us)
        clock = self._clock(state, now_us)
        window = clock.window_due(state.watermark, now_us)
        return Emitted(window, clock, self.state is None, state.watermark, control=self._control)

    def emit(self, now_us: int) -> Emitted:
        """Emit the window that is due.

        Parameters
        ----------
        now_us
            Wall clock, Unix microseconds.

        Raises
        ------
        FastgenError
            If the dataset can't be read or the files not be written; the window stays due then.
        """
        first_run = self.state is None
        state = self.state or self._first_state(now_us)
        clock = self._clock(state, now_us)
        window = clock.window_due(state.watermark, now_us)
        if not first_run:
            check_not_ahead(state.clock(self.index), state.watermark, now_us, self.options)
        state = replace(
            state,
            speed=str(clock.speed),
            anchor_us=clock.anchor_us,
            anchor_virtual_us=clock.anchor_virtual_us,
        )
        if window is None:
            if state != self.state and not first_run:
                write_state(self.state_path, state)
                self.state = state
            return Emitted(None, clock, first_run, state.watermark, control=self._control)
        chunks = read_ahead(self._slice(state).chunks(window.start_s, window.end_s))
        state = replace(state, watermark=window.end_s - 1, pending=())
        emitted = Emitted(window, clock, first_run, state.watermark, control=self._control)
        if self._sink is None:
            return self._emit_to_stream(chunks, state, emitted)
        return self._emit_to_folder(self._sink, chunks, state, emitted)

    def _emit_to_folder(
        self, sink: FolderSink, chunks: Iterable[Chunk], state: ReplayState, emitted: Emitted
    ) -> Emitted:
        make, shift_s = WRITERS[self.options.format], emitted.clock.shift_s
        staged = sink.stage(chunks, state.n_files + 1, lambda stream: make(stream, self._encoders, shift_s))
        names = tuple(staged.names)
        self.state = replace(state, n_files=state.n_files + len(names), pending=names)
        write_state(self.state_path, self.state)
        sink.publish(names, state.folder_id)
        return replace(emitted, events=staged.n_rows, bytes=staged.n_bytes, files=names)

    def _emit_to_stream(self, chunks: Iterable[Chunk], state: ReplayState, emitted: Emitted) -> Emitted:
        """Write to the stream first, then move the state on: killed in between, the window comes again."""
        assert self._stream is not None  # noqa: S101  # there is a sink or a stream
        writer = WRITERS[self.options.format](self._stream, self._encoders, emitted.clock.shift_s)
        events = 0
        for chunk in chunks:
            writer.write(chunk.rows, chunk.order)
            events += len(chunk.order)
        writer.close()
        self._stream.flush()
        write_state(self.state_path, state)
        self.state = state
        return replace(emitted, events=events)

    def _clock(self, state: ReplayState, now_us: int) -> ReplayClock:
        clock = state.clock(self.index)
        if self._speed is None or self._speed == clock.speed:
            return clock
        check_not_back(clock, state.watermark, now_us, self.options)
        if clock.position_at(now_us) < state.watermark:
            # From the last second emitted: reckoned from an earlier one, all since would be due once more.
            clock = replace(clock, anchor_us=now_us, anchor_virtual_us=state.watermark * US_PER_S)
        return clock.rebased(now_us, self._speed)

    def _slice(self, state: ReplayState) -> Slicer:
        if self._slicer is None:
            self._slicer = Slicer(self.index, locations=state.locations, types=state.types, loop=state.loop)
        return self._slicer

    def _first_clock(self, now_us: int, last_event_s: int | None) -> ReplayClock:
        options, index = self.options, self.index
        return ReplayClock.start(
            epoch_s=index.epoch_s,
            days=index.days,
            start_day=min(START_DAY, index.days - 1) if options.start_day is None else options.start_day,
            now_us=now_us,
            speed=parse_speed(SPEED) if self._speed is None else self._speed,
            loop=True if options.loop is None else options.loop,
            first_s=index.first_s,
            last_event_s=last_event_s,
        )

    def _first_state(self, now_us: int) -> ReplayState:
        index, last = self.index, None
        if self.options.loop is False:
            last = Slicer(index, locations=self._locations).last_event_s()
            last = index.first_s - 1 if last is None else last
        clock = self._first_clock(now_us, last)
        if not (0 <= now_us < YEAR_10000_US and clock.first_s + clock.shift_s >= 0):
            raise ScenarioError(
                f"now: expected a time of the years 1970 to 9999, at least {clock.start_day} days after 1970 "
                "began, for the first event falls so long before it. Set the clock, or name it with --now."
            )
        return ReplayState(
            dataset=index.digest,
            folder_id=STREAM_NAME if self._sink is None else self._sink.new_name(),
            start_day=clock.start_day,
            sim_start_us=now_us,
            speed=str(clock.speed),
            loop=clock.loop,
            last_event_s=last,
            anchor_us=clock.anchor_us,
            anchor_virtual_us=clock.anchor_virtual_us,
            locations=self._locations,
            types=self._types,
            watermark=clock.first_s - 1,
            n_files=0,
            pending=(),
        )
