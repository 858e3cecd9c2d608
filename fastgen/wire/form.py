"""Say how rows look on the wire: where an event happens, how exact its time is, what its ids derive from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

from fastgen.units import US_PER_S
from fastgen.wire.plain import encode_place
from fastgen.wire.rows import N_LOCATION_IDS, TS, US

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import numpy as np
    from numpy.typing import NDArray

MILLISECOND_DECIMALS, MICROSECOND_DECIMALS = 3, 6


class Place(NamedTuple):
    """A live kitchen.

    Attributes
    ----------
    gk_id, location
        Its identifier and its name.
    key32
        The 32 bytes that the ids of its orders and events derive from.
    """

    gk_id: str
    location: str
    key32: bytes


@dataclass(frozen=True)
class WireForm:
    """The form of the wire rows of one stream (docs/model.md, 7); see the three constructors.

    Attributes
    ----------
    places
        The keys and values that say where an event happens, by location_id; the same keys for all.
    keys
        32 bytes that event ids derive from, by location_id.
    is_live
        Whether times have the microseconds of the rows, which must have them, and order ids are UUIDs. Else
        times are whole seconds, and order ids are the stored ones.
    time_decimals
        Decimals of the seconds, 3 or 6.
    has_eta
        Whether the body of driver_picked_up ends with eta_mins, the minutes of the drive.
    """

    places: Mapping[int, Mapping[str, int | str]]
    keys: Mapping[int, bytes]
    is_live: bool = False
    time_decimals: int = MILLISECOND_DECIMALS
    has_eta: bool = False

    @classmethod
    def canonical(cls, digest: str) -> Self:
        """Make the form of slices and replays.

        Parameters
        ----------
        digest
            The dataset's digest, 64 hexadecimal digits.
        """
        ids = range(N_LOCATION_IDS)
        return cls(_numbered(ids), dict.fromkeys(ids, bytes.fromhex(digest)))

    @classmethod
    def live(cls, places: Mapping[int, Place]) -> Self:
        """Make the form of live rows: gk_id and location, microseconds, eta_mins.

        Parameters
        ----------
        places
            The kitchens, by location_id.
        """
        named = {i: {"gk_id": place.gk_id, "location": place.location} for i, place in places.items()}
        return cls(named, _keys(places), is_live=True, time_decimals=MICROSECOND_DECIMALS, has_eta=True)

    @classmethod
    def live_canonical(cls, places: Mapping[int, Place]) -> Self:
        """Make the form of live rows that have the columns of a replay; parameters as `live`."""
        return cls(_numbered(places), _keys(places), is_live=True)

    def times_us(self, ints: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compute the virtual microseconds of rows, as exact as the wire writes them.

        Parameters
        ----------
        ints
            As in `WireRows`, (n, 5) or, for live rows, (n, 7).

        Returns
        -------
        ndarray
            int64 (n,), never after the time of the row itself.
        """
        times_us: NDArray[np.int64] = ints[:, TS] * US_PER_S
        if self.is_live:
            unwritten = 10 ** (MICROSECOND_DECIMALS - self.time_decimals)
            times_us += ints[:, US] // unwritten * unwritten
        return times_us

    @property
    def place_names(self) -> tuple[str, ...]:
        """Keys that say where an event happens, in their order."""
        return tuple(next(iter(self.places.values())))

    def place_json(self, location_id: int) -> str:
        """Write where an event happens, as the inside of a JSON object."""
        return encode_place(self.places[location_id])


def _numbered(ids: Iterable[int]) -> dict[int, dict[str, int | str]]:
    return {i: {"location_id": i} for i in ids}


def _keys(places: Mapping[int, Place]) -> dict[int, bytes]:
    return {i: place.key32 for i, place in places.items()}
