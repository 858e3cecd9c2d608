"""Tell of a job's progress while Spark makes its files: by the receipts that appear in the run's folder."""

from __future__ import annotations

import contextlib
from threading import Event, Thread
from typing import TYPE_CHECKING

from fastgen.building.receipts import decode_receipt

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

EVERY_S = 0.5


@contextlib.contextmanager
def watch(folder: Path, advance: Callable[[int, int], None]) -> Iterator[None]:
    """Call `advance` with (orders, events) of every file that is finished in this block.

    Parameters
    ----------
    folder
        Folder of the run.
    advance
        What to call, in a thread of its own; a file that two attempts made counts once.
    """
    ended, seen = Event(), set[str]()

    def look() -> None:
        for receipt in sorted(folder.glob("*.json")):
            number = receipt.name.partition("-")[0]
            if number not in seen:
                with contextlib.suppress(OSError):
                    result = decode_receipt(receipt.read_bytes())
                    seen.add(number)
                    advance(sum(day.orders for day in result.days), result.entry.rows)

    def look_on() -> None:
        while not ended.wait(EVERY_S):
            look()

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
