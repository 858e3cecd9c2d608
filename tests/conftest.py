"""Keep the files of tests in memory, and route tables out of the user's cache; one browser for all tests."""

from __future__ import annotations

import os
import shutil
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browsers import browser

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["browser"]
# A file system in memory that Linux has.
MEMORY = Path("/dev/shm")  # noqa: S108  # pytest makes a folder of its own in it
ROOM_BYTES = 4 << 30


def pytest_configure() -> None:
    """Put temporary folders into memory where there is room: on a disk, tests wait a long time for fsync.

    What a killed process has written is there on either; only a loss of power makes a difference.
    """
    # A shell without job control lets what it starts with & ignore Ctrl-C, and so all processes below it.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))


@pytest.fixture(scope="session", autouse=True)
def cache_dir(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FASTGEN_CACHE_DIR", str(tmp_path_factory.mktemp("cache")))
        yield
