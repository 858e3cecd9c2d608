"""Read a dataset once: every check of `fastgen verify`, and the tally that all else is made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.dataset.reading.stored_scenario import parse_scenario
from fastgen.dataset.verify.run import verify_dataset
from fastgen.errors import DamageError, DataError
from fastgen.inputs.tables import read_tables
from fastgen.paths import check_input
from fastgen.reporting.axes import make_axes
from fastgen.reporting.counter import OrderCounter
from fastgen.reporting.engine import read_engine
from fastgen.reporting.trips import choose_played

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.verify.report import VerifyReport
    from fastgen.model.dimensions import Dimensions
    from fastgen.model.scenario import Scenario
    from fastgen.reporting.engine import Engine
    from fastgen.reporting.tally import Tally


@dataclass(frozen=True, eq=False)
class Survey:
    """What one pass over a dataset has found.

    Attributes
    ----------
    folder
        The dataset.
    manifest, scenario, dims
        What it states, and its tables.
    verified
        The findings of `fastgen verify`.
    tally
        Counts of its orders; only of those that are well formed, where it is damaged.
    engine
        What the engine of a universe has measured; None for other datasets.
    """

    folder: Path
    manifest: Manifest
    scenario: Scenario
    dims: Dimensions
    verified: VerifyReport
    tally: Tally
    engine: Engine | None = None

    def check_sound(self) -> None:
        """Refuse a damaged dataset.

        Raises
        ------
        DamageError
            If a check of `fastgen verify` failed.
        """
        for check in self.verified.checks:
            if not check.passed:
                raise DamageError(f"{self.folder}: {check.name}: {check.first}", self.folder)


def survey_dataset(path: str | Path, progress: Callable[[int], None] = lambda _: None) -> Survey:
    """Verify a dataset, and count its orders on the way.

    Parameters
    ----------
    path
        Folder that `fastgen build` made.
    progress
        Called with the number of rows after every batch.

    Raises
    ------
    DataError
        If there is no dataset.
    DamageError
        If its manifest or its tables can't be read. Other damage is in `Survey.verified`.
    """
    folder = check_input(path, "dataset")
    manifest = read_manifest(folder)
    scenario = parse_scenario(manifest, str(folder / MANIFEST), folder)
    try:
        dims = read_tables(folder)
    except DataError as error:
        raise DamageError(str(error), folder) from None
    orders = np.zeros(scenario.days, np.int64)
    for day in manifest.days:
        # A damaged manifest may have other days; verifying says so.
        if day.day < scenario.days:
            orders[day.day] += day.orders
    counter = OrderCounter(make_axes(manifest, scenario, dims), scenario, dims, choose_played(orders))
    verified = verify_dataset(folder, progress=progress, observe=counter.observe)
    engine = read_engine(folder, manifest, scenario.days) if verified.passed else None
    return Survey(folder, manifest, scenario, dims, verified, counter.finish(), engine)
