"""Write the Parquet files of result tables, and find their folders."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from fastgen.files import write_whole

if TYPE_CHECKING:
    from pathlib import Path

    import polars as pl

# Rows are sorted by day, so a reader who asks for some days skips most row groups of a large file.
_GROUP_ROWS = 128_000
# What Hive, and so Spark, writes as %XX in the name of a folder.
_ESCAPED = frozenset("\"#%'*/:=?\\{}[]^\x7f")


def site_folder(tables: Path, name: str, site: str) -> Path:
    """Return the folder of a site's files in a table; readers take the site from its name."""
    escaped = "".join(f"%{ord(c):02X}" if c in _ESCAPED or c < " " else c for c in site)
    return tables / name / f"site={escaped}"


def write_part(frame: pl.DataFrame, path: Path, name: Path | None = None) -> str:
    """Write a frame into a Parquet file as `write_whole` does, and return the SHA-256 of its bytes.

    The same Polars gives the same bytes.
    """
    buffer = io.BytesIO()
    frame.write_parquet(buffer, compression="zstd", compression_level=3, row_group_size=_GROUP_ROWS)
    data = buffer.getvalue()
    write_whole(path, data, name=name)
    return hashlib.sha256(data).hexdigest()
