"""Run a live kitchen at a high speed, and print how many events a second it emits and how long it lags.

A program of its own, so that the benchmark can keep it on one core: CONFIG FOLDER SECONDS are its arguments.
"""

from __future__ import annotations

import datetime as dt
import json
import sys
import time
from pathlib import Path

import fastgen

# Seconds at the start that aren't counted: kernels are loaded, and the first days are made.
WARM_UP_S = 2.0


def main(config: str, out: str, seconds: str) -> None:
    """Run for some seconds; print events a second and the longest lag in seconds, as a JSON list."""
    began = dt.datetime.now(dt.UTC)
    until = began + dt.timedelta(seconds=float(seconds))
    batches = fastgen.live(Path(config), out, until=until)
    # Of each batch: when it was begun and when it was released, Unix seconds, and its events.
    released = [(batch.now_us / 1e6, time.time(), batch.events) for batch in batches]
    counted = [i for i, (now, _, _) in enumerate(released) if i and now >= began.timestamp() + WARM_UP_S]
    # The oldest event of a batch became due just after the batch before was begun.
    lag = max(released[i][1] - released[i - 1][0] for i in counted)
    n_events = sum(released[i][2] for i in counted)
    span = released[counted[-1]][0] - released[counted[0] - 1][0]
    print(json.dumps([n_events / span, lag]))


if __name__ == "__main__":
    main(*sys.argv[1:])
