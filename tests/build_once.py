"""Build a small dataset in a process of its own, and print its digest.

Run as `python -m tests.build_once ROADS OUT JSON`, JSON the options of `build` and, under "disabled",
names of NumPy's dispatch groups that must be off in this process.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

import numba
import numpy as np

from fastgen.building.build import build


def dispatched() -> dict[str, bool]:
    """NumPy's own dispatch groups, and whether this process uses each."""
    core = importlib.import_module("numpy._core._multiarray_umath")  # NumPy has no public way to ask

    return {name: bool(core.__cpu_features__[name]) for name in core.__cpu_dispatch__}


def main() -> None:
    """Build as asked."""
    roads, out, text = sys.argv[1:]
    options = json.loads(text)
    features = dispatched()
    for name in options.pop("disabled", []):
        assert not features[name], f"{name} is on"
    assert options.pop("plain", False) == numba.config.DISABLE_JIT
    cpu = options.pop("cpu_name", None)
    assert cpu == numba.config.CPU_NAME, numba.config.CPU_NAME
    result = build(out, roads=None if roads == "-" else Path(roads), **options)
    assert np.all([day.rows >= 0 for day in result.manifest.days])
    sys.stdout.write(result.manifest.digest + "\n")


if __name__ == "__main__":
    main()
