"""The second compiler is a help only; processes that need the same kernels wait for one to compile them."""

from __future__ import annotations

import errno
import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest

from fastgen.building import compilation
from fastgen.building.compilation import SecondCompiler

ROOT = Path(__file__).parents[2]
COMPILER = """
from types import SimpleNamespace
from fastgen.building.compilation import Sample, compile_alone
from fastgen.events.kernels.expand import write_events
from fastgen.kernels.bit_packing import pack_bits
sample = Sample.canonical()
compile_alone(SimpleNamespace(models={1: sample.model}, items=sample.items))
print(sum(sum(kernel.stats.cache_misses.values()) for kernel in (write_events, pack_bits)))
"""


@pytest.fixture
def cold(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two cores, and nothing compiled yet."""
    monkeypatch.setattr(compilation, "_is_cold", lambda _: True)
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1})
    monkeypatch.setattr(compilation, "TASKS", ())


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@pytest.mark.usefixtures("cold")
@pytest.mark.parametrize("may_fork", [True, False])
@pytest.mark.parametrize("collecting", [True, False])
def test_no_process_to_be_had(monkeypatch: pytest.MonkeyPatch, *, may_fork: bool, collecting: bool) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")

    monkeypatch.setattr(compilation, "may_fork", lambda: may_fork)
    monkeypatch.setattr(os, "fork", refuse)
    monkeypatch.setattr("subprocess.Popen", refuse)
    before, was = open_files(), gc.isenabled()
    if not collecting:
        gc.disable()
    try:
        with SecondCompiler() as second:
            second.wait()
        assert gc.isenabled() is collecting
    finally:
        if was:
            gc.enable()
    assert open_files() == before


@pytest.mark.usefixtures("cold")
def test_interrupt_while_it_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """The interrupt is what the caller hears of, and the process is waited for all the same."""
    monkeypatch.setattr(compilation, "may_fork", lambda: False)
    monkeypatch.setattr(SecondCompiler, "_spawn", lambda _: os.posix_spawn("/bin/sleep", ["sleep", "60"], {}))
    waitpid, heard = os.waitpid, []

    def interrupted(process: int, options: int) -> tuple[int, int]:
        heard.append(process)
        if len(heard) == 1:
            raise KeyboardInterrupt
        return waitpid(process, options)

    monkeypatch.setattr(os, "waitpid", interrupted)
    before = open_files()
    with pytest.raises(KeyboardInterrupt), SecondCompiler() as second:
        second.wait()
    assert len(heard) == 2
    assert heard[0] == heard[1]
    assert open_files() == before
    assert gc.isenabled()


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing is compiled")
def test_one_process_compiles_and_the_others_wait(tmp_path: Path) -> None:
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "TMPDIR": str(tmp_path)}
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", COMPILER], env=env, cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    compiled = sorted(int(process.communicate()[0]) for process in processes)
    assert compiled == [0, 0, 2]
