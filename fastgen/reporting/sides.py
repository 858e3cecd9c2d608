"""Read what is compared: a dataset, or the events of another tool without a manifest."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fastgen.dataset.layout import EVENTS, MANIFEST
from fastgen.dataset.manifest import read_manifest
from fastgen.paths import check_input
from fastgen.reporting.bare_events import count_bare_rows, read_bare_events
from fastgen.reporting.survey import survey_dataset

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from fastgen.reporting.survey import Survey
    from fastgen.reporting.tally import Tally


class Drawn(StrEnum):
    """What of the orders is drawn for each of them on its own."""

    ALL = "all"
    # Queues decide the times, and neighbouring orders wait in the same one.
    BASKETS = "what is ordered"
    # Customers of a universe order again and again.
    NOTHING = "nothing"


@dataclass(frozen=True, eq=False)
class Side:
    """One of two datasets.

    Attributes
    ----------
    tally
        Counts of its orders.
    drawn
        What tests may take for independent.
    facts
        What its manifest states, by name.
    scenario
        Its scenario, as the manifest has it; empty without a manifest.
    survey
        The dataset; None without a manifest.
    """

    tally: Tally
    drawn: Drawn
    facts: Mapping[str, str | int]
    scenario: Mapping[str, Any]
    survey: Survey | None


def read_side(path: str | Path, progress: Callable[[int], None] = lambda _: None) -> Side:
    """Read a dataset, or a folder or file of events without a manifest.

    Raises
    ------
    DataError
        If there is neither, or the events lack columns.
    DamageError
        If a dataset is damaged.
    """
    place = check_input(path, "dataset")
    if _is_bare(place):
        tally = read_bare_events(place)
        progress(int(tally.by_day[:, :, 1].sum()))
        return Side(tally, Drawn.ALL, {"manifest": "none", **_count(tally)}, {}, None)
    survey = survey_dataset(place, progress)
    survey.check_sound()
    manifest = survey.manifest
    drawn = Drawn.ALL
    if manifest.source is not None:
        drawn = Drawn.NOTHING if survey.scenario.kitchen is None else Drawn.BASKETS
    facts: dict[str, str | int] = {
        "manifest": "there",
        "fastgen_version": manifest.fastgen_version,
        "digest": manifest.digest,
        "scenario": survey.scenario.name,
        "scenario_hash": manifest.scenario_hash,
        "dimensions_hash": manifest.dimensions_hash,
        "seed": survey.scenario.seed,
        "source": "drawn" if manifest.source is None else manifest.source.name,
        **{f"roads of {one.code}": one.hash for one in manifest.networks},
        **_count(survey.tally),
    }
    return Side(survey.tally, drawn, facts, manifest.scenario, survey)


def count_rows(path: str | Path) -> int:
    """Count the rows of what `read_side` reads, without reading them; errors as there."""
    place = check_input(path, "dataset")
    return count_bare_rows(place) if _is_bare(place) else read_manifest(place).rows


def _is_bare(place: Path) -> bool:
    return not (place / MANIFEST).exists() and (place.is_file() or (place / EVENTS).exists())


def _count(tally: Tally) -> dict[str, str | int]:
    orders, events, cents, delivered, cancelled = tally.by_day.sum(axis=(0, 1)).tolist()
    return {
        "start": tally.axes.start.isoformat(),
        "days": tally.axes.n_days,
        "locations": ", ".join(tally.axes.codes),
        "orders": orders,
        "events": events,
        "revenue_usd": f"{cents / 100:.2f}",
        "delivered": delivered,
        "cancelled": cancelled,
    }
