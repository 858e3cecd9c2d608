"""State the time, memory and disk space of a build, as measured on the canonical scenario.

The measurements, on the built-in networks:

- Bytes: 90 days at scale 1 and 10, from the manifest. Single locations differ by up to 10 per cent.
- Seconds: "one core" and "two workers" in benchmarks/README.md.
- Planning: 46,400 location-days took 1.7 s with some hundred orders each, and 4.1 s with 20,000.
- Memory: the peak of `fastgen build --scale 10` with one, two and four workers, and at scale 100 with one.
  Days of half a million events take 30 MB more.
"""

from __future__ import annotations

from typing import NamedTuple

from fastgen.dataset.layout import Writer


class WriterCosts(NamedTuple):
    """What a build takes with one of the writers.

    Attributes
    ----------
    bytes_an_event
        Size of an event on disk, by compression.
    events_a_second_a_core
        Events that one core makes and writes in a second.
    start_s
        Seconds until the first file is begun.
    base_bytes, worker_bytes
        Peak memory: of any build, and of each worker in addition.
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

# Seconds for each file, besides those of its events.
_FILE_S = 0.001
# By which kitchens with stations lengthen a build in process: 1.31 at scale 1, 1.44 at scale 10.
_STATIONS_FACTOR = 1.4
# Seconds for each location-day: the 4.1 s above, divided by their number.
_PLAN_LOCATION_DAY_S = 0.00009


def seconds(
    events: float, n_files: int, n_cores: int, writer: Writer, *, has_stations: bool = False
) -> float:
    """Estimate the seconds that a build takes to make its files."""
    found = WRITERS[writer]
    of_events = events / found.events_a_second_a_core * (_STATIONS_FACTOR if has_stations else 1)
    return found.start_s + (of_events + n_files * _FILE_S) / n_cores


def plan_seconds(n_location_days: int) -> float:
    """Estimate the seconds of planning. Location-days of few orders take less than half of it."""
    return n_location_days * _PLAN_LOCATION_DAY_S


def memory_bytes(n_workers: int, table_bytes: int, writer: Writer) -> int:
    """Estimate the peak memory of a build; workers share its route tables, of `table_bytes` in total."""
    found = WRITERS[writer]
    return found.base_bytes + n_workers * found.worker_bytes + table_bytes
