"""A run that was stopped, killed or made longer gives the dataset of a run that never was."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
import pytest

import fastgen
import fastgen.files
from fastgen.dataset.result_tables import DAY_TABLES, RESULT_TABLES
from fastgen.dataset.seal import seal, unseal
from fastgen.errors import DamageError, DataError, ScenarioError
from fastgen.queueing.kernels import records
from fastgen.units import US_PER_DAY
from fastgen.universes import numbering, part_files, recorded_orders, run_folder, snapshots
from fastgen.universes import run as run_universe_module
from fastgen.universes.run import resume_universe, run_universe
from fastgen.universes.run_folder import RunRecord
from fastgen.universes.run_options import RunOptions
from fastgen.universes.snapshots import COLUMNS
from fastgen.universes.table_files import scan_table
from tests.effort import repeats
from tests.small_town import KITCHENS
from tests.universes.small_universe import write_universe

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest import Manifest

DAYS = 4
PLACE = dict(zip(("latitude", "longitude"), KITCHENS["chicago"], strict=True))
# What Ctrl-C or a full disk ends; a kill leaves no less behind.
WRITERS = (numbering, part_files, recorded_orders, run_folder, snapshots)


def run(folder: Path, name: str, **changes: Any) -> Manifest:
    options = {"days": DAYS, "roads": folder / "roads", "snapshot_every": 2, **changes}
    return run_universe(folder / "templates", folder / name, RunOptions(**options), force=True).manifest


def resume(folder: Path, name: str, days: int = DAYS, **changes: Any) -> Manifest:
    return resume_universe(folder / name, days, roads=folder / "roads", **changes).manifest


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a folder with templates, roads, and the dataset "whole"."""
    folder = tmp_path_factory.mktemp("universe")
    write_universe(folder)
    run(folder, "whole")
    return folder


def assert_same(folder: Path, name: str, *, tables: bool = True) -> None:
    """Check that a dataset is "whole": every byte of events and manifest, every row of the tables."""
    found, whole = folder / name, folder / "whole"
    assert (found / "manifest.json").read_bytes() == (whole / "manifest.json").read_bytes()
    for table in RESULT_TABLES if tables else ():
        rows, expected = (scan_table(one / "universe" / "tables", table).collect() for one in (found, whole))
        by = [c for c in ("site", "day", "order_number", "line", "step", "interval") if c in rows.columns]
        assert rows.sort(by, maintain_order=True).equals(expected.sort(by, maintain_order=True)), table


def test_more_days_make_the_dataset_of_one_run(folder: Path) -> None:
    run(folder, "longer", days=1)
    resume(folder, "longer", 3)
    resume(folder, "longer")
    assert_same(folder, "longer")


def test_the_same_days_again_change_nothing(folder: Path) -> None:
    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (folder / "whole").glob("*.*")}

    before = times()
    resume(folder, "whole")
    assert times() == before


def test_a_state_on_disk_has_every_column_of_the_engine() -> None:
    widths = {"orders": "ORDER", "lines": "LINE", "steps": "STEP", "pools": "POOL", "stations": "STATION"}
    for table, prefix in {**widths, "couriers": "COURIER"}.items():
        assert len(COLUMNS[table]) == getattr(records, f"{prefix}_COLUMNS"), table


class StoppedError(Exception):
    """Ends a run in the middle of its work."""


def stop_after(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the n-th file that is written be the last one."""
    left, write_whole = [n], fastgen.files.write_whole

    def write(path: Path, data: bytes, **named: Any) -> None:
        if left[0] == 0:
            raise StoppedError
        left[0] -= 1
        write_whole(path, data, **named)

    for module in WRITERS:
        monkeypatch.setattr(module, "write_whole", write)


def test_a_run_that_ends_at_any_write_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one worker there are some 100 writes; each run goes a few further than the one before."""
    draws, n_stops = np.random.default_rng(1), 0
    while True:
        with monkeypatch.context() as patch:
            stop_after(int(draws.integers(1, repeats(60, 25))), patch)
            try:
                run(folder, "stopped", workers=1)
            except StoppedError:
                n_stops += 1
                continue
        break
    assert n_stops >= 2
    assert_same(folder, "stopped")


def test_a_run_that_is_killed_goes_on(folder: Path) -> None:
    command = [sys.executable, "-m", "fastgen", "universe", "run", str(folder / "templates"), "--force"]
    command += ["--days", str(DAYS), "--roads", str(folder / "roads"), "--snapshot-every", "1"]
    command += ["-o", str(folder / "killed")]
    draws, n_killed = np.random.default_rng(2), 0
    for _ in range(repeats(2, 30)):
        code, errors = start_and_kill(command, folder / "killed", draws.uniform(0, 0.4))
        assert code in (0, -signal.SIGKILL), errors
        n_killed += code != 0
    assert n_killed > 0
    subprocess.run(command, check=True, capture_output=True)
    assert_same(folder, "killed")


def test_ctrl_c_ends_a_long_run_at_once(folder: Path) -> None:
    """Also while Polars makes the tables, in a thread of each site."""
    command = [sys.executable, "-m", "fastgen", "universe", "run", str(folder / "templates"), "--force"]
    command += ["--days", "30000", "--roads", str(folder / "roads"), "-o", str(folder / "long")]
    for _ in range(repeats(1, 10)):
        began = time.time()
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        while process.poll() is None and not is_written_since(began, folder / "long"):
            time.sleep(0.01)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        # Of the 30,000 days, 20 seconds are enough for some 1,000.
        _, errors = process.communicate(timeout=20)
        assert process.returncode == 130, errors
        assert errors.strip().startswith("fastgen: interrupted;")


def test_what_a_killed_run_was_writing_is_removed(folder: Path) -> None:
    """Polars reads no folder that has files of several endings."""
    run(folder, "half_written", days=2)
    universe = folder / "half_written" / "universe"
    beside = sorted(path for path in universe.rglob("*") if path.is_file() and path.parent != universe)
    unfinished = [path.with_name(f".{path.name}.4711.tmp") for path in beside]
    for path in unfinished:
        path.write_bytes(b"PAR1")
    (universe / "snapshots" / "sf" / ".20240102T080000.000000Z.tmp").mkdir()
    (universe / "tasks" / "4711").mkdir(parents=True)  # of a cluster
    run(folder, "half_written", days=2)
    assert len(unfinished) > len(RESULT_TABLES)
    assert not [path for path in universe.rglob("*") if path.name.startswith(".")]
    assert not (universe / "tasks").exists()
    for table in RESULT_TABLES:
        pl.scan_parquet(universe / "tables" / table).collect()


def start_and_kill(command: list[str], out: Path, after_s: float) -> tuple[int, bytes]:
    """Start a run, and kill it some time after it has begun to write."""
    began = time.time()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    while process.poll() is None and not is_written_since(began, out):
        time.sleep(0.01)
    time.sleep(after_s)
    process.kill()
    _, errors = process.communicate()
    return process.returncode, errors


def is_written_since(began: float, out: Path) -> bool:
    """Whether a run has copied its templates."""
    path = out / "universe" / "templates" / "ingredients.json"
    # The clock of the file system is some milliseconds behind.
    return path.exists() and path.stat().st_mtime > began + 0.05


@pytest.mark.parametrize(
    ("days", "error", "message"),
    [(DAYS - 1, ScenarioError, "days: expected at least the 4 days"), (0, ScenarioError, "days: expected 1")],
)
def test_a_run_can_t_be_made_shorter(folder: Path, days: int, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        resume(folder, "whole", days)


def test_what_is_no_run_is_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError, match="expected a dataset of 'fastgen universe run', got none"):
        resume_universe(tmp_path, DAYS)
    other = write_universe(tmp_path, chicago={}, sf={"timezone": "UTC"})[0]
    copy = shutil.copytree(folder / "whole", tmp_path / "copy")
    shutil.copytree(other, copy / "universe" / "templates", dirs_exist_ok=True)
    with pytest.raises(DataError, match="expected the templates, roads and engine of the run, got others"):
        resume_universe(copy, DAYS, roads=folder / "roads")


@pytest.mark.parametrize("has_folder", [False, True])
def test_missing_roads_are_those_of_the_run(tmp_path: Path, has_folder: bool) -> None:  # noqa: FBT001
    """Roads that are made anew would be of another run, so no command that makes some is shown."""
    templates, roads = write_universe(tmp_path, chicago={"info": {"name": "springfield", **PLACE}})
    (roads / "chicago.roads").rename(roads / "springfield.roads")
    run_universe(templates, tmp_path / "out", RunOptions(days=1, roads=roads), force=True)
    other = tmp_path / "other" if has_folder else None
    if other is not None:
        other.mkdir()
    with pytest.raises(DataError) as caught:
        resume_universe(tmp_path / "out", 2, roads=other)
    assert str(caught.value).startswith("location springfield: expected a road network (")
    assert str(caught.value).endswith("got none: state the --roads of the run.")
    assert "\n" not in str(caught.value)


def test_a_dataset_that_has_replaced_the_run_stays(folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(folder / "whole", tmp_path / "copy")
    fastgen.build(copy, days=1, locations=["sf"], roads=folder / "roads", overwrite=True)
    before = (copy / "manifest.json").read_bytes()
    with pytest.raises(DataError, match="expected a dataset of 'fastgen universe run', got another"):
        resume_universe(copy, DAYS, roads=folder / "roads")
    assert (copy / "manifest.json").read_bytes() == before


def test_damage_is_found_and_the_dataset_stays(folder: Path, tmp_path: Path) -> None:
    """A changed byte in any file that a longer run goes on from; the dataset stays as it was."""
    universe = folder / "whole" / "universe"
    folders = ("orders", "snapshots", "tables")
    kept = [path for name in folders for path in universe.glob(f"{name}/**/*") if path.is_file()]
    kept.append(universe / "run.json")
    draws = np.random.default_rng(3)
    for path in draws.permutation(np.array(sorted(kept)))[: repeats(6, len(kept))]:
        copy = shutil.copytree(folder / "whole", tmp_path / path.relative_to(universe))
        damaged = copy / path.relative_to(folder / "whole")
        data = bytearray(damaged.read_bytes())
        data[int(draws.integers(len(data)))] ^= 1 << int(draws.integers(8))
        damaged.write_bytes(data)
        with pytest.raises(DamageError, match=re.escape(damaged.parent.name)):
            resume_universe(copy, DAYS + 1, roads=folder / "roads")
        assert (copy / "manifest.json").read_bytes() == (folder / "whole" / "manifest.json").read_bytes()


def stop_before_tables_are_listed(
    folder: Path, name: str, n_numbered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Run all sites, and stop when so many files of the table `orders` have got their ids."""
    left, sync_folder = [n_numbered], fastgen.files.sync_folder

    def sync(path: Path) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise StoppedError
        sync_folder(path)

    def stop(*_: object) -> None:
        raise StoppedError

    with monkeypatch.context() as patch:
        patch.setattr(numbering, "sync_folder", sync)
        patch.setattr(run_universe_module, "number_orders" if n_numbered == 0 else "list_tables", stop)
        with pytest.raises(StoppedError):
            run(folder, name)


@pytest.mark.parametrize("n_numbered", [0, 1, 3, 100])
def test_damage_of_tables_that_no_record_lists_is_found(
    folder: Path, tmp_path: Path, n_numbered: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run is killed before `run.json` lists its tables: without ids, with some, and with all."""
    name = f"unlisted_{n_numbered}"
    stop_before_tables_are_listed(folder, name, n_numbered, monkeypatch)
    universe = folder / name / "universe"
    assert json.loads((universe / "run.json").read_text())["tables"] == []
    files = sorted(universe.glob("tables/*/*/part-*-*.parquet"))
    assert len(files) == 2 * 2 * len(DAY_TABLES)
    files += [*universe.glob("numbered/*")]
    draws = np.random.default_rng(n_numbered)
    for path in draws.permutation(np.array(files))[: repeats(3, len(files))]:
        copy = shutil.copytree(folder / name, tmp_path / path.relative_to(universe))
        damaged = copy / path.relative_to(folder / name)
        data = bytearray(damaged.read_bytes())
        data[int(draws.integers(len(data)))] ^= 1 << int(draws.integers(8))
        damaged.write_bytes(data)
        with pytest.raises(DamageError, match=re.escape(str(damaged))):
            resume_universe(copy, DAYS + 1, roads=folder / "roads")
        damaged.unlink()
        if path.parent.name != "numbered":
            with pytest.raises(DamageError, match="got: No such file"):
                resume_universe(copy, DAYS + 1, roads=folder / "roads")
    run(folder, name)
    assert_same(folder, name)


def test_a_snapshot_without_hashes_of_tables_goes_on(folder: Path, tmp_path: Path) -> None:
    """Those of older versions have none; the tables written since are checked all the same."""
    run(folder, "older", days=2)
    for path in (folder / "older").rglob("snapshot.json"):
        stated = json.loads(unseal(path.read_text(), required=True))
        del stated["measures"]["hashes"]
        path.write_text(seal(json.dumps(stated, indent=1) + "\n"))
    shutil.rmtree(folder / "older" / "universe" / "numbered")
    resume(folder, "older")
    assert_same(folder, "older")
    copy = shutil.copytree(folder / "older", tmp_path / "older")
    record = RunRecord.read(copy / "universe")
    assert record is not None
    replace(record, sites=None, tables=()).write(copy / "universe")
    last = max((copy / "universe" / "tables" / "steps" / "site=sf").iterdir())
    last.write_bytes(last.read_bytes()[:-1])
    with pytest.raises(DamageError, match=re.escape(str(last))):
        resume_universe(copy, DAYS, roads=folder / "roads")


def test_a_finished_run_that_is_killed_again_goes_on(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tables of days that weren't over are made again: until then, none of them counts as damaged."""
    stop = {"stop_at_us": US_PER_DAY * 3 // 2, "workers": 1}
    stopped = run(folder, "killed_again", **stop)
    for n in range(1, 40, repeats(9, 1)):
        with monkeypatch.context() as patch:
            stop_after(n, patch)
            with suppress(StoppedError):
                run(folder, "killed_again", **stop)
    assert run(folder, "killed_again", **stop) == stopped


def test_the_record_of_a_run_is_json_that_a_person_can_read(folder: Path) -> None:
    record = json.loads((folder / "whole" / "universe" / "run.json").read_text())
    assert (record["seed"], record["start"], record["days"]) == (42, "2024-01-01", DAYS)
    assert sorted(record["sites"]) == ["chicago", "sf"]
    manifest = json.loads((folder / "whole" / "manifest.json").read_text())
    assert sum(sum(site["n_orders"]) for site in record["sites"].values()) == manifest["orders"]
