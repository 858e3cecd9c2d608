"""Run a universe with a Spark of its own, until the whole process is killed or the run has ended.

Run as `python -m tests.spark.universe_driver FOLDER NAME DAYS`, with templates and roads in the folder.
"""

from __future__ import annotations

import sys
import warnings
from pathlib import Path

import fastgen.spark
from tests.local_spark import start_spark


def main() -> None:
    """Start the session, and run the universe."""
    warnings.simplefilter("ignore")
    folder, name, days = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    fastgen.spark.run_universe(
        start_spark("local[2]", partitions=2),
        folder / "templates",
        folder / name,
        days=days,
        roads=folder / "roads",
        snapshot_every=1,
        force=True,
    )


if __name__ == "__main__":
    main()
