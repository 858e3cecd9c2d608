"""Make what readers need beside the input, and the inputs that are made from code, once a process."""

from __future__ import annotations

import atexit
import datetime as dt
import io
import shutil
import tempfile
from functools import cache
from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq

from fastgen.dataset.index import DatasetIndex, read_index
from fastgen.replaying.run import replay
from tests.helpers import build_small
from tests.inputs.town_tables import TOWN
from tests.roads.overpass import Overpass

NOW = dt.datetime(2026, 3, 1, 12, tzinfo=dt.UTC)


@cache
def scratch() -> Path:
    """Make a folder that is gone when the process ends."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


@cache
def small_dataset() -> Path:
    """Build a dataset of three days of one location."""
    return build_small(scratch(), locations=("sf",), scale=0.05)


@cache
def small_index() -> DatasetIndex:
    """Index of it."""
    return read_index(small_dataset())


@cache
def prepare() -> Path:
    """Build, read and replay a dataset, so that no reader has to wait for the compiler; return the replay."""
    folder = scratch() / "replayed"
    replay(small_dataset(), folder, now=NOW, types=["delivered"])
    return folder


@cache
def overpass() -> Overpass:
    """Start a server on this machine that answers whatever it is told to."""
    server = Overpass()
    Thread(target=server.serve_forever, daemon=True).start()
    return server


@cache
def some_tables() -> dict[str, bytes]:
    """Encode small dimension tables."""
    encoded = {}
    for name, columns in TOWN.items():
        file = io.BytesIO()
        pq.write_table(pa.table(columns), file)
        encoded[name] = file.getvalue()
    return encoded
