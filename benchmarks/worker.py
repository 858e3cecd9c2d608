"""Build on request in a warm process, whose kernels are loaded; benchmarks of scaling start it.

Its arguments are a number of workers, a scale and a folder for the warm-up. For every folder on a line of
stdin, it builds a dataset there, and answers with the JSON list [rows, seconds] on a line of stdout.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import IO, Self

from benchmarks.processes import ROADS


class WarmWorker:
    """A process that builds on request.

    Parameters
    ----------
    workers
        Number of workers of its builds.
    scale
        Scale of its builds.
    folder
        Folder for the warm-up.
    """

    def __init__(self, workers: int, scale: float, folder: Path) -> None:
        folder.mkdir(parents=True)
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.worker", str(workers), str(scale), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=Path(__file__).parents[1],
        )
        self._read()

    def start(self, out: Path) -> None:
        """Start a build in a folder; don't wait for it."""
        stdin = _opened(self._process.stdin)
        stdin.write(f"{out}\n")
        stdin.flush()

    def rate(self) -> float:
        """Wait for the end of the build, and return its events a second."""
        rows, seconds = self._read()
        return rows / seconds

    def _read(self) -> tuple[int, float]:
        line = _opened(self._process.stdout).readline()
        if not line:
            raise RuntimeError(f"Expected an answer, the worker ended with {self._process.wait()}.")
        rows, seconds = json.loads(line)
        return int(rows), float(seconds)

    def __enter__(self) -> Self:
        """Return the worker, which runs already."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the process."""
        _opened(self._process.stdin).close()
        self._process.wait()
        _opened(self._process.stdout).close()


def _opened(pipe: IO[str] | None) -> IO[str]:
    if pipe is None:
        raise RuntimeError("Expected a pipe to the worker.")
    return pipe


def main() -> None:
    """Answer requests until stdin ends."""
    from fastgen.building.build import build  # noqa: PLC0415  # only the child needs it

    workers, scale, folder = int(sys.argv[1]), float(sys.argv[2]), Path(sys.argv[3])
    build(folder / "warm", days=10, scale=scale, workers=workers, roads=ROADS)
    print(json.dumps((0, 0.0)), flush=True)
    for line in sys.stdin:
        result = build(line.strip(), scale=scale, workers=workers, roads=ROADS)
        print(json.dumps((result.manifest.rows, result.seconds)), flush=True)


if __name__ == "__main__":
    main()
