"""The parts of a manifest that are records of their own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Network:
    """Road network of one location; see `RoadGraph`."""

    location_id: int
    code: str
    hash: str
    source: str
    licence: str
    synthetic: bool


@dataclass(frozen=True)
class FileEntry:
    """One file of the dataset.

    Attributes
    ----------
    path
        Relative to the dataset.
    rows, bytes, sha256
        Its size, and the hash of its bytes.
    footer
        Hash of its footer, see `hash_footer`; None for tables, and for event files of older versions.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    footer: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Say the same for JSON."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Source:
    """What made the orders, where it was not the statistical simulation.

    Attributes
    ----------
    name
        Name and version of the source.
    longest_preparation_s
        Seconds from the creation of an order to its pick-up, at most: readers of a window look no further
        back.
    """

    name: str
    longest_preparation_s: int
