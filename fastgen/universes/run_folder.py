"""Define the folder `universe` of a dataset: what was run, and what it has recorded so far."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import shutil
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from fastgen.dataset.manifest_entries import FileEntry
from fastgen.dataset.result_tables import RUN
from fastgen.dataset.seal import seal, unseal
from fastgen.errors import DamageError, DataError
from fastgen.files import hash_file, read_regular, write_whole
from fastgen.model.fields import to_dict
from fastgen.records import make_record, parse_json
from fastgen.rng import STREAM_VERSION
from fastgen.templates.reading import INGREDIENTS

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Mapping, Sequence
    from pathlib import Path

    from fastgen.dataset.manifest_entries import Source
    from fastgen.templates.universe import Universe
    from fastgen.universes.run_options import RunOptions
    from fastgen.universes.site_plan import SitePlan

LOCK = "lock"
# Of sites that other processes record, as long as they do.
TASKS = "tasks"
TEMPLATES, ORDERS, SNAPSHOTS, TABLES = "templates", "orders", "snapshots", "tables"
# Hashes of the tables that got the ids of orders; snapshots have those of the tables without ids.
NUMBERED = "numbered"
FORMAT_VERSION = 1
# Increase it with every change of what the engine does with the same templates.
ENGINE_VERSION = 1
# Stands between the name of a run's orders and the time at which they stop.
_UNTIL = " until "


@dataclass(frozen=True)
class RecordedFile:
    """A file of recorded orders: those of the days first_day..last_day of a site."""

    path: str
    first_day: int
    last_day: int
    sha256: str


@dataclass(frozen=True)
class SiteRecord:
    """What a site has recorded.

    Attributes
    ----------
    n_orders
        Orders of each day.
    longest_preparation_us
        Longest time from the creation of an order to its pick-up or cancellation.
    files
        Files of its orders, relative to the folder `universe`, in the order of days.
    """

    n_orders: tuple[int, ...] = ()
    longest_preparation_us: int = 0
    files: tuple[RecordedFile, ...] = ()

    @classmethod
    def of(cls, raw: dict[str, Any]) -> Self:
        """Make a record from a JSON object.

        Raises
        ------
        ValueError, KeyError, TypeError
            If it is none of a site.
        """
        files = tuple(make_record(RecordedFile, one) for one in raw["files"])
        return cls(tuple(map(int, raw["n_orders"])), int(raw["longest_preparation_us"]), files)

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return asdict(self)


@dataclass(frozen=True)
class RunRecord:
    """What `run.json` states.

    Attributes
    ----------
    run_id
        Hash of all that decides the orders, other than the number of days.
    source
        Name of the source of orders, as the dataset's manifest has it, with the time at which it stops early.
    seed, start, days
        As the user stated them; start is a date.
    stop_at_us
        Where the run stops on its last day, microseconds since the epoch; None: after the last day.
    sites
        By name, once all of them have run; None before.
    tables
        Files of the result tables, relative to the folder `universe`, once they are complete; empty before.
    """

    run_id: str
    source: str
    seed: int
    start: str
    days: int
    stop_at_us: int | None = None
    sites: Mapping[str, SiteRecord] | None = None
    tables: Sequence[FileEntry] = ()
    format_version: int = FORMAT_VERSION

    @property
    def start_date(self) -> dt.date:
        """Date of day 0."""
        return dt.date.fromisoformat(self.start)

    def has_made(self, source: Source | None) -> bool:
        """Whether the orders of a manifest's source are this run's, wherever it stopped then."""
        return source is not None and source.name.partition(_UNTIL)[0] == self.source.partition(_UNTIL)[0]

    def ended(self, sites: Mapping[str, SiteRecord], tables: Sequence[FileEntry]) -> Self:
        """Make the record of a run that has ended."""
        return replace(self, sites=sites, tables=tables)

    @classmethod
    def read(cls, universe: Path) -> Self | None:
        """Read the record of a folder `universe`; None where there is none.

        Raises
        ------
        DamageError, DataError
            If it is damaged, or of a later version.
        """
        path = universe / RUN
        try:
            raw = parse_json(unseal(read_regular(path).decode(), required=True))
        # Not a directory: a file where a dataset, or its folder `universe`, was expected.
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise DamageError(f"{path}: expected the record of a run, got: {error.strerror}.") from None
        except ValueError as error:
            raise DamageError(f"{path}: expected the record of a run, got: {error}.") from None
        version = raw.get("format_version") if isinstance(raw, dict) else None
        if version != FORMAT_VERSION:
            raise DataError(f"{path}: expected format_version {FORMAT_VERSION}, got {version!r}.")
        try:
            sites, tables, record = raw.pop("sites"), raw.pop("tables"), make_record(cls, raw)
            if sites is None:
                return record
            files = [make_record(FileEntry, one) for one in tables]
            return record.ended({name: SiteRecord.of(site) for name, site in sites.items()}, files)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamageError(f"{path}: expected the record of a run, got: {error}.") from None

    def write(self, universe: Path) -> None:
        """Write the record, whole or not at all.

        Raises
        ------
        OutputError
            If it can't be written.
        """
        text = json.dumps(asdict(self), indent=1) + "\n"
        write_whole(universe / RUN, seal(text).encode())


def describe_run(universe: Universe, plans: Sequence[SitePlan], options: RunOptions) -> RunRecord:
    """Make the record of a run that hasn't begun."""
    # By what the files mean, not by their bytes: blanks and the order of keys change no order.
    templates = {
        "sites": {file: to_dict(site) for file, site in universe.sites.items()},
        "brands": {file: to_dict(brand) for file, brand in universe.brands.items()},
        "ingredients": [to_dict(one) for one in universe.ingredients],
    }
    engine = f"universe {ENGINE_VERSION} {_hash(templates)}"
    source = engine
    stop_us = options.stop_at_us
    if stop_us is not None and any(stop_us < plan.day_start_us(options.days + 1) for plan in plans):
        # The same days have other orders and endings then, so their files are those of another dataset.
        source += f"{_UNTIL}{options.epoch + dt.timedelta(microseconds=stop_us):%Y-%m-%dT%H:%M:%S.%fZ}"
    roads = {plan.site.info.name: plan.rides.table.network_hash for plan in plans}
    return RunRecord(
        run_id=_hash([engine, STREAM_VERSION, options.seed, options.start.isoformat(), roads]),
        source=source,
        seed=options.seed,
        start=options.start.isoformat(),
        days=options.days,
        stop_at_us=options.stop_at_us,
    )


def _hash(tree: object) -> str:
    text = json.dumps(tree, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def begin_run(universe: Universe, record: RunRecord, folder: Path) -> None:
    """Copy the templates into the folder `universe`, and write the record of a run that has just begun.

    What a run before has recorded stays as it is.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    copy = folder / TEMPLATES
    # A run that is resumed reads its templates from the copy.
    if universe.folder != copy:
        paths = [f"sites/{file}" for file in universe.sites] + [f"brands/{file}" for file in universe.brands]
        for path in (*paths, INGREDIENTS):
            write_whole(copy / path, (universe.folder / path).read_bytes())
    if RunRecord.read(folder) != record:
        record.write(folder)


def check_files(universe: Path, files: Iterable[RecordedFile | FileEntry]) -> None:
    """Check that files of a run have the bytes that were written.

    Raises
    ------
    DamageError
        If one is missing or damaged.
    """
    for file in files:
        check_file(universe / file.path, {file.sha256})


def check_file(path: Path, sha256s: Container[str | None]) -> None:
    """Check that a file of a run has one of some hashes; errors as of `check_files`."""
    try:
        same = hash_file(path) in sha256s
    except OSError as error:
        raise DamageError(f"{path}: expected a file of the run, got: {error.strerror}.") from None
    if not same:
        raise DamageError(f"{path}: expected the bytes that the run has written, got others.")


def remove_run(universe: Path) -> None:
    """Remove all that a run has put into its folder; other files stay."""
    # First, so that a killed command leaves nothing that looks finished.
    (universe / RUN).unlink(missing_ok=True)
    for name in (SNAPSHOTS, ORDERS, TABLES, NUMBERED, TEMPLATES):
        shutil.rmtree(universe / name, ignore_errors=True)


def remove_unfinished(universe: Path) -> None:
    """Remove the files and folders that a killed run was writing in the folder `universe`."""
    # First: processes of its cluster give up when this folder is gone.
    shutil.rmtree(universe / TASKS, ignore_errors=True)
    # Polars refuses to read a folder that has files of several endings.
    for path in [*universe.rglob(".*.tmp")]:
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
