"""Hold the digests of location-days and make a dataset's of them; who only reads a manifest needs no more."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

DIGEST_VERSION = 1


class DayDigest(NamedTuple):
    """What the manifest says of one location-day.

    Attributes
    ----------
    location_id, day
        The location-day.
    orders, rows
        Its size.
    bytes
        Bytes that the digest is made over.
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
    for d in sorted(days, key=lambda d: (d.day, d.location_id)):
        digest.update(f"{d.location_id} {d.day} {d.rows} {d.digest}\n".encode())
    return digest.hexdigest()
