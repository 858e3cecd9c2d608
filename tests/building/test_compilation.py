"""Processes that need the same kernels wait for one of them to compile these."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMPILER = """
from pathlib import Path
import sys
from fastgen.building.compilation import compile_alone
from fastgen.building.options import BuildOptions
from fastgen.building.plan import prepare
from fastgen.events.kernels.expand import write_events
from fastgen.kernels.bit_packing import pack_bits
from fastgen.kernels.order_ids import write_order_ids
plan = prepare(BuildOptions(days=1, scale=0.1, roads=sys.argv[1]))
compile_alone(plan)
compiled = (write_events, pack_bits, write_order_ids)
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in compiled))
"""


@pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="NUMBA_DISABLE_JIT=1 lets nothing be compiled"
)
def test_one_process_compiles_and_the_others_wait(tmp_path: Path, roads: Path) -> None:
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COMPILER, str(roads)], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    compiled = sorted(int(process.communicate()[0]) for process in processes)
    assert compiled == [0, 0, 3]
