"""Apply faults to live kitchens: those of a faults file, and the nulls of the kitchens' configs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.faults.plan import FaultPlan, nulls_of_dq
from fastgen.loading import needed_kernels
from fastgen.model.fields import to_dict

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from fastgen.dataset.index import DatasetIndex
    from fastgen.faults.windows import FaultyWindows
    from fastgen.live_kitchens.config import LiveConfig
    from fastgen.live_kitchens.kitchen import Kitchen
    from fastgen.wire.formats import Encoders


def nulls_of(kitchen: Kitchen) -> FaultPlan | None:
    """Make the faults of the key `dq` of a kitchen's config; None: no field can become null."""
    nulls = nulls_of_dq(kitchen.config.to_dict()["dq"])
    name = f"{kitchen.config.location_name}: dq"
    return FaultPlan(kitchen.scenario.seed, nulls, name) if nulls else None


def render_nulls(config: LiveConfig) -> str:
    """Write the faults of the key `dq` as the end of a scenario file, whose seed draws them."""
    # A text, since a Scenario has no faults: they belong to the stream.
    nulls = nulls_of_dq(config.to_dict()["dq"])
    lines = ["", "# Faults of the stream; the dataset doesn't know them."] if nulls else []
    for fault in nulls:
        # These values, texts, numbers and lists of texts, are the same in JSON and in TOML.
        keys = (f"{key} = {json.dumps(value)}" for key, value in to_dict(fault).items())
        lines += ["", "[[faults]]", *keys]
    return "".join(f"{line}\n" for line in lines)


def open_faults(
    plan: FaultPlan | None,
    kitchens: Sequence[Kitchen],
    index: DatasetIndex,
    encoders: Encoders,
    folder: Path,
) -> FaultyWindows | None:
    """Prepare the faults of a run.

    The faults of the file act first, then those of the configs. Each config's faults are drawn by the seed of
    its kitchen, so that other kitchens don't change them.

    Parameters
    ----------
    plan
        The faults of the faults file; None: there is no such file.
    kitchens
        The kitchens; their number, from 1, is their location_id.
    index, encoders
        Index of the kitchens as one dataset, and the encoders of their rows.
    folder
        Folder of the ledger's segments.

    Returns
    -------
    FaultyWindows or None
        None: there are no faults.

    Raises
    ------
    ScenarioError
        If a fault names an unknown kitchen, or a time that ends before it begins.
    """
    nulls = [
        (number, own)
        for number, kitchen in enumerate(kitchens, start=1)
        if (own := nulls_of(kitchen)) is not None
    ]
    if plan is None and not nulls:
        return None
    with needed_kernels():
        from fastgen.faults.rules import make_rules  # noqa: PLC0415  # kernels
        from fastgen.faults.windows import FaultyWindows  # noqa: PLC0415  # kernels

    def locate(names: Iterable[str] | None) -> tuple[int, ...] | None:
        return None if names is None else _find_kitchens(kitchens, index, names)

    rules = [] if plan is None else [*make_rules(plan, index, locate)]
    for number, own in nulls:
        in_kitchen = [rule._replace(locations=(number,)) for rule in make_rules(own, index)]
        # Numbers go on through all plans: the ledger knows a fault by its number.
        rules += [rule._replace(number=len(rules) + rule.number) for rule in in_kitchen]
    return FaultyWindows(rules, 0 if plan is None else plan.max_delay_s, encoders, folder)


def _find_kitchens(kitchens: Sequence[Kitchen], index: DatasetIndex, names: Iterable[str]) -> tuple[int, ...]:
    """Find the numbers of kitchens by name, code or number."""
    # Two kitchens near the same built-in network have the same code, which then means both.
    known = [
        (number, (kitchen.config.location_name, index.codes[number], str(number)))
        for number, kitchen in enumerate(kitchens, start=1)
    ]
    found = set[int]()
    for name in names:
        numbers = {number for number, own in known if name in own}
        if not numbers:
            shown = ", ".join(f"{own[0]} ({own[1]}, {own[2]})" for _, own in known)
            raise ScenarioError(f"locations: expected names, codes or numbers among {shown}, got {name!r}.")
        found |= numbers
    return tuple(sorted(found))
