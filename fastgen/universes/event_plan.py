"""Plan the build of a universe's events from the orders that its sites have recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from fastgen.building.options import BuildOptions
from fastgen.building.plan import plan_simulation
from fastgen.generating.simulation import make_simulation
from fastgen.units import US_PER_S
from fastgen.universes.recorded_source import RecordedSource
from fastgen.universes.scenario import make_scenario, make_tables

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from fastgen.building.plan import BuildPlan
    from fastgen.templates.universe import Universe
    from fastgen.universes.run_folder import RunRecord, SiteRecord
    from fastgen.universes.site_plan import SitePlan


def plan_events(
    universe: Universe,
    plans: Sequence[SitePlan],
    run: RunRecord,
    sites: Mapping[str, SiteRecord],
    folder: Path,
) -> BuildPlan:
    """Plan the build of a run's events.

    Parameters
    ----------
    universe, plans
        The templates, and the plan of each of their sites.
    run, sites
        What was run, and what each site has recorded.
    folder
        The folder `universe`, in which the recorded files are.
    """
    # A site further east may have reached a day that others haven't, where a run stops early.
    days = max(len(site.n_orders) for site in sites.values())
    scenario = make_scenario(universe, plans, run.seed, plans[0].start, days)
    ids = [place.location_id for place in scenario.locations]
    records = dict(zip(ids, [sites[place.code] for place in scenario.locations], strict=True))
    source = RecordedSource(
        run.source,
        {key: {one.first_day: folder / one.path for one in site.files} for key, site in records.items()},
        {key: np.array(site.n_orders + (0,) * (days - len(site.n_orders))) for key, site in records.items()},
        max(plan.population.lines_max for plan in plans),
        # In whole seconds, rounded up.
        max(1, *(-(-site.longest_preparation_us // US_PER_S) for site in records.values())),
    )
    tables = dict(zip(ids, [plan.rides.table for plan in plans], strict=True))
    dims = make_tables(universe, scenario)
    return plan_simulation(make_simulation(scenario, dims, tables, lambda *_: source), BuildOptions())
