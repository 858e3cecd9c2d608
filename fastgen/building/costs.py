"""State what an event costs: measured once, by builds of the canonical scenario on its built-in networks.

Bytes: 90 days at scale 1 and 10, by the manifest; locations lie within 10 per cent of the mean. Seconds: "one
core" and "two workers" of benchmarks/README.md. Planning: 46,400 location-days of some hundred orders 1.7 s,
of 20,000 orders 4.1 s. Memory: the most that `fastgen build --scale 10` and its workers held, with one, two
and four workers, and at scale 100 with one; days of half a million events take 30 MB more.
"""

from __future__ import annotations

from typing import NamedTuple

from fastgen.dataset.layout import Writer


class WriterCosts(NamedTuple):
    """What a writer takes.

    Attributes
    ----------
    bytes_an_event
        By compression.
    events_a_second_a_core
        Events made and written in a second of one core's time.
    start_s
        Seconds until the first file is begun.
    base_bytes, worker_bytes
        Memory: at all, and with each worker.
    """

    bytes_an_event: dict[str, float]
    events_a_second_a_core: float
    start_s: float
    base_bytes: int
    worker_bytes: int


WRITERS = {
    Writer.FASTGEN: WriterCosts(
        bytes_an_event={"zstd": 8.2, "snappy": 15.8, "none": 106.5},
        events_a_second_a_core=1.9e6,
        start_s=0.5,
        base_bytes=165_000_000,
        worker_bytes=60_000_000,
    ),
    Writer.POLARS: WriterCosts(
        bytes_an_event={"zstd": 11.6, "snappy": 29.0, "none": 113.0},
        events_a_second_a_core=1.4e6,
        start_s=1.2,
        base_bytes=350_000_000,
        worker_bytes=150_000_000,
    ),
}

_FILE_S = 0.001
_PLAN_LOCATION_DAY_S = 0.00009


def seconds(events: float, n_files: int, n_cores: int, writer: Writer) -> float:
    """Seconds of a build of so many events in so many files on so many cores."""
    found = WRITERS[writer]
    return found.start_s + (events / found.events_a_second_a_core + n_files * _FILE_S) / n_cores


def plan_seconds(n_location_days: int) -> float:
    """Seconds of planning so many location-days: for large ones; those of few orders take less than half."""
    return n_location_days * _PLAN_LOCATION_DAY_S


def memory_bytes(n_workers: int, table_bytes: int, writer: Writer) -> int:
    """Peak memory of a build with so many workers, and so many bytes of route tables, which they share."""
    found = WRITERS[writer]
    return found.base_bytes + n_workers * found.worker_bytes + table_bytes
