"""Read paths from the command line, and refuse impossible ones at once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastgen.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(click.Path):
    """A path that passes `check_name`.

    An unset shell variable gives an empty text, which `pathlib` takes for the current folder.

    Parameters
    ----------
    path_type
        Converts the text.
    **options
        Parameters of `click.Path`.
    """

    def __init__(self, path_type: Callable[[str], Any] = Path, **options: Any) -> None:
        super().__init__(**options)
        self._make = path_type

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path."""
        from fastgen.paths import check_name  # noqa: PLC0415  # --help does without

        try:
            check_name(value)
        except ScenarioError as error:
            self.fail(str(error), param, ctx)
        path = str(super().convert(value, param, ctx))
        # click's file_okay=False refuses regular files, but not devices and pipes.
        if not self.file_okay and not Path(path).is_dir():
            self.fail(f"expected a folder, got {path}, which is a device or a pipe.", param, ctx)
        return self._make(path)


def take_folder(_ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    """Check that a folder can be written to, before any work is done."""
    from fastgen.files import check_folder  # noqa: PLC0415  # --help does without

    return check_folder(value)
