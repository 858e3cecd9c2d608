"""What it takes to verify a dataset, against building it: both read or write every row and its digest."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from benchmarks.figures import Bound
from benchmarks.processes import build_command, fastgen_command, peak_mb, run

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.conftest import Bench

ROUNDS = 5


@pytest.mark.parametrize(("scale", "most"), [(1, 1.6), (10, 1.6)])
def test_verify_against_build(bench: Bench, tmp_path: Path, scale: int, most: float) -> None:
    """By processor time of whole processes, the best of several in turn."""
    made = tmp_path / "made"
    run(build_command(made, days=90, scale=scale))
    verify = fastgen_command("verify", str(made))
    build_s: list[float] = []

    def build() -> None:
        out = tmp_path / "out"
        build_s.append(run(build_command(out, days=90, scale=scale)))
        shutil.rmtree(out)

    verify_s = [bench.benchmark.pedantic(run, args=(verify,), setup=build)]
    for _ in range(ROUNDS - 1):
        build()
        verify_s.append(run(verify))
    bench.record(
        f"scale {scale}, whole process: verify / build, processor time",
        min(verify_s) / min(build_s),
        bound=Bound(most),
        detail=f"{min(verify_s):.2f} s; {min(build_s):.2f} s",
    )
    bench.record(f"peak memory of verify, scale {scale}", peak_mb(verify), "MB", bound=Bound(400))
