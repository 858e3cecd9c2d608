"""Make paths that are no file of a network, and JSON that is nested deep."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.roads.roads_file import encode_roads
from tests.roads.networks import small_graph

if TYPE_CHECKING:
    from collections.abc import Callable


def nest(opening: str, depth: int, closing: str) -> bytes:
    """Nest brackets in brackets."""
    return (opening * depth + closing * depth).encode()


DEEP = nest("[", 200_000, "]")


def make_sparse(path: Path) -> None:
    """Make a file of 10 GB that begins with a network's header."""
    with path.open("wb") as file:
        file.write(encode_roads(small_graph()).split(b"\n", 1)[0] + b"\n")
        file.truncate(10_000_000_000)


def make_blank(path: Path) -> None:
    """Make a file of 10 GB of zeros."""
    with path.open("wb") as file:
        file.truncate(10_000_000_000)


def make_loop(path: Path) -> None:
    """Make a link to itself."""
    path.symlink_to(path)


def make_device(path: Path) -> None:
    """Make a link to a device without end."""
    path.symlink_to("/dev/zero")


PLACES: dict[str, Callable[[Path], object]] = {
    "pipe": os.mkfifo,
    "folder": Path.mkdir,
    "sparse": make_sparse,
    "blank": make_blank,
    "loop": make_loop,
    "device": make_device,
}
