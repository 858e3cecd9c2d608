"""Whoever watches a build of very many files may not keep its driver and its shared folder busy with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from fastgen.spark import watching
from fastgen.spark.watching import watch

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest


class SlowFolder:
    """A folder that takes a while to list."""

    def __init__(self) -> None:
        self.looks = 0

    def glob(self, _pattern: str) -> Iterator[Path]:
        self.looks += 1
        time.sleep(0.05)
        return iter(())


def test_slow_folder_is_looked_at_seldom(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "EVERY_S", 0.001)
    folder: Any = SlowFolder()
    with watch(folder, lambda _receipt: None):
        time.sleep(0.4)
    # One look, half a second of rest, and one at the end.
    assert folder.looks == 2
