"""Find the road network of a location: a user's file, else the built-in one."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING

from fastgen.errors import DataError
from fastgen.roads.offline import builtin_codes, read_builtin
from fastgen.roads.roads_file import SUFFIX, read_roads

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from pathlib import Path


def find_network(code: str, folder: Path | None) -> tuple[bytes, str]:
    """Read a location's network.

    Parameters
    ----------
    code
        Code of the location.
    folder
        Folder of CODE.roads files, or None.

    Returns
    -------
    tuple of (bytes, str)
        Bytes of a .roads file, and what to call it.

    Raises
    ------
    DataError
        If there is neither a file nor a built-in network, or the folder can't be read.
    """
    # For callers that ask for one location without a check of all of them first.
    check_networks([code], folder)
    path = find_users_file(code, folder)
    if path is None:
        return read_builtin(code), f"the built-in network of {code}"
    return read_roads(path), str(path)


def find_users_file(code: str, folder: Path | None) -> Path | None:
    """Find the file of a location's network in a user's folder; None: the built-in one counts."""
    path = None if folder is None else folder / f"{code}{SUFFIX}"
    return path if path is not None and path.exists() else None


def check_networks(
    codes: Sequence[str],
    folder: Path | None,
    inputs: str = "",
    note: str = "",
    *,
    can_select: bool = True,
    misplaced: Collection[str] = (),
    advice: str = "",
) -> None:
    """Check, before any is read, that every location has a network.

    Parameters
    ----------
    codes
        Codes of the locations.
    folder
        Folder of CODE.roads files, or None.
    inputs
        Options that make the locations known, for the commands that an error names.
    note
        A sentence that ends the error about missing networks, such as how to get a file of `inputs`.
    can_select
        Whether --locations leaves a location out before its network is needed.
    misplaced
        Codes of built-in networks that are around another place than the location of that code, which then
        needs a file; see `fastgen.roads.coverage.find_misplaced`.
    advice
        What a user should do about missing networks, other than make them.

    Raises
    ------
    DataError
        If the folder doesn't exist or is a file, or if locations have no network: the message names all of
        them, and the commands that make one, or the advice.
    """
    if folder is not None and not os.path.isdir(folder):  # noqa: PTH112  # no error for what can be no path
        raise DataError(f"{folder}: expected a folder of {SUFFIX} files, got none.")
    known = builtin_codes()
    # All that are missing go into one error, so that a user can make them before the next try.
    usable = set(known) - set(misplaced)
    missing = [code for code in codes if code not in usable and find_users_file(code, folder) is None]
    if not missing:
        return
    files = "" if folder is None else ", ".join(str(folder / f"{code}{SUFFIX}") for code in missing) + ", or "
    # The error shows commands to copy, so what a shell would split or expand is quoted.
    target = shlex.quote(str(folder or "my_roads"))
    options = f"--location {shlex.quote(missing[0])}{inputs} -o {target}"
    # A code in capitals is another location than the built-in one: say so, rather than guess.
    same = [code.lower() for code in missing if code not in known and code.lower() in known]
    spelt = f" (built-in ones go by their very codes: {', '.join(same)})" if same else ""
    far = [code for code in missing if code in misplaced]
    spelt += f" (too far from the kitchen: the built-in {', '.join(far)})" if far else ""
    likewise = " and ".join(f"--location {shlex.quote(code)}" for code in missing[1:])
    more = f", the same with {likewise}" if likewise else ""
    others = [code for code in codes if code not in missing]
    leave = f", or leave the rest out with --locations {shlex.quote(','.join(others))}"
    without = leave if others and can_select else ""
    make = (
        f"make one with 'fastgen roads fetch {options}', offline with 'fastgen roads import EXTRACT.osm.pbf "
        f"{options}', or a synthetic one with 'fastgen roads invent {options}'{more}, and name the folder "
        f"with --roads {target}{without}."
    )
    raise DataError(
        f"location {', '.join(missing)}: expected a road network ({files}one of the built-in "
        f"{', '.join(known)}), got none{spelt}: {advice or make}" + (note and f" {note}")
    )
