"""The loop of a site is compiled when a site is run, and not before."""

from __future__ import annotations

import subprocess
import sys


def test_importing_the_engine_compiles_no_kernel() -> None:
    """Compiling takes seconds, once a machine: only who runs a site waits for it."""
    code = """
import sys
from numba.core.dispatcher import Dispatcher
import fastgen.queueing.going_on, fastgen.queueing.population, fastgen.queueing.site
found = {
    name: one
    for module in [m for key, m in sys.modules.items() if key.startswith("fastgen.queueing")]
    for name, one in vars(module).items()
    if isinstance(one, Dispatcher)
}
assert {"run_site", "rebuild_events", "draw_candidates", "draw_durations"} <= set(found), found
assert [name for name, one in found.items() if one.signatures] == []
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr == ""
