"""Watch a folder step by step, and keep the messages of the last steps for pages that read slowly."""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING

from fastgen.watching.messages import Observed, Pace, encode, tell_all, tell_changes
from fastgen.watching.stream import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from fastgen.watching.folder import Folder
    from fastgen.watching.places import Known

# Longest that a step reads, so that pages hear of a stream that never pauses, and Ctrl-C isn't kept waiting.
STEP_S = 0.2
# A page that reads slower than this many messages, or bytes of them, gets all anew.
KEPT, KEPT_BYTES = 60, 16 << 20
# Real seconds over which rates are measured; they reach over several files of a usual stream.
RATE_S = 20.0
# A message comes at least so often, since pages show how long it has been quiet.
SILENT_S = 1.0
PACE_S = 2.0


class Watch:
    """A folder that is watched; its methods may be called from any thread.

    Parameters
    ----------
    folder
        The folder.
    known
        What is known of its places; see `Stream`.
    late_after_s
        Seconds after its creation from which an open order counts as late.
    measure_pace
        Says how the stream keeps up, from what its writer leaves beside the folder; None: it doesn't.

    Attributes
    ----------
    version
        Number of the last message.
    """

    def __init__(
        self,
        folder: Folder,
        known: Mapping[str, Known] | None = None,
        late_after_s: float = 2700.0,
        measure_pace: Callable[[], Pace | None] = lambda: None,
    ) -> None:
        self.version = 0
        self._folder, self._known, self._late_after_s = folder, known or {}, late_after_s
        self._measure_pace = measure_pace
        self._lock = threading.Lock()
        self._stream = Stream(self._known)
        self._is_reading, self._n_told = True, 0
        self._pace: Pace | None = None
        self._paced_at = self._told_at = -SILENT_S
        self._heard_at = time.monotonic()
        # Moments with the number of events and the time of the stream at them.
        self._marks: deque[tuple[float, int, float | None]] = deque([(self._heard_at, 0, None)])
        self._kept: deque[tuple[int, bytes]] = deque()
        self._all: tuple[int, bytes] | None = None

    @property
    def is_behind(self) -> bool:
        """Whether files wait to be read."""
        return self._folder.is_behind

    def step(self) -> list[str]:
        """Read what is new, and make a message of it; return what was wrong with files."""
        self._folder.look()
        begun, before, n_troubles = time.monotonic(), self._stream.n_events, self._folder.n_troubles
        while time.monotonic() - begun < STEP_S and (rows := self._folder.read()) is not None:
            with self._lock:
                self._stream.take(rows)
        with self._lock:
            self._stream.prune()
            now, is_restarted = time.monotonic(), self._folder.has_restarted
            if is_restarted:
                self._folder.has_restarted = False
                self._begin_anew()
            has_news = self._stream.n_events != before or is_restarted
            self._note(now, has_news=has_news)
            if has_news or now - self._told_at >= SILENT_S:
                self._tell(now)
            if is_restarted:
                # A page must not put the orders of two streams together.
                self._kept.clear()
        new = self._folder.n_troubles - n_troubles
        return list(self._folder.troubles)[-new:] if new else []

    def tell_all(self) -> tuple[int, bytes]:
        """Give the message of all that there is, and its version."""
        with self._lock:
            now = time.monotonic()
            # A message of the changes first: they are in what follows, and must not be told once more.
            if self._stream.n_events != self._n_told:
                self._tell(now)
            if self._all is None or self._all[0] != self.version:
                message = tell_all(self._stream, self._observe(now), self._late_after_s)
                self._all = (self.version, encode(message))
            return self._all

    def tell_since(self, version: int) -> list[bytes] | None:
        """Give the messages after a version; None: they are no longer kept."""
        with self._lock:
            if version == self.version:
                return []
            if not self._kept or self._kept[0][0] > version + 1:
                return None
            return [message for number, message in self._kept if number > version]

    def _begin_anew(self) -> None:
        self._stream = Stream(self._known)
        self._is_reading, self._n_told = True, 0

    def _note(self, now: float, *, has_news: bool) -> None:
        """Keep what rates are measured by."""
        if has_news:
            self._heard_at = now
        if self._is_reading:
            # What was there before doesn't count as a rate.
            self._marks.clear()
            self._is_reading = self._folder.is_behind
        self._marks.append((now, self._stream.n_events, self._stream.clock.newest))
        while len(self._marks) > 2 and self._marks[1][0] <= now - RATE_S:  # noqa: PLR2004  # the first and the last
            self._marks.popleft()
        if now - self._paced_at >= PACE_S:
            self._paced_at, self._pace = now, self._measure_pace()

    def _tell(self, now: float) -> None:
        self.version += 1
        self._told_at, self._n_told = now, self._stream.n_events
        message = encode(tell_changes(self._stream, self._observe(now), self._late_after_s))
        self._kept.append((self.version, message))
        while len(self._kept) > KEPT or sum(len(kept) for _, kept in self._kept) > KEPT_BYTES:
            self._kept.popleft()

    def _observe(self, now: float) -> Observed:
        (first, n_before, from_), (last, n_after, to) = self._marks[0], self._marks[-1]
        seconds = last - first
        speed = self._pace.speed if self._pace else 0.0
        if not speed and seconds > 0 and from_ is not None and to is not None:
            speed = max(0.0, (to - from_) / seconds)
        state = "missing" if not self._folder.is_there else "reading" if self._is_reading else "receiving"
        return Observed(
            state=state,
            quiet_s=now - self._heard_at,
            events_s=(n_after - n_before) / seconds if seconds > 0 else 0.0,
            speed=speed,
            lag_s=None if self._pace is None else self._pace.lag_s,
            n_files=self._folder.n_files,
            n_skipped=self._folder.n_skipped,
            troubles=tuple(self._folder.troubles)[-3:],
        )
