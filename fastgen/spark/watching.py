"""Report the progress of a Spark job: read the receipts that its tasks write into the run's folder."""

from __future__ import annotations

import contextlib
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVERY_S = 0.5  # least time between two looks into the folder
# Listing a folder of many receipts takes a while: at most this share of the time is spent on it.
SHARE = 0.1


@contextlib.contextmanager
def watch(folder: Path, take: Callable[[bytes], None]) -> Iterator[None]:
    """Call `take` with the receipt of everything that is finished while this block runs.

    Parameters
    ----------
    folder
        Folder of the run.
    take
        The function to call, in another thread. It is called once for a number of file or site, even if two
        attempts made it; a ValueError says that the receipt isn't whole yet.
    """
    ended, seen = Event(), set[str]()

    def look() -> float:
        """Report new receipts; return the seconds to wait before the next look."""
        began = time.perf_counter()
        for receipt in folder.glob("*.json"):
            number = receipt.name.partition("-")[0]
            if number not in seen:
                with contextlib.suppress(OSError, ValueError):  # still being written: the next look counts it
                    take(receipt.read_bytes())
                    seen.add(number)
        return max(EVERY_S, (time.perf_counter() - began) / SHARE)

    def look_on() -> None:
        wait_s = EVERY_S
        while not ended.wait(wait_s):
            wait_s = look()

    thread = Thread(target=look_on, daemon=True)
    thread.start()
    try:
        yield
        ended.set()
        thread.join()
        look()
    finally:
        ended.set()
        thread.join()
