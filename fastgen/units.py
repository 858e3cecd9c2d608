"""Fix the units, conversions and sentinels that every floor shares."""

from __future__ import annotations

US_PER_S = 1_000_000
US_PER_MIN = 60 * US_PER_S
S_PER_MIN = 60
S_PER_DAY = 86_400
MIN_PER_DAY = 1_440

# Most days of a scenario: a century.
MAX_DAYS = 36_500

# The delivery square and the speed use the same mile.
M_PER_MILE = 1609.34

# Coordinates are whole microdegrees (0.11 m of latitude), the six decimals of route_json.
E6 = 1_000_000

# Mean Earth radius of the haversine formula, as in osmnx.
EARTH_RADIUS_M = 6_371_009.0

NO_STREET = -1
