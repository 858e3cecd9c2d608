"""Define the entries of a manifest: road networks, files, source of orders."""

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
        Rows, size, and hash of its bytes.
    footer
        Hash of its footer, see `hash_footer`; None for tables, and for event files of older versions.
    """

    path: str
    rows: int
    bytes: int
    sha256: str
    footer: str | None = None

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold."""
        return {key: value for key, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Source:
    """Source of the orders, where it is not the statistical simulation.

    Attributes
    ----------
    name
        Name and version of the source.
    longest_preparation_s
        Most seconds from the creation of an order to its pick-up or cancellation, which limits how far before
        a window its readers have to look.
    may_end_early
        Whether its orders may be cancelled, or be open at the end.
    """

    name: str
    longest_preparation_s: int
    may_end_early: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Make a dictionary that JSON can hold, without `may_end_early` if it is False.

        Older manifests don't have it, and a build id covers the dictionary.
        """
        fields = asdict(self)
        if not self.may_end_early:
            del fields["may_end_early"]
        return fields
