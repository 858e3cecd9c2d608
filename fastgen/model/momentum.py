"""Define the momentum of a location's brands: shares of them that win, keep and lose popularity."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from fastgen.errors import ScenarioError
from fastgen.model.field_kinds import number
from fastgen.model.fields import check_fields

# Shares such as 0.1, 0.2 and 0.7 miss 1 by the last bits of a float.
ROUNDING = 1e-9


@dataclass(frozen=True)
class Momentum:
    """Shares of a location's brands, which are dealt at random, and the growth of each share's brands."""

    improving: float = field(metadata=number("share of its brands that become more popular", 0, 1))
    flat: float = field(metadata=number("share that stay as popular as they are", 0, 1))
    declining: float = field(metadata=number("share that become less popular", 0, 1))
    # The bounds of a placement's growth_rate_monthly, which these become.
    growth: float = field(metadata=number("growth of an improving brand's popularity a month", 0, 10))
    decline: float = field(metadata=number("loss of a declining brand's popularity a month", 0, 0.99))

    def __post_init__(self) -> None:
        """Check the fields."""
        check_fields(self)
        total = math.fsum((self.improving, self.flat, self.declining))
        if abs(total - 1) > ROUNDING:
            raise ScenarioError(
                f"improving, flat, declining: expected shares with the sum 1, got {total:.6g}."
            )

    def growth_rates(self, n_brands: int) -> list[float]:
        """List the growth a month of each of n brands: of the improving ones, the flat ones, the declining.

        A group has its share of the brands, rounded down. The brands left go to the groups with the largest
        remainders; of equal ones the group named first.
        """
        # Rounded, so that the last bits of a float neither lose a brand nor decide between remainders.
        exact = [round(n_brands * share, 9) for share in (self.improving, self.flat, self.declining)]
        sizes = [math.floor(size) for size in exact]
        # The sort is stable: of equal remainders the first comes first.
        by_remainder = sorted(range(3), key=lambda group: round(sizes[group] - exact[group], 9))
        for group in by_remainder[: n_brands - sum(sizes)]:
            sizes[group] += 1
        rates = (self.growth, 0.0, -self.decline)
        return [rate for rate, size in zip(rates, sizes, strict=True) for _ in range(size)]
