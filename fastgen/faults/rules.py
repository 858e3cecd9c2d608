"""Fit the faults of a plan to a dataset, and choose the events that each one hits."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fastgen.dataset.index import select_ids, select_types
from fastgen.dataset.instants import parse_instant
from fastgen.errors import ScenarioError
from fastgen.events.schema import EVENT_TYPE_IDS
from fastgen.faults.draws import Purpose, shares, words_of
from fastgen.faults.fault import HOLD_S
from fastgen.units import US_PER_S

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from numpy.typing import NDArray

    from fastgen.dataset.index import DatasetIndex
    from fastgen.faults.fault import Fault
    from fastgen.faults.plan import FaultPlan

    # Finds the ids of named locations; None: all.
    Locate = Callable[[Iterable[str] | None], tuple[int, ...] | None]


class Facts(NamedTuple):
    """What decides which faults hit an event; one entry for each event.

    Attributes
    ----------
    types, locations
        int64 (n,), event_type_id and location_id.
    times_us
        int64 (n,), virtual microseconds, as exact as the wire writes them.
    keys
        uint64 (n,), see `event_keys`.
    """

    types: NDArray[np.int64]
    locations: NDArray[np.int64]
    times_us: NDArray[np.int64]
    keys: NDArray[np.uint64]

    @property
    def seconds(self) -> NDArray[np.int64]:
        """Virtual seconds, int64 (n,)."""
        return self.times_us // US_PER_S

    def take(self, chosen: NDArray[np.int64] | NDArray[np.bool_]) -> Facts:
        """Take some events, by their indices or a mask."""
        types, locations, times_us, keys = self
        return Facts(types[chosen], locations[chosen], times_us[chosen], keys[chosen])

    def and_copies(self, chosen: NDArray[np.int64], keys: NDArray[np.uint64]) -> Facts:
        """Add copies of some events, which have keys of their own."""
        types, locations, times_us, _ = self.take(chosen)
        return Facts(
            np.append(self.types, types),
            np.append(self.locations, locations),
            np.append(self.times_us, times_us),
            np.append(self.keys, keys),
        )


class Rule(NamedTuple):
    """A fault, in the numbers of one dataset.

    Attributes
    ----------
    number, fault, seed
        Its number in the stream, from 1 on; the fault; the plan's seed.
    draws
        Number of the fault in its own plan, by which its draws differ from those of the plan's other faults.
    types, locations
        Ids; None: all.
    start_s, end_s
        Virtual seconds at which it hits, the end excluded; None: no bound.
    epoch_s
        Second from which the intervals of bursts are counted.
    """

    number: int
    fault: Fault
    seed: int
    draws: int
    types: tuple[int, ...] | None
    locations: tuple[int, ...] | None
    start_s: int | None
    end_s: int | None
    epoch_s: int

    def hits(self, facts: Facts) -> NDArray[np.bool_]:
        """Choose the events that the fault hits, bool (n,)."""
        hit = np.ones(len(facts.keys), bool)
        if self.types is not None:
            hit &= np.isin(facts.types, self.types)
        if self.locations is not None:
            hit &= np.isin(facts.locations, self.locations)
        if self.start_s is not None:
            hit &= facts.times_us >= self.start_s * US_PER_S
        if self.end_s is not None:
            hit &= facts.times_us < self.end_s * US_PER_S
        if self.fault.kind == "burst":
            return hit & self._is_held(facts.seconds)
        # Draws cost most here, so only for those that are left.
        chosen = np.flatnonzero(hit)
        hit[chosen] = shares(self.words(facts.keys[chosen])) < self._share
        return hit

    def among(self, types: tuple[str, ...]) -> Rule:
        """Limit the rule to some event types."""
        ids = set(map(EVENT_TYPE_IDS.__getitem__, types))
        return self._replace(types=tuple(sorted(ids if self.types is None else ids & set(self.types))))

    @property
    def _share(self) -> float:
        if self.fault.every is not None:
            return 1.0 / self.fault.every
        return 1.0 if self.fault.probability is None else self.fault.probability

    def _is_held(self, seconds: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Choose the events in intervals that a burst holds back, bool (n,)."""
        # Drawn once for an interval, not for each of its events.
        number = (seconds - self.epoch_s) // self.hold_s
        if self.fault.every is not None:
            return np.equal(number % self.fault.every, 0)
        return shares(self.words(number.astype(np.uint64))) < self._share

    @property
    def hold_s(self) -> int:
        """Length of the intervals of a burst, seconds."""
        return self.fault.hold_s or HOLD_S

    def released_s(self, seconds: NDArray[np.int64]) -> NDArray[np.int64]:
        """Compute the second at which a burst emits events: the end of their interval."""
        return seconds + self.hold_s - (seconds - self.epoch_s) % self.hold_s

    def words(self, keys: NDArray[np.uint64], purpose: Purpose = Purpose.CHOICE) -> NDArray[np.uint32]:
        """Draw the words of the fault for each key."""
        return words_of(keys, self.seed, self.draws, purpose)


def make_rules(plan: FaultPlan, index: DatasetIndex, locate: Locate | None = None) -> tuple[Rule, ...]:
    """Fit the faults of a plan to a dataset.

    Parameters
    ----------
    plan
        The plan.
    index
        The dataset.
    locate
        Finds the ids of the locations that a fault names; None: by code or id.

    Raises
    ------
    ScenarioError
        "FILE: fault NUMBER: KEY: expected ..., got VALUE.", for a location that the dataset doesn't have, or
        a time that ends before it begins.
    """
    find = locate or partial(select_ids, index)
    rules: list[Rule] = []
    added: set[str] = set()
    for number, fault in enumerate(plan.faults, start=1):
        rule = _make_rule(plan, number, fault, index, find)
        # Long lines that can't have the field needn't be searched for it.
        if fault.is_of_body and fault.field not in added:
            rule = rule.among(fault.types_with_field)
        added |= fault.added_fields
        rules.append(rule)
    return tuple(rules)


def _make_rule(plan: FaultPlan, number: int, fault: Fault, index: DatasetIndex, locate: Locate) -> Rule:
    try:
        locations, types = locate(fault.locations), select_types(index, fault.types)
        start_s, end_s = (
            None if instant is None else parse_instant(instant, index.epoch_s, key)
            for key, instant in (("from", fault.start), ("to", fault.end))
        )
        if start_s is not None and end_s is not None and end_s <= start_s:
            raise ScenarioError(  # noqa: TRY301
                f"to: expected an instant after that of from, {fault.start}, got {fault.end}."
            )
    except ScenarioError as error:
        raise ScenarioError(f"{plan.source}: fault {number}: {error}") from None
    return Rule(number, fault, plan.seed, number, types, locations, start_s, end_s, index.epoch_s)
