"""Make the messages that pages get: all that there is, or what has changed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.reporting.packing import pack
from fastgen.watching.stream import OPEN

if TYPE_CHECKING:
    from fastgen.watching.stream import Stream


class Pace(NamedTuple):
    """How a stream keeps up with its own clock.

    Attributes
    ----------
    lag_s
        Real seconds that it is behind.
    speed
        Seconds of its clock in a real second.
    """

    lag_s: float
    speed: float


class Observed(NamedTuple):
    """What is seen from outside of the stream.

    Attributes
    ----------
    state
        "reading" what was there at the start; "receiving"; "missing": there is no such folder.
    quiet_s
        Real seconds since the last rows.
    events_s
        Events in a real second.
    speed
        Seconds of the stream's clock in a real second; 0: that isn't known.
    lag_s
        See `Pace`; None: that isn't known.
    n_files, n_skipped
        Files read and left out.
    troubles
        What was wrong with the last files.
    """

    state: str
    quiet_s: float
    events_s: float
    speed: float
    lag_s: float | None
    n_files: int
    n_skipped: int
    troubles: tuple[str, ...]


def tell_all(stream: Stream, observed: Observed, late_after_s: float) -> dict[str, Any]:
    """Tell a page that has just been opened all that there is, as of the last message."""
    return {
        "whole": True,
        **_tell_state(stream, observed, late_after_s),
        "places": [place.describe() for place in stream.places],
        "orders": [order.tell() for order in stream.orders.values()],
    }


def tell_changes(stream: Stream, observed: Observed, late_after_s: float) -> dict[str, Any]:
    """Tell what has changed since the last message, and begin a new list of changes.

    The list is bounded by the orders that are kept, so it may be left to grow while nobody asks.
    """
    places = []
    for number, place in enumerate(stream.places):
        first, place.n_told = place.n_told, len(place.ways.points)
        if first < place.n_told or place.picked_up:
            picked_up = pack(np.array(place.picked_up, np.int64))
            places.append({"number": number, "picked_up": picked_up, **place.tell(first)})
            place.picked_up.clear()
    told = {
        **_tell_state(stream, observed, late_after_s),
        "places": places,
        "orders": [order.tell() for order in stream.changed.values()],
        "gone": stream.gone,
    }
    stream.changed, stream.gone = {}, []
    return told


def encode(message: dict[str, Any]) -> bytes:
    """Encode a message as an event of a stream of server-sent events."""
    return f"data: {json.dumps(message, separators=(',', ':'), allow_nan=False)}\n\n".encode()


def _tell_state(stream: Stream, observed: Observed, late_after_s: float) -> dict[str, Any]:
    newest = stream.clock.newest
    counts = [[0, 0, 0, 0] for _ in stream.places]
    for order in stream.orders.values():
        if order.state == OPEN:
            here = counts[order.place]
            here[0] += 1
            here[1] += order.is_ready and order.left is None
            here[2] += order.left is not None
            here[3] += newest is not None and newest - order.created > late_after_s
    return {
        **observed._asdict(),
        "time": newest,
        "late_after_s": late_after_s,
        "n_events": stream.n_events,
        "n_jumps": stream.clock.n_jumps,
        "faults": stream.faults,
        "counts": [
            {
                "name": place.known.name,
                **dict(zip(("open", "waiting", "driving", "late"), here, strict=True)),
                "created": place.created,
                "delivered": place.delivered,
                "cancelled": place.cancelled,
                "median_s": place.median_s(),
            }
            for place, here in zip(stream.places, counts, strict=True)
        ],
    }
