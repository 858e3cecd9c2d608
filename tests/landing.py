"""See a landing folder as its readers do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def visible(folder: Path) -> dict[str, bytes]:
    """Read what a reader of the folder sees."""
    return {path.name: path.read_bytes() for path in folder.glob("[!_.]*") if path.is_file()}


def assert_whole_lines(files: dict[str, bytes]) -> None:
    """Check that each file is whole lines of JSON."""
    for data in files.values():
        assert data.endswith(b"}\n")
        for line in data.splitlines():
            json.loads(json.loads(line)["body"])
