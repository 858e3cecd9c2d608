"""Draw up the ground of an invented city: coast or river, parks, main roads and freeways, in metres."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.roads.synthetic.naming import fresh
from fastgen.roads.synthetic.plan import Freeway, Obstacle, Road
from fastgen.roads.synthetic.plane import apply, cosine, offset, rotation, sine, sizes, smooth
from fastgen.units import M_PER_MILE

if TYPE_CHECKING:
    from fastgen.roads.synthetic.draws import Draws
    from fastgen.roads.synthetic.plane import Frame, LatLon, Points

SIDES = ("north", "north-east", "east", "south-east", "south", "south-west", "west", "north-west")
WATERS = ("none", *SIDES, "river")
KITCHEN_CLEAR_M = 350.0  # a kitchen in a park would have no road near it
WAVE_STEP_M = 400.0  # between the points of a winding line


class Ground(NamedTuple):
    """What a city is laid out on.

    Attributes
    ----------
    frame
        Projection around the kitchen.
    half_m
        Half the side of the square, metres.
    centre
        Middle of the city, (x, y).
    angle
        Direction of the oldest streets, degrees.
    coast
        Direction of the coast, degrees, the water to its right; None where there is no coast.
    shore
        Points along the coast, or along the river; none without water.
    river_half_m
        Half the river's width; 0 at a coast.
    rng
        Source of random numbers.
    """

    frame: Frame
    half_m: float
    centre: Points
    angle: float
    coast: float | None
    shore: Points
    river_half_m: float
    rng: Draws

    @property
    def far_m(self) -> float:
        """How far lines are drawn to leave the square for certain."""
        return 1.5 * self.half_m + 600

    def places(self, xy: Points) -> LatLon:
        """Turn metres into the (lat, lon) that plans are written in."""
        lat, lon = self.frame.to_e6(xy)
        return tuple(zip((lat / 1e6).tolist(), (lon / 1e6).tolist(), strict=True))

    def land(self) -> Points:
        """Make the polygon of dry land."""
        far = 2 * self.far_m
        if self.coast is None:
            return far * np.array([[-1.0, -1.0], [1.0, -1.0], [1.0, 1.0], [-1.0, 1.0]])
        inland = apply(rotation(self.coast), np.array([[-far, 0.0]]))
        return np.vstack([self.shore, self.shore[[-1, 0]] + inland])

    def wave(self, direction: float, away_m: float, amplitude_m: float, wavelength_m: float) -> Points:
        """Draw a line across the square that winds: at some distance to the right of its centre."""
        along = np.arange(-self.far_m, self.far_m + WAVE_STEP_M, WAVE_STEP_M)
        side = np.full(len(along), away_m)
        # Three waves of different lengths, so that no bend repeats within the square.
        for part, share in ((1.0, 0.6), (0.43, 0.3), (0.19, 0.1)):
            phase = self.rng.uniform(0, 2 * np.pi)
            length = wavelength_m * part * self.rng.uniform(0.8, 1.25)
            side = side + amplitude_m * share * sine(2 * np.pi * along / length + phase)
        return self.centre + apply(rotation(direction), np.column_stack([side, along]))


def survey(frame: Frame, half_m: float, angle: float, water: str, rng: Draws) -> Ground:
    """Choose where a city's middle lies, and how its water runs.

    Parameters
    ----------
    frame, half_m, angle, rng
        As `Ground` has them.
    water
        One of `WATERS`.
    """
    turn, reach = rng.uniform(0, 360), min(0.1 * half_m, 600.0) * rng.uniform(0.3, 1.0)
    centre = np.round(apply(rotation(float(turn)), np.array([[0.0, reach]]))[0], 2)
    dry = Ground(frame, half_m, centre, angle, None, np.zeros((0, 2)), 0.0, rng)
    if water == "none":
        return dry
    if water == "river":
        away = float(rng.choice((-1, 1)) * rng.uniform(450, 900))
        course = dry.wave(float(rng.uniform(0, 360)), away, 320, 4200)
        return dry._replace(shore=smooth(course), river_half_m=float(rng.uniform(35, 75)))
    coast = 90.0 - 45.0 * SIDES.index(water)  # rotations turn anticlockwise
    away = float(np.clip(rng.uniform(0.26, 0.42) * half_m, 700, 3200))
    line = dry._replace(centre=np.zeros(2)).wave(coast, away, 0.16 * away + 90, 5200)
    return dry._replace(coast=coast, shore=smooth(line))


def draw_obstacles(ground: Ground, n_parks: int, largest_m: float, *, cut: bool) -> list[Obstacle]:
    """Place the river, a few parks, and a railway or a brook that only main streets cross.

    Parameters
    ----------
    ground
        Where.
    n_parks
        How many parks to try in a square of four miles to each side.
    largest_m
        Largest radius of a park.
    cut
        Whether there is a railway or brook.
    """
    rng, obstacles = ground.rng, []
    if ground.river_half_m:
        obstacles.append(Obstacle(ground.places(ground.shore), "water", ground.river_half_m))
    if cut:
        line = ground.wave(float(rng.uniform(0, 360)), float(rng.uniform(500, 1500)), 200, 6000)
        obstacles.append(Obstacle(ground.places(line), "river", float(rng.uniform(14, 22))))
    for _ in range(round(n_parks * (ground.half_m / (4 * M_PER_MILE)) ** 2)):
        size_m = 80 + (largest_m - 80) * float(rng.random()) ** 2  # many small ones, few large ones
        middle = rng.uniform(-1, 1, 2) * ground.half_m
        if float(sizes(middle)) < size_m + KITCHEN_CLEAR_M:
            continue
        around = np.pi / 4 + np.arange(4) * np.pi / 2  # four corners, along the streets more or less
        reach = 1.2 * size_m * rng.uniform(0.8, 1.15, len(around))
        ring = np.column_stack([cosine(around) * reach, sine(around) * reach * rng.uniform(0.5, 1.0)])
        turned = apply(rotation(ground.angle + 90 * float(rng.choice((0, 1)))), ring)
        obstacles.append(Obstacle(ground.places(middle + turned)))
    return obstacles


def draw_shore_roads(ground: Ground) -> list[Road]:
    """Let a road follow the water: one along a coast, one on each bank of a river."""
    bank_m = ground.river_half_m + 50
    if ground.coast is not None:
        courses = {"Shore Drive": bank_m}
    elif ground.river_half_m:
        courses = {"Riverside Drive": bank_m, "Quay Road": -bank_m}
    else:
        courses = {}
    return [
        Road(name, ground.places(offset(ground.shore, m)[::4]), curved=True) for name, m in courses.items()
    ]


def draw_lattice(ground: Ground, pitch_m: float, angle: float, bend_m: float) -> list[Road]:
    """Draw main roads both ways across the square, about a mile apart, bending or straight."""
    roads, rng = [], ground.rng
    n = int(np.ceil(ground.far_m / pitch_m))
    for direction in (angle, angle + 90):
        for k in range(-n, n + 1):
            away = pitch_m * (k + (0.08 if bend_m else 0.03) * float(rng.normal(0, 1)))
            line = ground.wave(direction, away, bend_m, 3400)
            if not bend_m:
                line = line[[0, -1]]
            kind = fresh(str(rng.choice(("Avenue", "Boulevard", "Road"))))
            roads.append(Road(kind, ground.places(line), bool(bend_m), bridge=ground.coast is None))
    return roads


def draw_radials(ground: Ground, n: int, start_m: float, bend_m: float, first: float) -> list[Road]:
    """Draw old roads from the middle of the city outward, winding."""
    roads, rng = [], ground.rng
    for k in range(n):
        along = np.concatenate([[start_m], np.arange(start_m + 450, ground.far_m, 700.0)])
        side = np.concatenate([[0.0, 0.0], np.cumsum(rng.normal(0, bend_m, len(along) - 2))])
        turn = rotation(first + 360 / n * (k + float(rng.uniform(-0.16, 0.16))))
        line = ground.centre + apply(turn, np.column_stack([side, along]))
        kind = fresh(str(rng.choice(("Road", "Avenue", "Street"))))
        roads.append(Road(kind, ground.places(line), curved=True, bridge=ground.coast is None))
    return roads


def draw_ring(ground: Ground, radius_m: float, kind: str) -> list[Road]:
    """Draw a road around the middle of the city, as it follows a wall that is gone."""
    around = np.linspace(0, 2 * np.pi, 19)
    reach = radius_m * ground.rng.uniform(0.9, 1.1, len(around))
    reach[-1] = reach[0]  # closes the ring
    ring = ground.centre + np.column_stack([cosine(around) * reach, sine(around) * reach])
    return [Road(fresh(kind), ground.places(ring), curved=True, bridge=ground.coast is None)]


def draw_freeways(
    ground: Ground, names: tuple[str, ...], away_m: tuple[float, float], exit_m: float
) -> list[Freeway]:
    """Draw freeways that pass the middle of the city at some distance, on the land side of a coast."""
    freeways, rng = [], ground.rng
    first = float(rng.uniform(0, 360))
    for k, name in enumerate(names):
        away, turn = float(rng.uniform(*away_m)), float(rng.uniform(-12, 12))
        if ground.coast is None:
            line = ground.wave(first + 90 * k + turn, away, 350, 7000)
        else:
            line = ground.wave(ground.coast + turn / 3, -away - 2600 * k, 350, 7000)
        freeways.append(
            Freeway(name, ground.places(line), ground.places(line[2 :: round(exit_m / WAVE_STEP_M)]))
        )
    return freeways
