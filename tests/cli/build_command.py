"""Run `fastgen build` as a process."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

COMMAND = (sys.executable, "-m", "fastgen", "build")


def run(
    *args: str | Path, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run it to its end, with these variables besides those of this process."""
    return subprocess.run(
        [*COMMAND, *args],
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
