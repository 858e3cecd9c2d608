"""Damage of what a run goes on from is found, and its dataset stays as it was."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

import fastgen.files
from fastgen.dataset.result_tables import DAY_TABLES
from fastgen.dataset.seal import seal, unseal
from fastgen.errors import DamageError
from fastgen.universes import numbering
from fastgen.universes import run as run_universe_module
from fastgen.universes.run import resume_universe
from fastgen.universes.run_folder import RunRecord
from tests.effort import repeats
from tests.universes.killing import StoppedError
from tests.universes.whole_run import DAYS, assert_same, resume, run, run_whole

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return run_whole(tmp_path_factory.mktemp("universe"))


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
