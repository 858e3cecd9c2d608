"""Read route texts as points, and measure them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.kernels.route_check import E6, M_PER_E6, parse_route, shorter_turn
from fastgen.jit import jit

if TYPE_CHECKING:
    from numpy.typing import NDArray


@jit
def measure_routes(
    first: NDArray[np.int64],
    last: NDArray[np.int64],
    text: NDArray[np.uint8],
    point_start: NDArray[np.int64],
    lat_e6: NDArray[np.int64],
    lon_e6: NDArray[np.int64],
    length_m: NDArray[np.float64],
) -> None:
    """Read the points of routes, and add up the lengths of their legs.

    Parameters
    ----------
    first, last
        int64 (n,), begin and end of each route's text in `text`.
    text
        The texts, as route_json has them.
    point_start
        Output, int64 (n + 1,): offsets of the routes' points; a text that is no route has none.
    lat_e6, lon_e6
        Output, int64, with room for a point in every `POINT_BYTES_MIN` bytes of text: microdegrees.
    length_m
        Output, float64 (n,): metres.
    """
    at = 0
    for i in range(len(first)):
        point_start[i] = at
        n = parse_route(text, first[i], last[i], lat_e6[at:], lon_e6[at:])
        metres = 0.0
        for k in range(at + 1, at + n):
            # On the plane that touches the leg: legs are short, and the delivery square is small.
            squeeze = math.cos(math.radians((lat_e6[k] + lat_e6[k - 1]) / 2 / E6))
            dx = shorter_turn(np.float64(lon_e6[k] - lon_e6[k - 1])) * squeeze
            dy = np.float64(lat_e6[k] - lat_e6[k - 1])
            metres += math.sqrt(dx * dx + dy * dy) * M_PER_E6
        length_m[i] = metres
        at += n
    point_start[len(first)] = at
