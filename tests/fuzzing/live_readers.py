"""Read what live kitchens and faults take from outside; see `Target.read`."""

from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

from fastgen.faults.plan import load_faults
from fastgen.live_kitchens.config import make_config, read_config
from fastgen.live_kitchens.examples import EXAMPLES, read_example
from fastgen.live_kitchens.places import find_place
from fastgen.live_kitchens.state import read_state, write_state
from tests.documents import blocks
from tests.live_kitchens.runs import config_of, run


def read_live_config(data: bytes, folder: Path) -> Any:
    """Read a config, and find its place without a network."""
    path = folder / "config.json"
    path.write_bytes(data)
    config = read_config(path)
    assert make_config(config.to_dict()) == config
    return config.to_dict(), find_place(config, online=False)


def some_configs() -> list[bytes]:
    """Give the two examples."""
    return [read_example(name).encode() for name in EXAMPLES]


def read_live_state(data: bytes, folder: Path) -> Any:
    """Read the state of a live run; what is written again is read as the same."""
    path, again = folder / "state.json", folder / "again.json"
    path.write_bytes(data)
    state = read_state(path)
    assert state is not None
    write_state(again, state)
    assert read_state(again) == state
    return state


@cache
def some_live_states() -> list[bytes]:
    """Give the state after a first batch."""
    with tempfile.TemporaryDirectory() as folder:
        run(config_of(), Path(folder) / "live")
        return [(Path(folder) / ".live.fastgen" / "state.json").read_bytes()]


def read_faults(data: bytes, folder: Path) -> Any:
    """Read a faults file."""
    path = folder / "faults.toml"
    path.write_bytes(data)
    return load_faults(path)


def some_faults() -> list[bytes]:
    """Give the examples of the document, each with a seed."""
    examples = blocks("docs/faults.md", "toml")
    return [(text if "seed" in text else f"seed = 1\n{text}").encode() for text in examples]
