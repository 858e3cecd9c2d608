"""Read an Overpass answer that a test writes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from fastgen.errors import FastgenError
from fastgen.roads.overpass_answer import Answer, read_answer

if TYPE_CHECKING:
    from fastgen.roads.osm_elements import Way

NODES = [{"type": "node", "id": i, "lat": 41.9 + i / 1000, "lon": -87.7} for i in range(3)]
WAY: dict[str, Any] = {
    "type": "way",
    "id": 10,
    "nodes": [0, 1, 2],
    "tags": {"highway": "residential", "name": "Main"},
}


def read(*elements: Any, pieces: int = 1 << 16, **more: Any) -> Answer:
    """Read an answer that arrives in pieces."""
    data = json.dumps({"version": 0.6, "elements": elements, **more}).encode()
    return read_answer(data[i : i + pieces] for i in range(0, len(data), pieces))


def ways(found: Answer) -> list[Way]:
    """List the ways at the nodes."""
    return list(found.ways(np.arange(10), np.zeros(0, np.int64)))


def refusal(data: bytes) -> FastgenError:
    """Read an answer that must be refused in one short line; give the error."""
    with pytest.raises(FastgenError, match=r"^expected [^\n]+$") as caught:
        read_answer([data])
    assert len(str(caught.value)) < 400
    return caught.value
