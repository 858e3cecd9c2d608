"""Set what has to be set before anything heavy is loaded."""

from __future__ import annotations

import os
import sys


def limit_threads(workers: int | None) -> None:
    """Give Polars as many threads as there are workers, unless the user's environment says otherwise.

    Polars reads the variable once, when it is loaded.
    """
    if workers is not None and "polars" not in sys.modules:
        os.environ.setdefault("POLARS_MAX_THREADS", str(min(workers, os.cpu_count() or 1)))
