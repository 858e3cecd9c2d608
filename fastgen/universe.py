"""Universes from Python: what the commands `fastgen universe ...` do, as `fastgen.universe.run` and so on."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError

if TYPE_CHECKING:
    from fastgen.building.job import BuildResult
    from fastgen.templates.site_load import CheckedSite
    from fastgen.universes.compare import compare
    from fastgen.universes.run_options import RunProgress

__all__ = ["check", "compare", "init", "resume", "run"]

START = dt.date(2024, 1, 1)


def __getattr__(name: str) -> object:
    """Import what only comparisons need at its first use."""
    if name != "compare":
        raise AttributeError(f"module 'fastgen.universe' has no attribute {name!r}")
    from fastgen.universes.compare import compare  # noqa: PLC0415

    return compare


def init(folder: str | Path, preset: str = "canonical") -> Path:
    """Write the template folder of a preset, whole or not at all.

    Parameters
    ----------
    folder
        Path at which nothing is yet.
    preset
        "canonical" or "european".

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ScenarioError
        If there is no such preset.
    OutputError
        If something is there, or the folder can't be written.
    """
    from fastgen.paths import check_input  # noqa: PLC0415
    from fastgen.templates.preset_files import PRESETS, write_preset  # noqa: PLC0415

    if preset not in PRESETS:
        raise ScenarioError(f"preset: expected {' or '.join(map(repr, PRESETS))}, got {preset!r}.")
    path = check_input(folder, "folder")
    write_preset(preset, path)
    return path


def check(folder: str | Path, *, roads: str | Path | None = None, force: bool = False) -> list[CheckedSite]:
    """Check a template folder, and compute the load of each site.

    Parameters
    ----------
    folder
        The template folder.
    roads
        Folder of NAME.roads files for sites without a built-in network.
    force
        Whether to accept a load over 1.

    Raises
    ------
    ScenarioError
        If the templates are wrong, or a load is over 1.
    DataError
        If a road network can't be read.
    """
    from fastgen.paths import check_input  # noqa: PLC0415
    from fastgen.templates.reading import read_universe  # noqa: PLC0415
    from fastgen.templates.site_load import check_load, refuse_overload  # noqa: PLC0415

    universe = read_universe(check_input(folder, "folder"))
    checked = check_load(universe, None if roads is None else Path(roads), lambda _: None)
    if not force:
        refuse_overload(universe.folder, checked)
    return checked


def run(
    folder: str | Path,
    output: str | Path = "dataset",
    *,
    days: int = 7,
    seed: int = 42,
    start: dt.date = START,
    stop_at: str | None = None,
    snapshot_every: int = 7,
    roads: str | Path | None = None,
    workers: int | None = None,
    cloud_events: str | Path | None = None,
    force: bool = False,
    overwrite: bool = False,
    progress: RunProgress | None = None,
) -> BuildResult:
    """Run a template folder into a dataset; a run that was killed goes on.

    Parameters
    ----------
    folder
        The template folder.
    output
        Folder of the dataset.
    days, seed, start
        Days to make, seed of all draws, date of day 0.
    stop_at
        Time at which to stop, "3 18:30" on day 3 or an ISO time, UTC; orders then stay open. None: after the
        last day.
    snapshot_every
        Days between two snapshots of a site, from which a killed run goes on.
    roads
        Folder of NAME.roads files; a site without one there takes its built-in network.
    workers
        Sites that run at the same time, and workers of the build; None: as many as cores.
    cloud_events
        File, whose name ends in .jsonl, or folder for what happens in the kitchens, as CloudEvents; None:
        nowhere.
    force
        Whether to accept a load over 1.
    overwrite
        Whether to replace another dataset in that folder.
    progress
        Receives the progress.

    Returns
    -------
    BuildResult
        Manifest, folder and duration of the build of the events.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong; nothing is written then.
    OutputError
        If another dataset is in the way, or a file can't be written.
    """
    from fastgen.universes.run import run_universe  # noqa: PLC0415
    from fastgen.universes.run_options import RunOptions  # noqa: PLC0415

    options = RunOptions.of(
        workers,
        days=days,
        seed=seed,
        start=start,
        stop_at=stop_at,
        snapshot_every=snapshot_every,
        roads=roads,
        cloud_events=cloud_events,
    )
    return run_universe(folder, output, options, force=force, overwrite=overwrite, progress=progress)


def resume(
    dataset: str | Path,
    *,
    days: int,
    stop_at: str | None = None,
    snapshot_every: int = 7,
    roads: str | Path | None = None,
    workers: int | None = None,
    cloud_events: str | Path | None = None,
    progress: RunProgress | None = None,
) -> BuildResult:
    """Go on with a run from its last snapshots; the dataset becomes that of a single, longer run.

    Parameters
    ----------
    dataset
        Folder that `run` made.
    days
        Days that it then has.
    stop_at, snapshot_every, roads, workers, cloud_events, progress
        As of `run`.

    Raises
    ------
    ScenarioError, DataError
        If an input is wrong, or not that of the run; nothing is written then.
    OutputError
        If a file can't be written.
    """
    from fastgen.paths import check_input  # noqa: PLC0415
    from fastgen.universes.run import read_run, resume_universe  # noqa: PLC0415
    from fastgen.universes.stop_time import parse_stop  # noqa: PLC0415

    start = read_run(check_input(dataset, "dataset")).start_date
    return resume_universe(
        dataset,
        days,
        stop_at_us=parse_stop(stop_at, start),
        snapshot_every=snapshot_every,
        roads=None if roads is None else Path(roads),
        workers=workers,
        cloud_events=None if cloud_events is None else Path(cloud_events),
        progress=progress,
    )
