"""Say what of a dataset can't be tested against its model, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.model.disturbances import BRAND_LAUNCH
from fastgen.reporting.axes import INTERVALS

if TYPE_CHECKING:
    from fastgen.reporting.expected import Expected
    from fastgen.reporting.survey import Survey

OF_CUSTOMERS = ("customers", "customers_again", "route_lengths")
OF_BRANDS = ("brand_shares", "brand_changes", "brands_per_order", "lines_per_brand", "lines_per_order")
_WITH_DRIVES = ("picked_up_to_delivered", "created_to_delivered")


class Untested(NamedTuple):
    """Tests that aren't made.

    Attributes
    ----------
    names
        Keys of the tests.
    why
        The reason.
    """

    names: tuple[str, ...]
    why: str


def list_untested(survey: Survey, expected: Expected | None) -> tuple[Untested, ...]:
    """List what can't be tested; no test is both in this list and made."""
    if not survey.verified.passed:
        return (Untested(("all tests",), "the dataset is damaged"),)
    if expected is None:
        why = "what a universe does depends on what it did: no formula gives its numbers"
        return (Untested(("all tests",), why),)
    found = [Untested(("prices", "items"), "they follow from the brands and lines; items are not counted")]
    no_roads = all(one is None for one in expected.reachable)
    if survey.scenario.kitchen is not None:
        found.append(
            Untested(tuple(INTERVALS), "stations and couriers decide the times, and orders wait in queues")
        )
    elif no_roads:
        found.append(Untested(_WITH_DRIVES, "the roads of the dataset are not at hand: give --roads"))
    if no_roads:
        found.append(Untested(OF_CUSTOMERS, "the roads of the dataset are not at hand: give --roads"))
    if _has_launches(survey):
        found.append(Untested(OF_BRANDS, "a brand is launched in the middle of a day"))
    elif np.isnan(expected.lines_per_order).all():
        found.append(Untested(("lines_per_order",), "a menu is so short that there is no formula"))
    return tuple(found)


def _has_launches(survey: Survey) -> bool:
    kitchens = [survey.scenario.kitchens_of(one) for one in survey.scenario.locations]
    return any(
        one.kind == BRAND_LAUNCH for these in kitchens if these is not None for one in these.disturbances
    )
