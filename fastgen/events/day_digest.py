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
# Of datasets whose orders may end early: the bytes of the column cancel_reason follow those of version 1.
DIGEST_VERSION_OF_ENDINGS = 2


def digest_version(*, may_end_early: bool) -> int:
    """Return the version of a dataset's digests: datasets of one more column have one of their own."""
    return DIGEST_VERSION_OF_ENDINGS if may_end_early else DIGEST_VERSION


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
