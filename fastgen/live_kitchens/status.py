"""Say where a live run is, from its state file alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fastgen.emitting.control import find_control
from fastgen.emitting.lock import is_locked
from fastgen.errors import ScenarioError
from fastgen.files import check_name, kind_of
from fastgen.live_kitchens.state import read_state
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.live_kitchens.state import LiveState


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
        kitchens (names), running, position (time up to which all is written), lag_s (seconds since the state
        was saved and events could be late; an idle run saves it every ten seconds), orders_open, events (all
        so far), events_per_s (over the last minute or two of the run), files.

    Raises
    ------
    ScenarioError
        If no live run writes there.
    FastgenError
        If its state can't be read.
    """
    path = check_name(folder)
    if not path.is_dir():
        got = kind_of(path) if path.exists() else "nothing of that name"
        raise ScenarioError(f"{folder}: expected the folder of a live run, got {got}.")
    control = find_control(path)
    state = read_state(control.state)
    if state is None:
        raise ScenarioError(f"{folder}: expected the folder of a live run, got one without its state.")
    totals = state.totals
    position_s = state.watermark_us // US_PER_S
    return {
        "kitchens": [kitchen.config.location_name for kitchen in state.kitchens],
        "running": is_locked(control.lock),
        "position": f"{state.clock.simulated(position_s):%Y-%m-%dT%H:%M:%SZ}",
        "lag_s": round(max(0, now_us - state.clock.real_us_of(state.watermark_us)) / US_PER_S, 1),
        "orders_open": totals.created - totals.delivered,
        "events": totals.events,
        "events_per_s": _rate(state),
        "files": state.sink.n_files,
    }


def _rate(state: LiveState) -> float:
    """Compute events a real second since the mark; history is no rate."""
    totals = state.totals
    seconds = (totals.saved_us - totals.mark_us) / US_PER_S
    return round((totals.events - totals.mark_events) / seconds, 3) if seconds > 0 else 0.0
