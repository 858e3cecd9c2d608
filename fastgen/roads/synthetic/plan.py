"""Describe a city as data: `styles` makes it, or somebody writes it by hand, and `assembly` reads it.

Places are (lat, lon) in degrees.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from fastgen.units import M_PER_MILE

if TYPE_CHECKING:
    from fastgen.roads.synthetic.plane import LatLon


@dataclass(frozen=True)
class Grid:
    """A district platted as a grid.

    Attributes
    ----------
    area
        Polygon; a street stops at its border.
    origin
        Where lines of index 0 meet.
    bearing
        Direction of the streets along, degrees anticlockwise from north.
    pitch
        Metres between neighbouring streets along, and between neighbouring cross streets.
    along, cross
        Naming rules (`naming.line_name`); indices of streets along rise to the right, of cross streets ahead.
    main
        Every how many lines along, and across, a main street runs; 0 for none.
    one_way
        Share of streets along, and across, that alternate in direction.
    gap
        Probability that a block's stretch of street is missing.
    alleys
        Probability that a block is halved by a lane, and that a lane ends in it.
    lane
        Which way lanes run: "along" or "cross".
    warp
        Amplitude and wavelength in metres of the bends; (0, 0) for straight streets.
    spread
        Relative variation of the pitch.
    sway
        How much streets curve between junctions (`curves.sway`).
    stagger
        Probability that a block's stretch of a cross street lies beside its line, and so ends at both streets
        along in three-way junctions instead of crossing them.
    """

    area: LatLon
    origin: tuple[float, float]
    bearing: float
    pitch: tuple[float, float]
    along: str = "Street"
    cross: str = "Street"
    main: tuple[int, int] = (0, 0)
    one_way: tuple[float, float] = (0.0, 0.0)
    # What a plan needn't say of a district. Lengths are in metres, shares and probabilities from 0 to 1.
    gap: float = 0.04
    alleys: tuple[float, float] = (0.1, 0.1)
    lane: str = "along"
    warp: tuple[float, float] = (0.0, 0.0)
    spread: float = 0.02
    sway: float = 0.0
    stagger: float = 0.0


@dataclass(frozen=True)
class Suburb:
    """A district of curved neighbourhoods, each laid out by itself, between curved collectors.

    Attributes
    ----------
    area
        Polygon.
    cell_m
        Typical size of a neighbourhood.
    pitch
        As in `Grid`, the mean over neighbourhoods.
    bearings
        Directions that neighbourhoods lean to, degrees.
    turn
        Standard deviation of a neighbourhood's direction around one of them, degrees.
    warp
        Amplitude and wavelength in metres of the bends of the whole.
    wiggle
        Amplitude and wavelength in metres of the bends of a neighbourhood.
    gap
        Probability that a block's stretch of street is missing.
    courts
        Probability that a block has a cul-de-sac.
    shut
        Probability that a street does not open onto the collector at its neighbourhood's border.
    sway
        How much streets curve between junctions (`curves.sway`).
    one_way, stagger
        As in `Grid`.
    """

    area: LatLon
    # Lengths in metres. Blocks of suburbs are about twice as long as they are wide.
    cell_m: float = 900.0
    pitch: tuple[float, float] = (95.0, 190.0)
    bearings: tuple[float, ...] = (0.0,)
    turn: float = 30.0
    warp: tuple[float, float] = (70.0, 1400.0)
    wiggle: tuple[float, float] = (24.0, 460.0)
    gap: float = 0.16
    courts: float = 0.3
    shut: float = 0.45
    sway: float = 0.22
    one_way: tuple[float, float] = (0.0, 0.0)
    stagger: float = 0.0


@dataclass(frozen=True)
class Road:
    """A street of the city's own.

    Attributes
    ----------
    name, points
        Its name and its course.
    curved
        Whether it bends smoothly through the points.
    one_way
        Whether one drives only as the points run.
    bridge
        Whether it may cross any water.
    local
        Whether it ranks as a local street.
    """

    name: str
    points: LatLon
    curved: bool = False
    one_way: bool = False
    bridge: bool = False
    local: bool = False


@dataclass(frozen=True)
class Freeway:
    """Two carriageways that others pass under or over, with ramps at exits.

    Attributes
    ----------
    name, points
        Its name and its course.
    exits
        Where ramps lead to the nearest arterial.
    barrier
        Whether local streets stop at it.
    """

    name: str
    points: LatLon
    exits: LatLon = ()
    barrier: bool = True


@dataclass(frozen=True)
class Obstacle:
    """An area where streets are missing.

    Attributes
    ----------
    area
        Polygon; with a half-width, a line.
    kind
        "water": crossed by nothing but bridges; "river": every main street has a bridge; "park" (or a rail
        yard): the city's own roads go through.
    half_width_m
        How far the obstacle reaches to both sides of the line.
    """

    area: LatLon
    kind: Literal["water", "river", "park"] = "park"
    half_width_m: float = 0.0


@dataclass(frozen=True)
class CityPlan:
    """A city.

    Attributes
    ----------
    source
        What the stored network is to say of its origin.
    kitchen
        (lat, lon), the centre of the square.
    seed
        Of everything random in it.
    land
        Polygons; outside all of them is water.
    districts, roads, freeways, obstacles
        Its geography, districts in order of precedence where they meet.
    dead_ends
        Share of dead ends that are kept.
    merge_m
        Junctions closer than this become one.
    bend_m
        A street that bends away from the straight line by more keeps a node there.
    unreached
        Share of nodes that no directed path from the kitchen leads to.
    half_side_m
        Half the side of the square, metres.
    even_one_ways
        Whether a street from one junction to the next is one-way as a whole, or not at all.
    """

    source: str
    kitchen: tuple[float, float]
    seed: int
    land: tuple[LatLon, ...]
    districts: tuple[Grid | Suburb, ...]
    roads: tuple[Road, ...]
    freeways: tuple[Freeway, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    dead_ends: float = 0.7
    merge_m: float = 16.0
    bend_m: float = 50.0
    # A few customers whom one-way rules cut off, so that routes against those rules occur too.
    unreached: float = 0.004
    # The delivery square of the canonical scenario.
    half_side_m: float = 4 * M_PER_MILE
    even_one_ways: bool = False
