"""Run live kitchens: emit all that is due, keep the state, and know when the next batch is due."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from fastgen.dataset.layout import check_no_part
from fastgen.emitting.emission import choose_state_path, make_sink, open_sink
from fastgen.emitting.sink import Staged
from fastgen.errors import ScenarioError
from fastgen.faults.plan import load_plan
from fastgen.generating.unwritten import join_unwritten
from fastgen.live_kitchens.batches import Batches
from fastgen.live_kitchens.beginning import find_kitchens, start_clock
from fastgen.live_kitchens.kitchen import Kitchen, check_same, simulate
from fastgen.live_kitchens.live_faults import open_faults
from fastgen.live_kitchens.options import Batch
from fastgen.live_kitchens.outside import OutsideOrders
from fastgen.live_kitchens.run_files import check_apart, name_files
from fastgen.live_kitchens.state import Counts, LiveState, Totals, read_state, write_state
from fastgen.replaying.options import MAX_ROWS_PER_FILE
from fastgen.replaying.state_checks import shown_faults
from fastgen.units import S_PER_DAY, US_PER_S
from fastgen.wire.form import WireForm
from fastgen.wire.formats import Encoders
from fastgen.wire.slicer import Slicer

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from fastgen.emitting.sink import SinkState
    from fastgen.live_kitchens.config import LiveConfig
    from fastgen.replaying.clock import ReplayClock
from fastgen.live_kitchens.options import LiveOptions


class LiveSession:
    """A live run that has its state and its sink to itself; use it as a context manager.

    Parameters
    ----------
    configs
        The configs, with their files.
    to
        Folder that files appear in, or a binary stream.
    state
        State file; None: in the control folder.
    options
        The other options.
    now_us
        The present time, Unix microseconds.
    announce
        Called with a line before something that takes a while.

    Raises
    ------
    FastgenError
        For configs that are impossible or contradict the state, a state that can't be used, a folder that
        can't be written to or belongs to another run.
    """

    def __init__(
        self,
        configs: Sequence[tuple[Path, LiveConfig]],
        to: str | Path | IO[bytes],
        state: str | Path | None,
        options: LiveOptions,
        now_us: int,
        announce: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._configs, self._options = configs, options
        self._sink = make_sink(to, options.format, MAX_ROWS_PER_FILE)
        if isinstance(to, str | Path):
            check_no_part(Path(to), "to")
        self._state_path = choose_state_path(self._sink, state)
        check_no_part(self._state_path, "state")
        self._plan = load_plan(options.faults)
        if self._plan is not None:
            self._plan.check_format(options.format)
        files = name_files(self._sink, self._state_path)
        check_apart(options, [path for path, _ in configs], files, self._sink)
        # Before routes are computed, which takes a while: what contradicts the state is refused at once.
        self.load()
        self._kitchens = self._make_kitchens(now_us)
        simulations = simulate(self._kitchens, options.roads, announce)
        places = {
            number: kitchen.wire_place(simulations[number].networks[0].hash)
            for number, kitchen in enumerate(self._kitchens, start=1)
        }
        form = WireForm.live(places) if options.wire == "live" else WireForm.live_canonical(places)
        # Ids derive from the kitchens' own keys: the digest of the joined dataset is needed by nobody.
        self._index = join_unwritten(simulations, "live", digest="0" * 64)
        encoders = Encoders(form)
        self._outside = OutsideOrders(simulations, places, form, options, files, announce)
        faults = open_faults(self._plan, self._kitchens, self._index, encoders, files.segments)
        if faults is None and options.ledger is not None:
            raise ScenarioError("ledger: expected faults beside it, got none: a clean stream has no ledger.")
        pending = self._outside.pending
        self._batches = Batches(self._index, encoders, self._sink, options.format, faults, pending)
        self._is_begun = self.is_behind = False
        self._open = ExitStack()

    def __enter__(self) -> Self:
        """Take the locks, read the state, and make up for a killed run."""
        with ExitStack() as opened:
            # The state is loaded again under the lock: another run may have gone on since `__init__`.
            opened.enter_context(open_sink(self._sink, self._state_path, self.load))
            self._batches.recover(None if self._state is None else self._state.watermark_us)
            max_delay_s = 0 if self._plan is None else self._plan.max_delay_s
            self._outside.open(self._state, self._index.tail_s, max_delay_s)
            self._open = opened.pop_all()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Make the ledger whole, unless the run has failed, and release the locks."""
        with self._open:
            # GeneratorExit: the caller has taken all the batches that it wants.
            if self._options.ledger is not None and (kind is None or kind is GeneratorExit):
                self._write_ledger(Path(self._options.ledger))

    def load(self) -> SinkState | None:
        """Read the state and check it against the configs and the sink; nothing is changed.

        Returns
        -------
        SinkState or None
            State of the sink; None: there is no state yet.

        Raises
        ------
        FastgenError
            As the class.
        """
        self._state = state = read_state(self._state_path)
        self._sink.check(None if state is None else state.sink, self._state_path)
        if state is None:
            return None
        check_same(state.kitchens, self._configs, self._state_path)
        if state.wire != self._options.wire:
            raise ScenarioError(
                f"wire: expected {state.wire}, as the run in {self._state_path} began, got "
                f"{self._options.wire}. Start another run in another folder."
            )
        digest = None if self._plan is None else self._plan.digest
        if state.faults != digest:
            raise ScenarioError(
                f"faults: expected {shown_faults(state.faults)}, as the run in {self._state_path} began, got "
                f"{shown_faults(digest)}. Name those, or start another run in another folder."
            )
        return state.sink

    def _make_kitchens(self, now_us: int) -> tuple[Kitchen, ...]:
        """Take the kitchens of the state, or find the places of those that begin now."""
        if self._state is not None:
            return tuple(check_same(self._state.kitchens, self._configs, self._state_path))
        return find_kitchens(self._configs, self._options.geocoder, now_us)

    def emit(self, now_us: int) -> Batch:
        """Emit what is due: all history, or all that is skipped, and else at most one step.

        Parameters
        ----------
        now_us
            The present time, Unix microseconds.

        Raises
        ------
        FastgenError
            If the rows can't be made or written; they stay due then.
        """
        is_first, state = self._state is None, self._state or self._first_state(now_us)
        # The system's clock may have been set back: what was emitted doesn't become due again.
        clock, end_us = state.clock, max(state.clock.virtual_us(now_us), state.watermark_us)
        # History is one batch, whatever a batch may have.
        self._sink.max_rows = MAX_ROWS_PER_FILE if is_first else self.batch_rows
        self._batches.catch_up(state.watermark_us, state.skipped_to_us)
        # Only the first batch of a run skips: what falls due while it is at work is always written.
        skips = self._options.skip and not is_first and not self._is_begun and end_us > state.watermark_us
        due_us = end_us
        if not is_first and not skips:
            end_us = self._batches.end_of_step(self.batch_rows, state.watermark_us, due_us)
        self.is_behind = end_us < due_us
        after = replace(state, kitchens=self._kitchens, watermark_us=end_us)
        if skips:
            after = replace(after, skipped_to_us=end_us)
        self._is_begun = True

        def commit(sink: SinkState, counts: Counts) -> None:
            self._save(replace(after, sink=sink), counts, now_us)

        staged = Staged((), 0, 0)
        next_us = self._batches.held_us if skips else self._batches.next_us(state.watermark_us)
        if next_us is None or (next_us >= end_us and not skips):
            commit(state.sink._replace(pending=()), Counts())
        elif skips:
            staged = self._batches.emit_held(end_us, state.sink, commit)
        else:
            staged = self._batches.emit(state.watermark_us, end_us, state.sink, commit)
        totals = after.totals if self._state is None else self._state.totals
        return Batch(
            clock=clock,
            is_history=is_first,
            watermark_us=end_us,
            now_us=now_us,
            events=staged.n_rows,
            bytes=staged.n_bytes,
            files=staged.names,
            orders_open=totals.created - totals.delivered,
            control=self._sink.control_folder,
        )

    def preview(self, now_us: int) -> tuple[ReplayClock, bool, int, int, float]:
        """Find what is due; see `run.Due`."""
        state = self._state or self._first_state(now_us)
        end_us = max(state.clock.virtual_us(now_us), state.watermark_us)
        bounds = (state.watermark_us // US_PER_S, end_us // US_PER_S)
        events = Slicer(self._index).expected_rows(*bounds) if bounds[0] < bounds[1] else 0.0
        return state.clock, self._state is None, state.watermark_us, end_us, events

    @property
    def takes_orders(self) -> bool:
        """Whether orders may come from outside."""
        return self._outside.takes_orders

    def take_orders(self, now_us: int) -> bool:
        """Take some orders that have come from outside; say whether there were any lines.

        Parameters as `emit`.

        Raises
        ------
        FastgenError
            If they can't be read or kept.
        """
        state = self._state
        if state is None:  # the clock begins with the history
            return False
        return self._outside.take(max(state.clock.virtual_us(now_us), state.watermark_us), now_us)

    @property
    def batch_rows(self) -> int:
        """Events of a batch, at most: of several configs the smallest number."""
        return min(kitchen.config.batch_rows for kitchen in self._kitchens)

    def next_due_us(self) -> int | None:
        """Compute when the next batch is due, Unix microseconds: None after the last event.

        It is due when it is full, or when its first event has waited for the batch seconds of the configs.
        """
        state = self._state
        if state is None:
            return 0
        first_us = self._batches.next_us(state.watermark_us)
        last_us = self._batches.time_of(self.batch_rows - 1, state.watermark_us)
        if first_us is None:
            # Until the last day is over, orders may still come from outside.
            end_us = (self._index.epoch_s + self._index.days * S_PER_DAY) * US_PER_S
            is_open = self.takes_orders and state.watermark_us < end_us
            return state.clock.real_us_of(end_us) if is_open else None
        wait_us = round(min(kitchen.config.batch_seconds for kitchen in self._kitchens) * US_PER_S)
        due_us = state.clock.real_us_of(first_us) + wait_us
        # An event is in the batch if its microsecond is over.
        return due_us if last_us is None else min(due_us, state.clock.real_us_of(last_us + 1))

    def _first_state(self, now_us: int) -> LiveState:
        clock = start_clock(self._index, self._kitchens, now_us)
        return LiveState(
            kitchens=self._kitchens,
            wire=self._options.wire,
            clock=clock,
            watermark_us=clock.first_s * US_PER_S,
            sink=self._sink.new_state(),
            totals=Totals(mark_us=now_us),
            faults=None if self._plan is None else self._plan.digest,
        )

    def _write_ledger(self, path: Path) -> None:
        state = self._state
        if state is not None:
            self._batches.catch_up(state.watermark_us, state.skipped_to_us)
            self._batches.write_ledger(path)

    def _save(self, state: LiveState, counts: Counts, now_us: int) -> None:
        totals = state.totals.after(counts, now_us)
        state = replace(state, totals=totals, orders_bytes=self._outside.n_bytes)
        write_state(self._state_path, state)
        # After the file: if that can't be written, the batch is still due, and so are orders from outside.
        self._state = state
        self._outside.drop(state.watermark_us)
