"""Run a command as a process, as its users do."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FASTGEN = (sys.executable, "-m", "fastgen")


def run_fastgen(
    *args: str | Path, env: Mapping[str, str] | None = None, **options: Any
) -> subprocess.CompletedProcess[str]:
    """Run fastgen to its end, with these variables besides those of this process."""
    return subprocess.run(
        [*FASTGEN, *args],
        env=os.environ | (env or {}),
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
