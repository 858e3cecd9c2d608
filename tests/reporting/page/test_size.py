"""The page of the canonical dataset can be mailed: at most 3 MB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import fastgen
from fastgen.building.build import build

if TYPE_CHECKING:
    from pathlib import Path

MOST_BYTES = 3_000_000


def test_the_canonical_page_is_small(tmp_path: Path) -> None:
    build(tmp_path / "dataset", days=90)
    page = fastgen.report(tmp_path / "dataset")
    assert "All 63 checks and tests passed" in page
    assert len(page.encode()) <= MOST_BYTES
