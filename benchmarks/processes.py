"""Run whole processes, of fastgen and others, and measure their processor time and memory."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

# Folder of networks for all benchmarks, instead of the built-in ones.
ROADS = os.environ.get("FASTGEN_BENCH_ROADS")

# The peak memory of a child starts at the size of its parent, so its parent is a bare interpreter of 10 MB.
# Pss (proportional set size) divides a shared page among its processes, so the sum over processes counts it
# once.
LAUNCHER = """
import json, os, sys, time

def held(pid):
    try:
        with open(f"/proc/{pid}/smaps_rollup") as lines:
            own = next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
        with open(f"/proc/{pid}/task/{pid}/children") as children:
            return own + sum(map(held, children.read().split()))
    except (OSError, StopIteration):  # it has ended
        return 0

quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=quiet)
most, ended = 0, 0
while not ended:
    most = max(most, held(child))
    time.sleep(0.005)
    ended, status, usage = os.wait4(child, os.WNOHANG)
print(json.dumps([os.waitstatus_to_exitcode(status), max(most, usage.ru_maxrss)]))
"""


# As a user has it, whose environment lacks SciPy, which our own benchmarks need: where Numba finds SciPy, it
# loads that too.
_COMMAND = "import sys; sys.modules['scipy'] = None; from fastgen.cli import main; main()"


def fastgen_command(*arguments: str) -> list[str]:
    """Make a command line of fastgen."""
    return [sys.executable, "-c", _COMMAND, *arguments]


def build_command(out: Path, **options: object) -> list[str]:
    """Make the command line of `fastgen build`; options have their long names, and flags the value True."""
    command = fastgen_command("build", "-o", str(out))
    for name, value in (({"roads": ROADS} if ROADS else {}) | options).items():
        command += [f"--{name}"] if value is True else [f"--{name}", str(value)]
    return command


def script(name: str) -> Path:
    """Return the path of a command of this environment."""
    return Path(sys.executable).with_name(name)


def run(command: Sequence[str], env: Mapping[str, str] | None = None, *, one_core: bool = False) -> float:
    """Run a command to its end, silently.

    Parameters
    ----------
    command
        The command.
    env
        Environment variables to add to those of this process.
    one_core
        Whether all its threads have to share one core.

    Returns
    -------
    float
        Its processor time, seconds.

    Raises
    ------
    RuntimeError
        If the command fails; the message has its stderr.
    """
    pin = _pin_to_one_core if one_core else None
    before = _children_cpu_s()
    done = subprocess.run(
        command, env=os.environ | dict(env or {}), capture_output=True, text=True, check=False, preexec_fn=pin
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {done.returncode}: {done.stderr}")
    return _children_cpu_s() - before


def _children_cpu_s() -> float:
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def _pin_to_one_core() -> None:
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})


def peak_mb(command: Sequence[str], env: Mapping[str, str] | None = None) -> float:
    """Run a command, and return the peak memory of it and its children, in MB.

    Raises
    ------
    RuntimeError
        If the command fails; the message has its stderr.
    """
    launch = [sys.executable, "-I", "-S", "-c", LAUNCHER, *command]
    done = subprocess.run(
        launch, env=os.environ | dict(env or {}), capture_output=True, text=True, check=True
    )
    code, kilobytes = json.loads(done.stdout)
    if code != 0:
        raise RuntimeError(f"{' '.join(command)}: exit code {code}: {done.stderr}")
    return float(kilobytes) / 1024
