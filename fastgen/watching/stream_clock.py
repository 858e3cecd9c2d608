"""Tell the time of a stream by its events, which may be late, early, or from another age."""

from __future__ import annotations

from fastgen.units import S_PER_DAY

# An event further away than this from the newest one doesn't move the clock by itself: a single wrong year
# would stop it for good.
STRAY_S = S_PER_DAY
# So many such events one after the other do: the stream has gone on after a pause, or begun anew.
STRAYS_AHEAD, STRAYS_BEHIND = 3, 50


class StreamClock:
    """The time of the newest event.

    Attributes
    ----------
    newest
        Unix seconds of the newest event; None before the first one.
    n_late
        How many events came after a newer one.
    n_early
        How many were ahead of all others by more than a day.
    n_jumps
        How often the clock was set by more than a day.
    """

    def __init__(self) -> None:
        self.newest: float | None = None
        self.n_late = self.n_early = self.n_jumps = 0
        self._strays = 0

    def see(self, time: float) -> None:
        """Take the time of the next event, Unix seconds."""
        if self.newest is None:
            self.newest = time
            return
        ahead = time - self.newest
        if abs(ahead) > STRAY_S:
            self._see_stray(time, ahead)
            return
        self.n_early += max(0, self._strays)
        self._strays = 0
        if ahead < 0:
            self.n_late += 1
        else:
            self.newest = time

    def _see_stray(self, time: float, ahead: float) -> None:
        """Count events that lie more than a day away on one side: above 0 ahead, below 0 behind."""
        side = 1 if ahead > 0 else -1
        if self._strays * side < 0:
            self.n_early += max(0, self._strays)
            self._strays = 0
        self._strays += side
        if side < 0:
            self.n_late += 1
        if self._strays in (STRAYS_AHEAD, -STRAYS_BEHIND):
            self.newest, self._strays = time, 0
            self.n_jumps += 1
