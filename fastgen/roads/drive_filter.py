"""Tell from OpenStreetMap's tags which ways a car may use, and in which direction.

The rules are those by which osmnx selects its network type "drive" and reads one-way tags, so that an
imported extract and a downloaded area give the same roads. Two of them surprise: a value is excluded if it
*contains* an excluded word, as the download's query matches it; and a motorway is two-way unless it is
tagged, as nearly all are.
"""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

# Tag -> words whose presence in its value takes a way off the drive network; a download's query has them too.
EXCLUDED = {
    "access": ("private",),
    "area": ("yes",),
    "highway": (
        *("abandoned", "bridleway", "bus_guideway", "construction", "corridor", "cycleway", "elevator"),
        *("escalator", "footway", "no", "path", "pedestrian", "planned", "platform", "proposed", "raceway"),
        *("razed", "rest_area", "service", "services", "steps", "track"),
    ),
    "motor_vehicle": ("no",),
    "motorcar": ("no",),
    "service": ("alley", "driveway", "emergency_access", "parking", "parking_aisle", "private"),
}
# All spellings that osmnx knows.
_BACKWARD_VALUES = frozenset({"-1", "reverse", "T"})
_FORWARD_VALUES = frozenset({"yes", "true", "1", "F"})


class Direction(Enum):
    """In which direction of its nodes a way may be driven."""

    BOTH = "both"
    FORWARD = "forward"
    BACKWARD = "backward"


def is_drivable(tags: Mapping[str, str]) -> bool:
    """Say whether a way is a public road for cars, service roads left out.

    Parameters
    ----------
    tags
        The way's tags; without "highway" it is no road.
    """
    if "highway" not in tags:
        return False
    return not any(word in tags.get(key, "") for key, words in EXCLUDED.items() for word in words)


def travel_direction(tags: Mapping[str, str]) -> Direction:
    """Read a way's direction from its tags "oneway" and "junction".

    A lane that changes direction by the hour (oneway=reversible, alternating) is two-way; a roundabout is
    one-way even where nobody tagged it.
    """
    oneway = tags.get("oneway")
    if oneway in _BACKWARD_VALUES:
        return Direction.BACKWARD
    if oneway in _FORWARD_VALUES or tags.get("junction") == "roundabout":
        return Direction.FORWARD
    return Direction.BOTH
