"""Define the conversions of units, and the sentinels, that all rooms share."""

from __future__ import annotations

S_PER_MIN = 60
S_PER_H = 3_600
S_PER_DAY = 86_400
MIN_PER_H = 60
MIN_PER_DAY = 1_440
US_PER_S = 1_000_000
US_PER_MIN = S_PER_MIN * US_PER_S
US_PER_H = S_PER_H * US_PER_S
US_PER_DAY = S_PER_DAY * US_PER_S

# 10000-01-01, Unix seconds: a datetime and the wire format have four digits for the year.
YEAR_10000_S = 253_402_300_800

# Most days of a scenario: a century.
MAX_DAYS = 36_500

# Metres in the international mile, rounded. Delivery squares and driver speeds both use it.
M_PER_MILE = 1609.34

# Microdegrees in a degree. Coordinates of road networks are whole microdegrees (0.11 m of latitude): the six
# decimals of route_json.
E6 = 1_000_000

# Mean radius of the Earth in the haversine formula; osmnx uses the same value.
EARTH_RADIUS_M = 6_371_009.0

# Street number of an edge or a customer without a street name.
NO_STREET = -1
