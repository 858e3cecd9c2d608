"""Define what a comparison of two universes has run and found, as rows, frames and JSON."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import isnan
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from fastgen.errors import ScenarioError
from fastgen.queueing.paired import CONFIDENCE, PAIRS_MIN, compare_pairs

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from fastgen.queueing.figures import Figure
    from fastgen.queueing.paired import PairedDifference

# More than a machine runs in a day.
SEEDS_MAX, DAYS_MAX = 10_000, 3650


@dataclass(frozen=True)
class Trial:
    """What is run to compare two universes.

    Attributes
    ----------
    seeds, seed
        Number of seeds that both run with, and the first of them; each is the one before it plus 1.
    days, warm_up
        Days that are measured, and days that run before them: a site starts empty.
    """

    seeds: int = 10
    seed: int = 42
    days: int = 7
    warm_up: int = 1

    def __post_init__(self) -> None:
        """Check the numbers."""
        for name, least, most in (
            ("seeds", PAIRS_MIN, SEEDS_MAX),
            # The last seed has 64 bits, too.
            ("seed", 0, 2**64 - SEEDS_MAX),
            ("days", 1, DAYS_MAX),
            ("warm_up", 0, DAYS_MAX),
        ):
            value = getattr(self, name)
            if not least <= value <= most:
                raise ScenarioError(f"{name}: expected {least} <= {name} <= {most}, got {value}.")


class Difference(NamedTuple):
    """How a figure of one site differs between A and B; `site` is None for all sites together."""

    site: str | None
    figure: Figure
    paired: PairedDifference

    def to_dict(self) -> dict[str, Any]:
        """Make a row of it; NaN becomes None, as JSON has no word for it."""
        found = self.paired
        numbers = {
            "a": found.mean_a,
            "b": found.mean_b,
            "difference": found.difference,
            "low": found.low,
            "high": found.high,
        }
        return {
            "site": self.site,
            "figure": self.figure.name,
            "unit": self.figure.unit,
            "n_pairs": found.n_pairs,
            **{name: None if isnan(value) else value for name, value in numbers.items()},
            "verdict": str(found.verdict),
        }


@dataclass(frozen=True, eq=False)
class Comparison:
    """What a comparison has found.

    Attributes
    ----------
    a, b
        What was compared.
    trial
        What was run.
    sites, figures
        The sites, and None for all of them together if there are several; the figures.
    values
        float64 (n_seeds, 2, n_sites, n_figures), the figures of each run of A and B; NaN where there is none.
    """

    a: str
    b: str
    trial: Trial
    sites: tuple[str | None, ...]
    figures: tuple[Figure, ...]
    values: NDArray[np.float64]

    def list_differences(self) -> list[Difference]:
        """List the differences, site by site; figures that no run has are left out."""
        return [
            Difference(site, figure, compare_pairs(*self.values[:, :, i, k].T))
            for (i, site), (k, figure) in product(enumerate(self.sites), enumerate(self.figures))
            if not np.isnan(self.values[:, :, i, k]).all()
        ]

    def to_dict(self) -> dict[str, Any]:
        """Make the JSON of `fastgen universe compare --json`."""
        trial = self.trial
        return {
            "a": self.a,
            "b": self.b,
            "seeds": list(range(trial.seed, trial.seed + trial.seeds)),
            "days": trial.days,
            "warm_up": trial.warm_up,
            "confidence": CONFIDENCE,
            "differences": [row.to_dict() for row in self.list_differences()],
        }

    @property
    def differences(self) -> pl.DataFrame:
        """The differences: a row for each figure of each site, with null for all sites together."""
        import polars as pl  # noqa: PLC0415  # the command needs no frames

        text, number = pl.String, pl.Float64
        schema = {"site": text, "figure": text, "unit": text, "n_pairs": pl.Int64}
        schema |= dict.fromkeys(("a", "b", "difference", "low", "high"), number) | {"verdict": text}
        return pl.DataFrame([row.to_dict() for row in self.list_differences()], schema)

    @property
    def runs(self) -> pl.DataFrame:
        """The figures of the single runs: a row for each seed, side ("a" or "b"), site and figure."""
        import polars as pl  # noqa: PLC0415  # as above

        seeds = range(self.trial.seed, self.trial.seed + self.trial.seeds)
        names = [figure.name for figure in self.figures]
        keys = list(product(seeds, ("a", "b"), self.sites, names))
        return pl.DataFrame(
            [
                (*key, None if isnan(value) else value)
                for key, value in zip(keys, self.values.ravel().tolist(), strict=True)
            ],
            {
                "seed": pl.UInt64,
                "side": pl.String,
                "site": pl.String,
                "figure": pl.String,
                "value": pl.Float64,
            },
            orient="row",
        )
