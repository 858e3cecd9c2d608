"""Run tasks that may be killed, each in a process of its own, without starting Python again for each.

A module that is run as a script calls `serve` with the function that runs a task. It loads everything once,
and forks for every line of JSON that it reads. Its answers are two lines a task: the child's process id, and
how the child ended. `Forker` is the other end, in the test.

A task's `kill_at` is the number of the step before which its process kills itself, 0 for never. Steps are the
changes below the task's `within`, a folder, and the calls of `Steps.step`.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parent.parent
CHANGES = {"os.rename", "os.remove", "os.mkdir", "os.rmdir"}


class Steps:
    """Counts the steps of this process, and kills it before one of them."""

    def __init__(self, kill_at: int, within: str) -> None:
        self._kill_at, self._within = kill_at, within
        self._n_seen = 0
        if kill_at:
            sys.addaudithook(self._watch)

    def step(self) -> None:
        """Count a step."""
        self._n_seen += 1
        if self._n_seen == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _watch(self, event: str, args: tuple[Any, ...]) -> None:
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (event in CHANGES or writes) and str(args[0]).startswith(self._within):
            self.step()


def serve(run: Callable[[dict[str, Any], Steps], None]) -> None:
    """Fork for every line, and run its task in the child."""
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            try:
                task = json.loads(line)
                run(task, Steps(task["kill_at"], task["within"]))
            except BaseException:  # noqa: BLE001  # the child must end here
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        sys.stdout.write(f"{child}\n")
        sys.stdout.flush()
        _, status = os.waitpid(child, 0)
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)}\n")
        sys.stdout.flush()


class Forker:
    """A process that forks at every task."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._stdin, self._stdout = process.stdin, process.stdout

    def start(self, *, within: Path, kill_at: int = 0, **task: object) -> int:
        """Start a task; return its process id."""
        task = {"within": str(within), "kill_at": kill_at, **task}
        self._stdin.write(json.dumps(task) + "\n")
        self._stdin.flush()
        return int(self._stdout.readline())

    def end(self) -> int:
        """Wait for it; return its exit code."""
        return int(self._stdout.readline())

    def run(self, *, within: Path, kill_at: int = 0, **task: object) -> int:
        """Run a task to its end, or until it is killed; return its exit code."""
        self.start(within=within, kill_at=kill_at, **task)
        return self.end()


@contextmanager
def forking(module: str) -> Iterator[Forker]:
    """Start a module that serves."""
    with subprocess.Popen(
        [sys.executable, "-m", module], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield Forker(process)
        if process.stdin is not None:
            process.stdin.close()
