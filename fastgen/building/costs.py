"""State what an event costs: measured once, by builds of the canonical scenario on its built-in networks.

Bytes: 90 days at scale 1 and 10, by the manifest; locations lie within 10 per cent of the mean. Seconds: "one
core" and "two workers" of benchmarks/README.md. Planning: 46,400 location-days of some hundred orders 1.7 s,
of 20,000 orders 4.1 s. Memory: the most that `fastgen build --scale 10` and its workers held, with one, two
and four workers, and at scale 100 with one; days of half a million events take 30 MB more.
"""

from __future__ import annotations

BYTES_AN_EVENT = {"zstd": 8.2, "snappy": 15.8, "none": 106.5}

_EVENTS_A_SECOND_A_CORE = 1.9e6
_START_S = 0.5
_FILE_S = 0.001
_PLAN_LOCATION_DAY_S = 0.00009

_BASE_BYTES = 165_000_000
_WORKER_BYTES = 60_000_000


def seconds(events: float, n_files: int, n_cores: int) -> float:
    """Seconds of a build of so many events in so many files on so many cores."""
    return _START_S + (events / _EVENTS_A_SECOND_A_CORE + n_files * _FILE_S) / n_cores


def plan_seconds(n_location_days: int) -> float:
    """Seconds of planning so many location-days: for large ones; those of few orders take less than half."""
    return n_location_days * _PLAN_LOCATION_DAY_S


def memory_bytes(n_workers: int, table_bytes: int) -> int:
    """Peak memory of a build with so many workers, and so many bytes of route tables, which they share."""
    return _BASE_BYTES + n_workers * _WORKER_BYTES + table_bytes
