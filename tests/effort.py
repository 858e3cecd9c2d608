"""How often tests repeat what chance decides: kills, flips of bits, fuzzed inputs, resumed builds."""

from __future__ import annotations

import os


def repeats(short: int, full: int) -> int:
    """Choose a number of repetitions: `full` for `make test-long`, `short` for everyday runs and CI."""
    return full if os.environ.get("FASTGEN_TEST_LONG") else short
