"""Run a command where few files may be open and the disk is slow.

Run as `python -m tests.replaying.slow_disk ARGUMENTS`, with those of fastgen.
"""

from __future__ import annotations

import os
import resource
import time
from typing import Any

from fastgen.cli import main

DESCRIPTORS = 48
FLUSH_S = 0.01


def main_on_slow_disk() -> None:
    """Slow down fsync, lower the limit, run the command."""
    resource.setrlimit(resource.RLIMIT_NOFILE, (DESCRIPTORS, DESCRIPTORS))
    flush = os.fsync

    def flush_slowly(fd: Any) -> None:
        time.sleep(FLUSH_S)
        flush(fd)

    os.fsync = flush_slowly
    main()


if __name__ == "__main__":
    main_on_slow_disk()
