"""Report the progress of a Spark job: count the receipts that its tasks write into the run's folder."""

from __future__ import annotations

import contextlib
import time
from threading import Event, Thread
from typing import TYPE_CHECKING

from fastgen.building.receipts import decode_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVERY_S = 0.5  # least time between two looks into the folder
# Listing a folder of many receipts takes a while: at most this share of the time is spent on it.
SHARE = 0.1


@contextlib.contextmanager
def watch(folder: Path, advance: Callable[[int, int], None]) -> Iterator[None]:
    """Call `advance` with (orders, events) of every file that is finished while this block runs.

    Parameters
    ----------
    folder
        Folder of the run.
    advance
        The function to call, in another thread. It is called once for a file, even if two attempts made it.
    """
    ended, seen = Event(), set[str]()

    def look() -> float:
        """Report new receipts; return the seconds to wait before the next look."""
        began = time.perf_counter()
        for receipt in folder.glob("*.json"):
            number = receipt.name.partition("-")[0]
            if number not in seen:
                with contextlib.suppress(OSError, ValueError):  # still being written: the next look counts it
                    result = decode_receipt(receipt.read_bytes())
                    seen.add(number)
                    advance(sum(day.orders for day in result.days), result.entry.rows)
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
