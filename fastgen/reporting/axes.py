"""Say what the arrays of a tally run over: locations, days, brands, periods, intervals of seconds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastgen.events.schema import ARRIVED, CREATED, DELIVERED, FINISHED, PICKED_UP, READY, STARTED
from fastgen.reporting.kernels.count_orders import COARSE_S, FINE_S

if TYPE_CHECKING:
    import datetime as dt

    from numpy.typing import NDArray

    from fastgen.dataset.manifest import Manifest
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario

# Times between two events of an order, by the key that figures and tests use; the last one is negative where
# the driver comes before the food is ready.
INTERVALS = {
    "created_to_started": (CREATED, STARTED),
    "started_to_finished": (STARTED, FINISHED),
    "finished_to_ready": (FINISHED, READY),
    "ready_to_picked_up": (READY, PICKED_UP),
    "picked_up_to_delivered": (PICKED_UP, DELIVERED),
    "created_to_delivered": (CREATED, DELIVERED),
    "ready_to_arrived": (READY, ARRIVED),
}
# Where the last bin of a time begins, which is open.
LONGEST_S = 36_000
N_BINS = FINE_S + (LONGEST_S - FINE_S) // COARSE_S + 1

# Most cells of the counts by brand: 32 MB with their four numbers.
BRAND_CELLS_MAX = 1_000_000
PERIODS_MAX = 200


def bin_starts_s() -> NDArray[np.int64]:
    """Return the seconds at which the bins of a time begin, int64 (N_BINS,)."""
    fine = np.arange(FINE_S, dtype=np.int64)
    return np.concatenate([fine, np.arange(FINE_S, LONGEST_S + 1, COARSE_S, dtype=np.int64)])


@dataclass(frozen=True)
class Axes:
    """What the arrays of a tally run over.

    Attributes
    ----------
    location_ids, codes, names
        The L locations of the dataset, in the manifest's order.
    start, n_days
        Date of day 0, and the number D of days.
    brand_ids, brands
        The B brands, in the order of their table: ids and names.
    period_days
        Days of a period; the last of the P periods may be shorter.
    """

    location_ids: tuple[int, ...]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    start: dt.date
    n_days: int
    brand_ids: tuple[int, ...]
    brands: tuple[str, ...]
    period_days: int

    @property
    def n_locations(self) -> int:
        """Number L of locations."""
        return len(self.location_ids)

    @property
    def n_brands(self) -> int:
        """Number B of brands."""
        return len(self.brands)

    @property
    def n_periods(self) -> int:
        """Number P of periods."""
        return -(-self.n_days // self.period_days)

    @property
    def weekday(self) -> NDArray[np.int64]:
        """Weekday of each day, int64 (D,), 0 for Monday."""
        return (self.start.weekday() + np.arange(self.n_days, dtype=np.int64)) % 7


def make_axes(manifest: Manifest, scenario: Scenario, dims: Dimensions) -> Axes:
    """Make the axes of a dataset."""
    by_id = {location.location_id: location for location in scenario.locations}
    here = [by_id[location_id] for location_id in manifest.selected_ids]
    brands = dims.brands
    return Axes(
        location_ids=tuple(location.location_id for location in here),
        codes=tuple(location.code for location in here),
        names=tuple(location.name for location in here),
        start=scenario.start,
        n_days=scenario.days,
        brand_ids=tuple(brands.brand_id.tolist()),
        brands=brands.name,
        period_days=_choose_period_days(scenario.days, len(here) * len(brands.name)),
    )


def _choose_period_days(n_days: int, n_pairs: int) -> int:
    """Choose the shortest period that bounds the counts by brand, of `n_pairs` locations and brands."""
    periods_max = max(1, min(PERIODS_MAX, BRAND_CELLS_MAX // max(1, n_pairs)))
    return -(-n_days // periods_max)
