"""Record the finished files of a build: each has a receipt with its hash and the digests of its days."""

from __future__ import annotations

import contextlib
import json
import stat
from typing import TYPE_CHECKING

from fastgen.building.part import PartResult
from fastgen.dataset.layout import LOCK, MANIFEST, TABLES, WORK, table_path
from fastgen.dataset.manifest import read_manifest
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.errors import DataError, OutputError
from fastgen.events.digest import DayDigest
from fastgen.files import hash_file, remove, write_whole
from fastgen.parquet.file import is_made_here
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.building.plan import BuildPlan, OutputFile

BUILD_FILE = "build.json"
RECEIPTS = "receipts"
# Prefixes of the folders of running and of ended runs; see shared.py.
RUN, ENDED = "run-", "ended-"


class Receipts:
    """The receipts in the work folder of a build.

    Parameters
    ----------
    plan
        The plan.
    out, work
        Folder of the dataset, and the work folder in it.
    anew
        Whether to discard all receipts of earlier runs.
    """

    def __init__(self, plan: BuildPlan, out: Path, work: Path, *, anew: bool) -> None:
        self._out, self._work = out, work
        self._folders: set[Path] = set()
        end_runs(work)
        if anew or not is_of_build(work, plan.build_id):
            # A manifest here is that of the dataset being replaced: also a new build needs its list of files.
            _clear_work(work, {LOCK, MANIFEST} if anew else {LOCK})
            write_whole(work / BUILD_FILE, json.dumps({"build_id": plan.build_id}).encode())
            if not anew:
                self._adopt(plan)

    def _adopt(self, plan: BuildPlan) -> None:
        """Write receipts for the files of this build's own dataset, which may be damaged.

        `get` checks each file before it is kept.
        """
        try:
            manifest = read_manifest(self._out)
        except DataError:
            return
        days = {(d.location_id, d.day): d for d in manifest.days}
        entries = {entry.path: entry for entry in manifest.files}
        for file in plan.files if manifest.build_id == plan.build_id else ():
            entry = entries.get(file.path)
            keys = [(s.location_id, day) for s in file.spans for day in range(s.first_day, s.last_day + 1)]
            if entry is not None and all(key in days for key in keys):
                self.add(PartResult(entry, tuple(days[key] for key in keys)))

    def _path(self, path: str) -> Path:
        return _receipt_path(self._work, path)

    def add(self, result: PartResult) -> None:
        """Record a finished file."""
        write_whole(self._path(result.entry.path), encode_receipt(result))

    def take_in(self, result: PartResult, file: Path, receipt: Path) -> None:
        """Move a finished file of another process, and its receipt, to their paths in the work folder.

        Raises
        ------
        OutputError
            If the file is missing, or has another size.
        """
        target, size = self._work / result.entry.path, result.entry.bytes
        try:
            if has_size(file, size):
                self._make_folder(target.parent)
                file.replace(target)
            elif not has_size(target, size):  # else a run that was killed has moved it
                raise OutputError(
                    f"{file}: expected the {size} bytes that a task wrote, got none: "
                    "the output has to be a folder that driver and executors share."
                )
            self._make_folder(self._path(result.entry.path).parent)
            receipt.replace(self._path(result.entry.path))
        except OSError as error:
            raise OutputError(f"{file}: expected to move the file, got: {error.strerror or error}.") from None

    def _make_folder(self, folder: Path) -> None:
        """Create a folder, but only once: on a network file system each call takes a while."""
        if folder not in self._folders:
            folder.mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)

    def get(self, file: OutputFile) -> PartResult | None:
        """Return the result of a file if it is finished and whole, else None."""
        try:
            result = decode_receipt(self._path(file.path).read_bytes())
        except (OSError, ValueError):
            return None
        entry = result.entry
        if entry.path != file.path:
            return None
        if has_size(self._work / entry.path, entry.bytes):
            return result
        placed = self._out / entry.path
        # A run that was killed may have moved the file to its final path. A file of an older dataset may have
        # the same path and size there, so the hash decides.
        if has_size(placed, entry.bytes) and hash_file(placed) == entry.sha256:
            return result
        return None


def _receipt_path(work: Path, path: str) -> Path:
    # All receipts are in one folder; no path of an event file has a "+".
    return work / RECEIPTS / (path.replace("/", "+") + ".json")


def is_of_build(work: Path, build_id: str) -> bool:
    """Say whether a work folder belongs to an unfinished run of a build."""
    try:
        return bool(parse_json((work / BUILD_FILE).read_bytes()) == {"build_id": build_id})
    except (OSError, ValueError):
        return False


def placed_names(plan: BuildPlan, out: Path) -> set[str]:
    """List the event files that an unfinished run has put in place: those of the size in their receipts."""
    names = set()
    for file in plan.files:
        # A file without a whole receipt was never finished, so it isn't in its place either.
        with contextlib.suppress(OSError, ValueError):
            entry = decode_receipt(_receipt_path(out / WORK, file.path).read_bytes()).entry
            if has_size(out / file.path, entry.bytes):
                names.add(file.path)
    return names


def placed_by_another(out: Path) -> set[str]:
    """List the files that an unfinished run of another build has put in place: those that match its receipts.

    Tables have no receipts. A run puts them in place after all event files, so they count only if no event
    file is left in the work folder.
    """
    work, names, waiting = out / WORK, set[str](), False
    for path in (work / RECEIPTS).glob("*.json"):
        with contextlib.suppress(OSError, ValueError):
            entry = decode_receipt(path.read_bytes()).entry
            waiting = waiting or (work / entry.path).exists()
            placed = out / entry.path
            if has_size(placed, entry.bytes) and hash_file(placed) == entry.sha256:
                names.add(entry.path)
    if names and not waiting:
        names |= {
            name
            for name in map(table_path, TABLES)
            if not (work / name).exists() and is_made_here(out / name)
        }
    return names


def encode_receipt(result: PartResult) -> bytes:
    """Write the result of a file as JSON."""
    return json.dumps({"entry": result.entry.to_dict(), "days": result.days}).encode()


def decode_receipt(data: bytes) -> PartResult:
    """Read the result of a file.

    Raises
    ------
    ValueError
        If the data are not a receipt.
    """
    raw = parse_json(data)
    if not isinstance(raw, dict) or not isinstance(raw.get("days"), list):
        raise ValueError("expected a receipt with a list of days")  # noqa: TRY004
    days = tuple(make_record(DayDigest, day) for day in raw["days"])
    return PartResult(make_record(FileEntry, raw.get("entry")), days)


def end_runs(work: Path) -> None:
    """End the runs of other processes in this work folder, by renaming each run's folder.

    From then on, all writes of those processes fail, since their folder doesn't exist any more.

    Raises
    ------
    OutputError
        If a folder can't be renamed.
    """
    for run in work.glob(f"{RUN}*"):
        try:
            run.replace(run.with_name(ENDED + run.name.removeprefix(RUN)))
        except OSError as error:
            raise OutputError(f"{run}: expected to end a run here, got: {error.strerror or error}.") from None


def _clear_work(work: Path, keep: set[str]) -> None:
    for path in work.iterdir():
        if path.name not in keep:
            remove(path)


def has_size(path: Path, size: int) -> bool:
    """Say whether a path leads to a regular file of the given size."""
    try:
        found = path.stat()
    except OSError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_size == size
