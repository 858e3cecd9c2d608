"""Runs in folders that other machines see, and of very many files: what must not be done for each of them."""

from __future__ import annotations

import errno
import os
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from fastgen import OutputError
from fastgen.building import shared
from fastgen.building.finalise import place_dataset
from fastgen.building.receipts import RUN, end_runs
from fastgen.building.shared import build_part, check_in, open_run
from fastgen.dataset.layout import WORK
from fastgen.inputs.tables import write_tables
from fastgen.roads import cache

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastgen.building.job import Job
    from fastgen.building.part import PartResult
    from fastgen.model.route_table import RouteTable


def test_run_is_named_as_the_output_is(join: Callable[..., object], tmp_path: Path) -> None:
    """A link may lead elsewhere on other machines; its name is what all of them see."""
    (tmp_path / "there").mkdir()
    (tmp_path / "out").symlink_to(tmp_path / "there")
    folders: list[Path] = []

    def engine(job: Job) -> list[PartResult]:
        write_tables(job.plan.dims, job.work)
        with open_run(job) as ticket:
            made = [build_part(ticket, number) for number in range(len(job.files))]
            folders.append(Path(ticket.folder))
        return check_in(job, ticket, made)

    join(engine)
    assert folders[0].parent == tmp_path / "out" / WORK


def test_only_the_tables_of_a_files_locations_are_mapped_each_once(
    join: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    mapped: list[str] = []
    real = cache.map_route_table

    def map_and_log(path: Path) -> RouteTable | None:
        mapped.append(path.name)
        return real(path)

    def engine(job: Job) -> list[PartResult]:
        write_tables(job.plan.dims, job.work)
        ids = [file.spans[0].location_id for file in job.files]
        made = []
        with open_run(job) as ticket:
            for number in sorted(range(len(ids)), key=ids.__getitem__):  # location by location
                made.append(build_part(ticket, number))
                assert mapped == [f"routes-{i}.bin" for i in sorted(set(ids)) if i <= ids[number]]
        return check_in(job, ticket, made)

    monkeypatch.setattr(shared, "map_route_table", map_and_log)
    join(engine)
    assert len(mapped) == 2


def test_error_of_a_job_is_told_though_its_run_cannot_be_ended(
    join: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(work: Path) -> None:
        raise OutputError(f"{work}: expected to end a run here, got: Stale file handle.")

    def engine(job: Job, *, fails: bool) -> list[PartResult]:
        with open_run(job):
            monkeypatch.setattr(shared, "end_runs", refuse)
            if fails:
                raise OutputError("file 0: expected to write the file, got: No space left on device.")
        return []

    for fails, message in ((True, "No space left"), (False, "Stale file handle")):
        with pytest.raises(OutputError, match=message):
            join(partial(engine, fails=fails))


def test_run_that_cannot_be_ended_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _target: Path) -> None:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))

    (tmp_path / f"{RUN}0").mkdir()
    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OutputError, match=r"run-0: expected to end a run here, got: Stale file handle\.$"):
        end_runs(tmp_path)


def test_gap_among_very_many_files_is_found_at_once(tmp_path: Path) -> None:
    """A search through a list for every file would take ten seconds."""
    paths = [f"events.parquet/location_id=1/part-{day:05d}-{day:05d}.parquet" for day in range(30_000)]
    plan: Any = SimpleNamespace(files=[SimpleNamespace(path=path) for path in paths])
    results: Any = [SimpleNamespace(entry=SimpleNamespace(path=path)) for path in paths[:-1]]
    began = time.perf_counter()
    with pytest.raises(OutputError, match=r"expected 30000 finished files, \S+29999\S* is missing"):
        place_dataset(plan, results, tmp_path, tmp_path / WORK)
    assert time.perf_counter() - began < 2
