"""What it takes to find damage: a slice that checks every column chunk by its hash, and one that doesn't."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import fastgen
from benchmarks.processes import ROADS
from fastgen.dataset.reading.event_file import EventFile
from fastgen.faults.slice_file import write_slice

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from benchmarks.conftest import Bench


def test_hashes_of_chunks(bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = fastgen.build(tmp_path / "data", days=90, roads=ROADS).path
    expect = EventFile._expect  # noqa: SLF001  # no option turns the checks off

    def checked(_: Path) -> None:
        monkeypatch.setattr(EventFile, "_expect", expect)
        write_slice(dataset, "0", "90", io.BytesIO())

    def unchecked(_: Path) -> None:
        monkeypatch.setattr(EventFile, "_expect", lambda *_: None)
        write_slice(dataset, "0", "90", io.BytesIO())

    with_hashes, without = bench.compare(checked, unchecked, rounds=15)
    bench.record(
        "a slice of 90 days with hashes of chunks / without",
        with_hashes / without,
        "",
        detail=f"{with_hashes:.3f} s; {without:.3f} s",
    )
