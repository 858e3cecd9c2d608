"""Compute great-circle distances by the haversine formula, on the sphere that osmnx uses too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.units import EARTH_RADIUS_M

if TYPE_CHECKING:
    from numpy.typing import NDArray


def compute_angles(
    lat_1: NDArray[np.float64], lat_2: NDArray[np.float64] | float, lon_diff: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Compute the angles at the Earth's centre between points, in radians.

    Parameters
    ----------
    lat_1, lat_2
        Latitudes of the points, radians.
    lon_diff
        Differences of their longitudes, radians.
    """
    haversine = np.sin((lat_2 - lat_1) / 2) ** 2 + np.cos(lat_1) * np.cos(lat_2) * np.sin(lon_diff / 2) ** 2
    # For opposite points of the globe, rounding may lift the haversine above 1, where arcsin is NaN.
    angles: NDArray[np.float64] = 2 * np.arcsin(np.sqrt(np.minimum(haversine, 1)))
    return angles


def compute_distances_m(
    lat_1: NDArray[np.float64],
    lon_1: NDArray[np.float64],
    lat_2: NDArray[np.float64] | float,
    lon_2: NDArray[np.float64] | float,
) -> NDArray[np.float64]:
    """Compute great-circle distances in metres between points in degrees."""
    return EARTH_RADIUS_M * compute_angles(np.radians(lat_1), np.radians(lat_2), np.radians(lon_2 - lon_1))
