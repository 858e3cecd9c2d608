"""Run the commands `fastgen universe ...` in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pytest

from fastgen.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeAlias

    Run: TypeAlias = Callable[..., "Done"]


class Done(NamedTuple):
    """What a command left behind."""

    returncode: int
    stdout: str
    stderr: str


def run_universe(capsys: pytest.CaptureFixture[str], *args: object) -> Done:
    """Run `fastgen universe` with arguments."""
    with pytest.raises(SystemExit) as ended:
        main(["universe", *map(str, args)])
    return Done(int(ended.value.code or 0), *capsys.readouterr())
