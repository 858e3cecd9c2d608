"""Turn finished files into a dataset: move them to their paths, and write the manifest.

A build works in the folder `.building`, the work folder, in the dataset's folder. Each finished file gets a
receipt there with its hash and digests; a later run keeps every file whose size agrees with its receipt. When
all files are finished, these steps follow:

1. The manifest of the dataset that is replaced moves into the work folder.
2. Older event files are removed, and the finished files move to their paths.
3. The manifest is written, and the work folder removed.

A dataset is finished when it has a manifest. So a build that is killed at any moment never looks finished,
and the same command continues from the receipts.
"""

from __future__ import annotations

import contextlib
import shutil
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING

from fastgen.building.receipts import has_size
from fastgen.building.replaceable import check_nothing_in_the_way, check_work_folder, is_folder, remove_older
from fastgen.dataset.layout import LOCK, MANIFEST, TABLES, WORK, Writer, table_path
from fastgen.dataset.manifest import Manifest, read_manifest
from fastgen.dataset.manifest_entries import FileEntry, Network
from fastgen.emitting.lock import hold_lock
from fastgen.errors import DataError, OutputError, ScenarioError
from fastgen.events.digest import digest_dataset
from fastgen.files import hash_file, write_whole
from fastgen.inputs.tables import place_tables
from fastgen.rng import STREAM_VERSION
from fastgen.version import __version__

# Number of files that are hashed at the same time: the hash releases the GIL.
_READERS = 4

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from fastgen.building.part import PartResult
    from fastgen.building.plan import BuildPlan


@contextlib.contextmanager
def work_folder(out: Path) -> Iterator[Path]:
    """Create and lock the work folder of a dataset, for one build at a time.

    Raises
    ------
    OutputError
        If it can't be created, or another build has the lock.
    """
    work, is_new = out / WORK, not out.exists()
    with hold_lock(work / LOCK, out, "no other build at work here, but one is"):
        try:
            yield work
        except ScenarioError:
            # The same command will never finish what is begun.
            shutil.rmtree(work, ignore_errors=True)
            if is_new:
                with contextlib.suppress(OSError):
                    out.rmdir()
            raise


def remove_leftovers(out: Path) -> None:
    """Remove the work folder of a build that was killed after it had written the manifest.

    Raises
    ------
    OutputError
        If another build has the lock.
    """
    if (out / WORK).exists():
        with work_folder(out) as work:
            shutil.rmtree(work, ignore_errors=True)


def find_finished(plan: BuildPlan, out: Path, *, overwrite: bool) -> Manifest | None:
    """Find the dataset of this build if it is finished already, and check that nothing else is in the way.

    Returns
    -------
    Manifest or None
        The manifest if this build's dataset is in the folder and whole; None if files have to be made.

    Raises
    ------
    OutputError
        If the folder has another dataset, or a file that no dataset lists, and `overwrite` is not set; or
        something that `overwrite` doesn't replace.
    """
    check_work_folder(out)
    if overwrite or not (out / MANIFEST).exists() or is_folder(out / MANIFEST):
        check_nothing_in_the_way(plan, out, overwrite=overwrite)
        return None
    try:
        manifest = read_manifest(out)
    except DataError as error:
        raise OutputError(f"{error} Use --overwrite to replace it.") from None
    if manifest.build_id != plan.build_id:
        raise OutputError(
            f"{out}: expected no other dataset here, got one of {'; '.join(_differences(plan, manifest))}. "
            "Use --overwrite to replace it, or another folder with -o."
        )
    check_nothing_in_the_way(plan, out, overwrite=False)
    with ThreadPoolExecutor(_READERS) as pool:
        whole = pool.map(partial(_is_whole, out), (*manifest.files, *manifest.tables))
        return manifest if all(whole) else None


def _is_whole(out: Path, entry: FileEntry) -> bool:
    """Say whether a file has the bytes that its manifest states; reading it is faster than making it."""
    try:
        return has_size(out / entry.path, entry.bytes) and hash_file(out / entry.path) == entry.sha256
    except OSError:
        return False


def _differences(plan: BuildPlan, manifest: Manifest) -> list[str]:
    """List the differences of a dataset from a build, each as "WHAT OLD instead of NEW"."""
    old_scenario, new_scenario = manifest.scenario, plan.scenario.to_dict()
    pairs: list[tuple[str, object, object]] = [
        (key, old_scenario.get(key), new_scenario.get(key))
        for key in ("name", "seed", "days", "start", "scale")
    ]
    pairs += [
        ("locations", _codes(manifest.networks), _codes(plan.networks)),
        ("layout", manifest.layout, plan.layout),
        ("partitioning", manifest.partition_by, plan.partition_by),
        ("compression", manifest.compression, plan.compression),
        ("writer", manifest.writer or Writer.FASTGEN, plan.writer),
        ("fastgen version", manifest.fastgen_version, __version__),
    ]
    found = [f"{what} {old} instead of {new}" for what, old, new in pairs if old != new]
    roads = {network.location_id: network for network in manifest.networks}
    others = [n for n in plan.networks if roads.get(n.location_id, n) != n]
    if others:
        found.append(f"other roads of {_codes(others)}")
    if manifest.dimensions_hash != plan.dims.content_hash():
        found.append("other tables, or those of an older version (dimensions hash)")
    if manifest.scenario_hash != plan.scenario.content_hash() and not found:
        found.append("another scenario (scenario hash)")
    return found or ["other versions of streams or digests"]


def _codes(networks: Iterable[Network]) -> str:
    return ",".join(network.code for network in networks)


def place_dataset(
    plan: BuildPlan, results: list[PartResult], out: Path, work: Path, *, overwrite: bool = False
) -> Manifest:
    """Move files and tables to their paths, and write the manifest.

    Parameters
    ----------
    plan
        The plan.
    results
        The result of each of its files.
    out, work
        Folder of the dataset, and the work folder in it.
    overwrite
        Whether to remove all older event files that have the name of a dataset's; else only those that its
        manifest lists.

    Raises
    ------
    OutputError
        If a file of the plan is missing, or was made twice, or a file can't be moved or written.
    """
    got = [result.entry.path for result in results]
    there = set(got)
    if len(there) < len(got):
        twice = next(path for path in got if got.count(path) > 1)
        raise OutputError(f"{out}: expected each file once, {twice} was made {got.count(twice)} times.")
    missing = [file.path for file in plan.files if file.path not in there]
    if missing:
        raise OutputError(f"{out}: expected {len(plan.files)} finished files, {missing[0]} is missing.")
    try:
        # Moved, not removed: if this run is killed, the next one still needs its list of files.
        with contextlib.suppress(FileNotFoundError):
            (out / MANIFEST).replace(work / MANIFEST)
        remove_older(out, there, overwrite=overwrite)
        for folder in {(out / path).parent for path in got}:
            folder.mkdir(parents=True, exist_ok=True)
        for path in got:
            if (work / path).exists():  # else a run that was killed here has moved it
                (work / path).replace(out / path)
        place_tables(plan.dims, work, out)
        manifest = _make_manifest(plan, results, out)
        # From here on the dataset is finished.
        write_whole(out / MANIFEST, manifest.to_json().encode())
        shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise OutputError(f"{out}: expected to put the dataset in place, got: {error}.") from None
    return manifest


def _make_manifest(plan: BuildPlan, results: list[PartResult], out: Path) -> Manifest:
    days = tuple(sorted(d for result in results for d in result.days))
    files = {result.entry.path: result.entry for result in results}
    tables = []
    for table in TABLES:
        path = out / table_path(table)
        rows = len(getattr(plan.dims, table)[0])
        tables.append(FileEntry(table_path(table), rows, path.stat().st_size, hash_file(path)))
    return Manifest(
        fastgen_version=__version__,
        stream_version=STREAM_VERSION,
        digest_version=plan.digest_version,
        build_id=plan.build_id,
        scenario=plan.scenario.to_dict(),
        scenario_hash=plan.scenario.content_hash(),
        dimensions_hash=plan.dims.content_hash(),
        layout=plan.layout,
        partition_by=plan.partition_by,
        compression=plan.compression,
        sequence_kind=plan.sequence_kind,
        networks=plan.networks,
        orders=sum(d.orders for d in days),
        rows=sum(d.rows for d in days),
        digest=digest_dataset(days),
        days=days,
        files=tuple(files[file.path] for file in plan.files),
        tables=tuple(tables),
        writer=plan.stated_writer,
        source=plan.stated_source,
    )
