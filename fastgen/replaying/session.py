"""Run a replay: check the options against the state, emit the windows that are due, move the state on."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from fastgen.dataset.layout import check_no_part, is_part
from fastgen.dataset.opened import OpenDataset, index_of
from fastgen.emitting.emission import check_idle, choose_state_path, emit_window, make_sink, open_sink
from fastgen.errors import ScenarioError
from fastgen.faults.plan import check_ledger_path, load_plan
from fastgen.loading import needed_kernels
from fastgen.paths import hidden_beside
from fastgen.replaying.first_run import check_first_now, first_state, start_clock
from fastgen.replaying.options import Emitted, ReplayOptions
from fastgen.replaying.state import ReplayState, read_replay_state, write_replay_state
from fastgen.replaying.state_checks import (
    Request,
    check_may_be_of,
    check_not_ahead,
    check_not_back,
    check_state,
)
from fastgen.units import US_PER_S
from fastgen.wire.form import WireForm
from fastgen.wire.formats import WRITERS, Encoders
from fastgen.wire.slicer import Slicer, read_ahead

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.emitting.sink import SinkState, Staged
    from fastgen.faults.plan import FaultPlan
    from fastgen.faults.windows import FaultyWindows
    from fastgen.replaying.clock import ReplayClock, Window
    from fastgen.wire.formats import WireWriter
    from fastgen.wire.rows import WireChunk


class ReplaySession:
    """A replay with its state and its sink, which no other process uses meanwhile.

    Use as a context manager: entering takes the locks, checks the options against the state, and releases
    what a killed run has committed.

    Parameters
    ----------
    dataset
        Folder of the dataset, or a dataset that is open.
    to
        Folder in which files appear, or a binary stream.
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
        plan = load_plan(options.faults)
        self._request = Request.of(self._index, options, plan)
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
        self._faults = None if plan is None else self._open_faults(plan)

    def __enter__(self) -> Self:
        """Take the locks, read the state, and finish what a killed run has committed."""
        self._open.enter_context(open_sink(self._sink, self._state_path, self.load))
        # The ledger of a window is written before the window is committed: what no state counts is removed.
        if self._faults is not None:
            self._faults.recover(None if self._state is None else self._state.watermark)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Make the ledger whole, unless the run has failed, and release the locks."""
        with self._open:
            # GeneratorExit: a caller of `follow` has taken as many windows as it wants, and nothing failed.
            if kind is None or kind is GeneratorExit:
                self._write_ledger()

    def check(self, now_us: int, *, has_digest: bool = True, dry_run: bool = False) -> None:
        """Check what a run would refuse before it emits; only the state is read, and nothing is changed.

        Parameters
        ----------
        now_us
            Wall clock, Unix microseconds.
        has_digest
            Whether the digest of the dataset is known. If not, the state may be that of any dataset, and this
            session is for the check alone.
        dry_run
            Whether it is for a dry run, which may look at a replay that is running.

        Raises
        ------
        FastgenError
            As the class.
        """
        if not has_digest:
            self._request = self._request._replace(dataset=None)
        if not dry_run:
            check_idle(self._sink, self._state_path)
        self.load()
        if self._state is None:
            check_first_now(start_clock(self._index, self._request, now_us), now_us)
            return
        if not has_digest:
            check_may_be_of(self._state, self._index, self._state_path)
        self._clock(self._state, now_us)
        if not dry_run:
            check_not_ahead(self._state.clock(self._index), self._state.watermark, now_us, self._options)

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
        self._state = read_replay_state(self._state_path)
        if self._state is None:
            self._sink.check(None, self._state_path)
            # Whatever the time is: start day and speed.
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
        # By the clock of the state: at a new speed, the last run would be at another time.
        if not first_run:
            check_not_ahead(state.clock(self._index), state.watermark, now_us, self._options)
        state = state.with_pace(clock)
        emitted = Emitted(window, clock, first_run, state.watermark, control=self._sink.control_folder)
        if window is None:
            # A new speed counts from now on, even if nothing is due yet.
            if state != self._state and not first_run:
                self._save(state)
            return emitted
        after = replace(state, watermark=window.end_s - 1)
        staged = self._emit_window(state, after, clock, window)
        return replace(
            emitted,
            watermark=after.watermark,
            events=staged.n_rows,
            bytes=staged.n_bytes,
            files=staged.names,
        )

    def _emit_window(
        self, state: ReplayState, after: ReplayState, clock: ReplayClock, window: Window
    ) -> Staged:
        """Emit a window that leads from one state to another."""
        writer, encoders, sink = WRITERS[self._options.format], self._encoders, self._sink

        def open_writer(stream: IO[bytes]) -> WireWriter:
            return writer(stream, encoders, clock.shift_s)

        if self._faults is None:
            rows = read_ahead(self._chunks(state, *window))
            return emit_window(
                sink, rows, open_writer, state.sink, lambda staged: self._save(after.with_sink(staged))
            )
        faults = self._faults
        faults.catch_up(partial(self._chunks_us, state), window.start_s * US_PER_S, clock.shift_s)
        end_us = None if clock.is_over(after.watermark) else window.end_s * US_PER_S
        faulty = faults.begin(read_ahead(self._chunks(state, *window)), end_us, after.watermark)
        first = state.n_files + 1

        def commit(staged: SinkState) -> None:
            # In this order: after a kill, entries without a window are removed, but lost ones stay lost.
            faults.commit(faulty)
            self._save(after.with_sink(staged))

        opened = faulty.wrap(open_writer, lambda number: sink.file_name(first + number))
        return emit_window(sink, faulty.rows, opened, state.sink, commit)

    def _open_faults(self, plan: FaultPlan) -> FaultyWindows:
        """Fit the faults to the dataset; their ledger is kept where the sink's own files are."""
        plan.check_format(self._options.format)
        if self._options.ledger is not None:
            places = (place for _, place in self._sink.locks)
            check_ledger_path(self._options.ledger, *places, self._state_path, Path(plan.source))
        with needed_kernels():
            from fastgen.faults.rules import make_rules  # noqa: PLC0415  # kernels
            from fastgen.faults.windows import FaultyWindows  # noqa: PLC0415  # kernels
        control = self._sink.control_folder
        folder = hidden_beside(self._state_path, ".ledger") if control is None else control / "ledger"
        return FaultyWindows(make_rules(plan, self._index), plan.max_delay_s, self._encoders, folder)

    def _write_ledger(self) -> None:
        """Make the ledger whole, if one is asked for, and anything was emitted."""
        if self._faults is None or self._options.ledger is None or self._state is None:
            return
        state = self._state
        clock = state.clock(self._index)
        if not clock.is_over(state.watermark):
            read, next_us = partial(self._chunks_us, state), (state.watermark + 1) * US_PER_S
            self._faults.catch_up(read, next_us, clock.shift_s)
        self._faults.write_ledger(Path(self._options.ledger))

    def _save(self, state: ReplayState) -> None:
        write_replay_state(self._state_path, state)
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

    def _chunks(self, state: ReplayState, start_s: int, end_s: int) -> Iterator[WireChunk]:
        """Read the events of a window; the reader keeps what the next one needs."""
        # Made late: the first run settles the selection, and a dry run reads no events.
        if self._slicer is None:
            self._slicer = Slicer(self._index, locations=state.locations, types=state.types, loop=state.loop)
        return self._slicer.chunks(start_s, end_s)

    def _chunks_us(self, state: ReplayState, start_us: int, end_us: int) -> Iterator[WireChunk]:
        """Read the events of a window whose bounds are whole seconds in microseconds."""
        return self._chunks(state, start_us // US_PER_S, end_us // US_PER_S)
