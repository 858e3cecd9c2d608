"""Run a replay: check the options against the state, emit the windows that are due, move the state on."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from fastgen.dataset.index import select_ids, select_types
from fastgen.dataset.layout import check_no_part, is_part
from fastgen.dataset.opened import OpenDataset, index_of
from fastgen.emitting.emission import choose_state_path, emit_window, make_sink, open_sink
from fastgen.errors import ScenarioError
from fastgen.replaying.clock import ReplayClock, parse_speed
from fastgen.replaying.first_run import first_state, start_clock
from fastgen.replaying.options import Emitted, ReplayOptions
from fastgen.replaying.state import ReplayState, read_state, write_state
from fastgen.replaying.state_checks import Request, check_not_ahead, check_not_back, check_state
from fastgen.units import US_PER_S
from fastgen.wire.form import WireForm
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.emitting.sink import SinkState
    from fastgen.replaying.clock import Window
    from fastgen.wire.rows import WireChunk


class ReplaySession:
    """A replay that has its state and its sink to itself.

    Use as a context manager: entering takes the locks, checks the options against the state, and releases
    what a killed run has committed.

    Parameters
    ----------
    dataset
        Folder of the dataset, or a dataset that is open.
    to
        Folder that files appear in, or a binary stream.
    state
        State file; None: in the control folder.
    options
        The request.

    Raises
    ------
    FastgenError
        For options that are impossible or contradict the state, a state that can't be used, a folder that
        can't be written to or belongs to another run.
    """

    def __init__(
        self,
        dataset: str | Path | OpenDataset,
        to: str | Path | IO[bytes],
        state: str | Path | None,
        options: ReplayOptions,
    ) -> None:
        self._options = options
        self._index = index_of(dataset)
        self._request = Request(
            dataset=self._index.digest,
            locations=select_ids(self._index, options.locations),
            types=select_types(options.types),
            speed=None if options.speed is None else parse_speed(options.speed),
            options=options,
        )
        self._sink = make_sink(to, options.format, options.max_rows_per_file)
        if isinstance(to, str | Path):
            if is_part(Path(to), self._index.folder):
                folder = self._index.folder
                raise ScenarioError(f"to: expected a place apart from the dataset {folder}, got {to}.")
            check_no_part(Path(to), "to")
        self._state_path = choose_state_path(self._sink, state)
        check_no_part(self._state_path, "state")
        self._state: ReplayState | None = None
        self._slicer: Slicer | None = None
        self._open = ExitStack()
        self._encoders = Encoders(WireForm.canonical(self._index.digest))

    def __enter__(self) -> Self:
        """Take the locks, read the state, and make up for a killed run."""
        self._open.enter_context(open_sink(self._sink, self._state_path, self.load))
        return self

    def __exit__(self, *_: object) -> None:
        """Release the locks."""
        self._open.close()

    def load(self) -> SinkState | None:
        """Read the state and check it against the request and the sink; nothing is changed.

        Returns
        -------
        SinkState or None
            State of the sink; None: there is no state yet.

        Raises
        ------
        FastgenError
            As the class.
        """
        self._state = read_state(self._state_path)
        if self._state is None:
            self._sink.check(None, self._state_path)
            start_clock(self._index, self._request, now_us=0)
            return None
        check_state(self._state, self._request, self._sink, self._state_path)
        return self._state.sink

    def preview(self, now_us: int) -> Emitted:
        """Find the window that is due, and emit nothing; parameters as `emit`."""
        state = self._state or self._first_state(now_us)
        clock = self._clock(state, now_us)
        window = clock.window_due(state.watermark, now_us)
        return Emitted(window, clock, self._state is None, state.watermark, control=self._sink.control_folder)

    def emit(self, now_us: int) -> Emitted:
        """Emit the window that is due.

        Parameters
        ----------
        now_us
            Wall clock, Unix microseconds.

        Raises
        ------
        FastgenError
            If the dataset can't be read or the rows not be written; the window stays due then.
        """
        first_run = self._state is None
        state = self._state or self._first_state(now_us)
        clock = self._clock(state, now_us)
        window = clock.window_due(state.watermark, now_us)
        if not first_run:
            check_not_ahead(state.clock(self._index), state.watermark, now_us, self._options)
        state = replace(
            state,
            speed=str(clock.speed),
            anchor_us=clock.anchor_us,
            anchor_virtual_us=clock.anchor_virtual_us,
        )
        emitted = Emitted(window, clock, first_run, state.watermark, control=self._sink.control_folder)
        if window is None:
            if state != self._state and not first_run:
                self._save(state)
            return emitted
        after = replace(state, watermark=window.end_s - 1)
        writer, shift_s = WRITERS[self._options.format], clock.shift_s
        staged = emit_window(
            self._sink,
            self._chunks(state, window),
            lambda stream: writer(stream, self._encoders, shift_s),
            state.sink,
            commit=lambda sink_state: self._save(after.with_sink(sink_state)),
        )
        return replace(
            emitted,
            watermark=after.watermark,
            events=staged.n_rows,
            bytes=staged.n_bytes,
            files=staged.names,
        )

    def _save(self, state: ReplayState) -> None:
        write_state(self._state_path, state)
        self._state = state

    def _first_state(self, now_us: int) -> ReplayState:
        return first_state(self._index, self._request, self._sink.new_state(), now_us)

    def _clock(self, state: ReplayState, now_us: int) -> ReplayClock:
        """Make the clock of a state, at the speed that is requested."""
        clock, speed = state.clock(self._index), self._request.speed
        if speed is None or speed == clock.speed:
            return clock
        check_not_back(clock, state.watermark, now_us, self._options)
        if clock.position_at(now_us) < state.watermark:
            # The new speed counts from the last second emitted: from an earlier one, the seconds between the
            # two would be due once more.
            clock = replace(clock, anchor_us=now_us, anchor_virtual_us=state.watermark * US_PER_S)
        return clock.rebased(now_us, speed)

    def _chunks(self, state: ReplayState, window: Window) -> Iterator[WireChunk]:
        """Read a window; the reader keeps what the next one needs."""
        if self._slicer is None:
            self._slicer = Slicer(self._index, locations=state.locations, types=state.types, loop=state.loop)
        return read_ahead(self._slicer.chunks(window.start_s, window.end_s))
