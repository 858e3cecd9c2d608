"""Keep the state of a site on disk, as Parquet tables that a person can query, and go on from it.

A snapshot is a folder of tables and a file `snapshot.json` with their hashes. It has no list of events, which
follow from the rest. Times are microseconds since the epoch of the dataset; 4611686018427387904 stands for a
time that never comes, the same below 0 for one before all others, and -1 for none. What happens to an order
may fall on -1 itself: that is written as -4611686018427387904.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa

from fastgen.dataset.seal import seal, unseal
from fastgen.errors import DamageError, OutputError
from fastgen.files import sync_folder, write_whole
from fastgen.paths import hidden_beside
from fastgen.queueing.kernels import records as r
from fastgen.queueing.kernels.site import rebuild_events
from fastgen.queueing.site import make_site
from fastgen.universes.integer_tables import decode_table, encode_table, exchange_not_yet
from fastgen.universes.site_run import SiteRun, draw_day

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from fastgen.queueing.kernels.records import SiteArrays
    from fastgen.universes.site_plan import SitePlan

SNAPSHOT = "snapshot.json"
FORMAT_VERSION = 1
# Columns of each table, in the order of the engine's records.
COLUMNS: dict[str, tuple[str, ...]] = {
    "orders": (
        *("created_us", "number", "customer", "packing_us", "ride_out_mm", "ride_back_mm", "first_line"),
        *("end_line", "state", "lines_left", "lines_far", "started_us", "finished_us", "ready_us"),
        *("assigned_us", "courier", "arrived_us", "picked_up_us", "ended_us", "draw"),
    ),
    "lines": ("first_step", "end_step", "order", "step", "next_line", "kitchen", "near", "item"),
    "steps": ("duration_us", "expected_left_us", "station_type", "started_us", "station"),
    "pools": ("first_station", "working", "busy", "first_line", "last_line"),
    "stations": ("pool", "line"),
    "couriers": ("pace_us", "order", "back_us"),
    "kitchens": ("is_open",),
    "customers": ("free_us",),
    "couriers_home": ("key", "courier"),
    "couriers_riding": ("back_us", "courier"),
    "orders_waiting": ("key", "order"),
}
_MAY_BE_NOT_YET = (
    *("started_us", "finished_us", "ready_us", "assigned_us"),
    *("arrived_us", "picked_up_us", "ended_us"),
)
# The arrays of `SiteArrays` that the tables hold; of the last three, the entries in use.
_ARRAYS = {"kitchens": "is_open", "customers": "customer_free", "couriers_home": "home"}
_ARRAYS |= {"couriers_riding": "riding", "orders_waiting": "waiting"}
_IN_USE = {"couriers_home": r.N_HOME, "couriers_riding": r.N_RIDING, "orders_waiting": r.N_WAITING}


def write_snapshot(run: SiteRun, carried: Mapping[str, Any], folder: Path, epoch: dt.datetime) -> None:
    """Write the state of a site into a new folder in `folder`, whole or not at all, and remove older ones.

    Parameters
    ----------
    run
        The site.
    carried
        What else goes on from there, as JSON.
    folder
        Folder of the site's snapshots.
    epoch
        Time of day 0, 00:00 of the dataset, which gives the snapshot its name.

    Raises
    ------
    OutputError
        If it can't be written.
    """
    # Sorts by time: the year has four digits, and all times are UTC.
    name = (epoch + dt.timedelta(microseconds=run.clock_us)).strftime("%Y%m%dT%H%M%S.%fZ")
    unfinished = hidden_beside(folder / name, ".tmp")
    files = {table: _encode(columns, _get(run.arrays, table)) for table, columns in COLUMNS.items()}
    stated = {
        "format_version": FORMAT_VERSION,
        "clock_us": run.clock_us,
        "n_drawn": run.n_drawn,
        "n_taken": run.n_taken,
        "progress": run.arrays.progress.tolist(),
        **carried,
        "files": {table: hashlib.sha256(data).hexdigest() for table, data in files.items()},
    }
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        # One that is there already is of the same state.
        if not (folder / name).exists():
            for table, data in files.items():
                file = f"{table}.parquet"
                write_whole(unfinished / file, data, name=folder / name / file)
            text = seal(json.dumps(stated, indent=1) + "\n")
            write_whole(unfinished / SNAPSHOT, text.encode(), name=folder / name / SNAPSHOT)
            unfinished.rename(folder / name)
            sync_folder(folder)
    except OSError as error:
        raise OutputError(f"{folder / name}: expected to write a snapshot, got: {error.strerror}.") from None
    # Only now: until the new one is whole, the one before counts.
    for older in folder.iterdir():
        if older.name != name:
            shutil.rmtree(older, ignore_errors=True)


def find_snapshot(folder: Path) -> Path | None:
    """Find the last snapshot of a site, or None."""
    try:
        names = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
    except OSError:
        return None
    return folder / names[-1] if names else None


def read_snapshot(plan: SitePlan, path: Path) -> tuple[SiteRun, dict[str, Any]]:
    """Read a snapshot of a site.

    Parameters
    ----------
    plan
        The plan with which the site has run.
    path
        Folder of the snapshot.

    Returns
    -------
    tuple of (SiteRun, dict)
        The site, and all that `snapshot.json` states.

    Raises
    ------
    DamageError
        If a file is missing or damaged.
    """
    try:
        stated: dict[str, Any] = json.loads(unseal((path / SNAPSHOT).read_bytes().decode(), required=True))
        if stated["format_version"] != FORMAT_VERSION:
            raise ValueError(f"format_version {stated['format_version']!r}")  # noqa: TRY301
        # Of a site whose state is then replaced.
        empty = make_site(plan.capacity, draw_day(plan, 0), plan.changes, plan.weather)
        tables = {
            table: _decode(path / f"{table}.parquet", columns, stated["files"][table])
            for table, columns in COLUMNS.items()
        }
        arrays = _put(empty, np.array(stated["progress"], np.int64), tables)
        run = SiteRun(plan, arrays, stated["clock_us"], stated["n_drawn"], stated["n_taken"])
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        raise DamageError(f"{path}: expected a whole snapshot, got: {error}.") from None
    rebuild_events(arrays)
    return run, stated


def _get(arrays: SiteArrays, table: str) -> NDArray[np.int64]:
    """Get the rows of a table: int64 (n_rows, n_columns)."""
    array: NDArray[np.int64] = getattr(arrays, _ARRAYS.get(table, table))
    if table in _IN_USE:
        array = array[: arrays.progress[_IN_USE[table]]]
    return array.reshape(len(array), len(COLUMNS[table]))


def _put(empty: SiteArrays, progress: NDArray[np.int64], tables: dict[str, NDArray[np.int64]]) -> SiteArrays:
    """Put the rows of all tables into a site that has only what its plan decides."""
    # The loop needs room for all that a heap may hold. Each entry is one courier, or one order.
    owners = {"couriers_home": "couriers", "couriers_riding": "couriers", "orders_waiting": "orders"}
    for table, owner in owners.items():
        room = len(tables[owner]) - len(tables[table])
        tables[table] = np.concatenate((tables[table], np.zeros((room, 2), np.int64)))
    flat = {table: rows[:, 0] if len(COLUMNS[table]) == 1 else rows for table, rows in tables.items()}
    named = {_ARRAYS.get(table, table): np.ascontiguousarray(rows) for table, rows in flat.items()}
    return empty._replace(progress=progress, tree=np.full_like(empty.tree, r.NEVER), **named)


def _encode(columns: tuple[str, ...], rows: NDArray[np.int64]) -> bytes:
    named = dict(zip(columns, rows.T, strict=True))
    return encode_table({name: _exchange(name, values) for name, values in named.items()}, {})


def _decode(path: Path, columns: tuple[str, ...], sha256: str) -> NDArray[np.int64]:
    data = path.read_bytes()
    if hashlib.sha256(data).hexdigest() != sha256:
        raise ValueError(f"{path.name} has other bytes than were written")
    named = decode_table(data, columns)
    return np.stack([_exchange(name, values) for name, values in named.items()], axis=1)


def _exchange(name: str, values: NDArray[np.int64]) -> NDArray[np.int64]:
    """Exchange times that haven't come, as memory and files have them, in the columns that have some."""
    return exchange_not_yet(values) if name in _MAY_BE_NOT_YET else values
