"""Say how a replay keeps up, from the state that it leaves beside its folder."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from fastgen.replaying.state import read_replay_state
from fastgen.units import US_PER_S
from fastgen.watching.messages import Pace

if TYPE_CHECKING:
    from pathlib import Path


def measure_replay(state_path: Path, now_us: int) -> Pace | None:
    """Measure a replay; None: there is no state.

    Parameters
    ----------
    state_path
        The state file.
    now_us
        The present time, Unix microseconds.

    Raises
    ------
    DataError
        If the file is no state of a replay.
    """
    state = read_replay_state(state_path)
    if state is None:
        return None
    speed = Fraction(state.speed)
    # What was written last fell due when its second was over.
    ahead_us = (state.watermark + 1) * US_PER_S - state.anchor_virtual_us
    due_us = state.anchor_us + ahead_us / speed
    return Pace(max(0.0, float(now_us - due_us) / US_PER_S), float(speed))
