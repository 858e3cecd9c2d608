"""Take paths from the command line, and refuse at once what can be none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from fastgen.errors import ScenarioError

if TYPE_CHECKING:
    from collections.abc import Callable


class Place(click.Path):
    """A path, as `pathlib.Path` unless another type is asked for.

    An empty text is what an unset variable leaves, and `pathlib` takes it for the current folder.

    Parameters
    ----------
    path_type
        What to make of the text.
    **options
        As `click.Path` takes them.
    """

    def __init__(self, path_type: Callable[[str], Any] = Path, **options: Any) -> None:
        super().__init__(**options)
        self._make = path_type

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Check the path."""
        from fastgen.files import check_name  # noqa: PLC0415  # --help does without

        try:
            check_name(value)
        except ScenarioError as error:
            self.fail(str(error), param, ctx)
        path = str(super().convert(value, param, ctx))
        # To click, a device or a pipe is neither a file nor a folder.
        if not self.file_okay and not Path(path).is_dir():
            self.fail(f"expected a folder, got {path}, which is a device or a pipe.", param, ctx)
        return self._make(path)


def take_folder(_ctx: click.Context, _param: click.Parameter, value: Path) -> Path:
    """Check, before any work is done, that a folder could be written to."""
    from fastgen.files import check_folder  # noqa: PLC0415  # --help does without

    return check_folder(value)
