"""Define the digest of a location-day, and digest a dataset by those of its days.

This is all that readers of a manifest need; `events.digest` needs Numba.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

# To be raised when the bytes that a digest runs over change.
DIGEST_VERSION = 1


class DayDigest(NamedTuple):
    """One location-day, as the manifest has it.

    Attributes
    ----------
    location_id, day
        The location-day.
    orders, rows
        Numbers of orders and rows.
    bytes
        Number of bytes that the digest runs over.
    digest
        XXH3-128, 32 hexadecimal digits.
    """

    location_id: int
    day: int
    orders: int
    rows: int
    bytes: int
    digest: str


def digest_dataset(days: Iterable[DayDigest]) -> str:
    """Digest a dataset: SHA-256 over "location_id day rows digest" lines in (day, location_id) order."""
    digest = hashlib.sha256()
    # In this order the digest doesn't depend on layout or partitioning.
    for d in sorted(days, key=lambda d: (d.day, d.location_id)):
        digest.update(f"{d.location_id} {d.day} {d.rows} {d.digest}\n".encode())
    return digest.hexdigest()
