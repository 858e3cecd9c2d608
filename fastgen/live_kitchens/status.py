"""Say where a live run is, from its state file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.emitting.control import find_control
from fastgen.emitting.lock import is_locked
from fastgen.errors import ScenarioError
from fastgen.files import kind_of
from fastgen.live_kitchens.state import read_state
from fastgen.paths import check_name
from fastgen.replaying.run import NS_PER_US
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.state import LiveState

# A state has the run's clock at the begin of its batch, and its file the system's at the end. A batch takes
# up to minutes, so only a larger difference is sure to come from --now (docs/live.md).
_CLOCKS_APART_US = 600 * US_PER_S


def read_status(folder: str | Path, now_us: int) -> dict[str, Any]:
    """Read the status of a run into a folder.

    Parameters
    ----------
    folder
        The folder that the run writes into.
    now_us
        The present time, Unix microseconds.

    Returns
    -------
    dict
        kitchens (their names); running; position (time of the kitchens' clock before which all events are
        written); lag_s (real seconds that the position is behind now); orders_open; events (number written so
        far); events_per_s (in a real second, over the last minute or two of the run); files (their number).
        An idle run saves its state every ten seconds, so its lag_s is up to ten. A clock that differs from
        the system's by less than ten minutes counts as the system's, so lag_s is wrong by that difference.

    Raises
    ------
    ScenarioError
        If the folder is not that of a live run.
    FastgenError
        If its state can't be read.
    """
    path = check_name(folder)
    if not path.is_dir():
        got = kind_of(path) if path.exists() else "nothing of that name"
        raise ScenarioError(f"{folder}: expected the folder of a live run, got {got}.")
    control = find_control(path)
    # No lock is taken: the state file is replaced as a whole, so it can be read while the run goes on.
    state = read_state(control.state)
    if state is None:
        raise ScenarioError(f"{folder}: expected the folder of a live run, got one without its state.")
    saved_us = control.state.stat().st_mtime_ns // NS_PER_US
    totals = state.totals
    position_s = state.watermark_us // US_PER_S
    return {
        "kitchens": [kitchen.config.location_name for kitchen in state.kitchens],
        # The lock ends with its process, so a run that was killed doesn't look as if it were running.
        "running": is_locked(control.lock),
        "position": f"{state.clock.simulated(position_s):%Y-%m-%dT%H:%M:%SZ}",
        "lag_s": _lag(state, now_us, saved_us),
        "orders_open": totals.created - totals.delivered,
        "events": totals.events,
        "events_per_s": _rate(state),
        "files": state.sink.n_files,
    }


def _lag(state: LiveState, now_us: int, saved_us: int) -> float:
    """Compute the real seconds that the position is behind now, by the clock of the run.

    Parameters
    ----------
    state
        The state.
    now_us, saved_us
        The present time, and the time at which the state file was written, by the system's clock; Unix
        microseconds.
    """
    # The state keeps when it was saved by the clock of the run, and the file system by that of the system.
    ahead_us = state.totals.saved_us - saved_us
    if abs(ahead_us) < _CLOCKS_APART_US:
        ahead_us = 0
    # Never below 0: the system's clock may be set back.
    return round(max(0, now_us + ahead_us - state.clock.real_us_of(state.watermark_us)) / US_PER_S, 1)


def _rate(state: LiveState) -> float:
    """Compute the events in a real second since the mark; 0 after history alone, which is written at once."""
    totals = state.totals
    seconds = (totals.saved_us - totals.mark_us) / US_PER_S
    return round((totals.events - totals.mark_events) / seconds, 3) if seconds > 0 else 0.0
