"""Tasks of a universe that go wrong, by order of a test; they run in Spark's Python workers."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from fastgen.building.shared import read_pickle
from fastgen.errors import OutputError
from fastgen.spark.tasks import record_sites
from fastgen.universes import part_files, recorded_orders, shared_sites, snapshots
from fastgen.universes.recording import record_site

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pyarrow as pa

    from fastgen.universes.recording import SiteTask
    from fastgen.universes.run_folder import SiteRecord

MOMENTS = {"table": part_files, "orders": recorded_orders, "snapshot": snapshots}
# Of the files that a site writes at the moment of that name: the first ones are whole before the kill.
WHOLE = {"table": 9, "orders": 1, "snapshot": 15}


def record_and_die_once(
    batches: Iterator[pa.RecordBatch], *, marker: str, moment: str, **options: Any
) -> Iterator[pa.RecordBatch]:
    """Record a site; the first process that gets to the moment is killed, with a file half-written."""
    module, n = MOMENTS[moment], 0
    real = module.write_whole

    def die_once(path: Path, data: bytes, **named: Any) -> None:
        nonlocal n
        n += 1
        if n <= WHOLE[moment] or not _is_first(marker):
            real(path, data, **named)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_name(f".{path.name}.4711.tmp").write_bytes(data[: len(data) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "write_whole", die_once)
        yield from record_sites(batches, **options)


def _is_first(marker: str) -> bool:
    try:
        os.close(os.open(marker, os.O_CREAT | os.O_EXCL))
    except FileExistsError:
        return False
    return True


def record_twice(
    batches: Iterator[pa.RecordBatch], *, log: str, ticket: tuple[str, tuple[str, ...], str]
) -> Iterator[pa.RecordBatch]:
    """Record a site, while another attempt at it is in the middle of it."""
    real, others = record_site, list[str]()

    def overtake(task: SiteTask, advance: Callable[[int], None], is_over: Callable[[], bool]) -> SiteRecord:
        def wait_for_other() -> bool:
            if not others:
                others.append(task.site)
                (number,) = (n for n, _ in enumerate(ticket[1]) if _site_of(n) == task.site)
                shared_sites.record_shared(shared_sites.SitesTicket(*ticket), number)
            return is_over()

        return real(task, advance, wait_for_other)

    def _site_of(number: int) -> str:
        task: SiteTask = read_pickle(
            shared_sites._path(Path(ticket[0]), number), ticket[1][number], ticket[2]
        )
        return task.site

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_sites, "record_site", overtake)
        try:
            yield from record_sites(batches, ticket=ticket)
        except OutputError as error:
            with Path(log).open("a", encoding="utf-8") as file:
                file.write(f"{error}\n")
            raise


def record_but_one(
    batches: Iterator[pa.RecordBatch], *, site: str, **options: Any
) -> Iterator[pa.RecordBatch]:
    """Record sites; one of them can't be written."""
    real = record_site

    def refuse(task: SiteTask, advance: Callable[[int], None], is_over: Callable[[], bool]) -> SiteRecord:
        if task.site == site:
            raise OutputError(f"{site}: expected to write, got: No space left on device.")
        return real(task, advance, is_over)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shared_sites, "record_site", refuse)
        yield from record_sites(batches, **options)
