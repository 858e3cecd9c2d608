"""Check texts that name files and folders, and make names from them; nothing is read or written."""

from __future__ import annotations

import hashlib
import os
import re
from pathlib import Path

from fastgen.errors import ScenarioError

_PATH_MAX, NAME_MAX = 4095, 255  # bytes, on Linux (linux/limits.h)
# Characters of a wrong path that an error shows.
_SHOWN = 60
# One slash is enough: pathlib turns "s3://" into "s3:/".
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:/")


def is_url(text: str | Path) -> bool:
    """Say whether a text is a URL, such as s3://bucket/x, and not a path."""
    return _URL.match(str(text)) is not None


def check_name(name: str | Path) -> Path:
    """Check that a text is a possible path; the file or folder needn't exist.

    Raises
    ------
    ScenarioError
        If it is empty or blank, too long for a file system, or has a null byte.
    """
    text = os.fsencode(name)
    if not text:
        raise ScenarioError("expected a path, got an empty text, as of a variable that is not set.")
    if text.isspace():
        raise ScenarioError(f"expected a path, got blanks alone, {os.fsdecode(text)!r}.")
    if b"\0" in text:
        raise ScenarioError(f"expected a path without null bytes, got {os.fsdecode(text)[:_SHOWN]!r}.")
    if len(text) > _PATH_MAX or any(len(part) > NAME_MAX for part in text.split(b"/")):
        raise ScenarioError(
            f"expected a path of at most {_PATH_MAX} bytes, {NAME_MAX} between two slashes, got {len(text)} "
            f"bytes, {os.fsdecode(text)[:_SHOWN]!r} and so on."
        )
    return Path(name)


def check_input(name: str | Path, what: str) -> Path:
    """Check that a text is a possible path of an input; `Path("")` would mean the current folder.

    Parameters
    ----------
    name
        The path.
    what
        Name of the option or argument, for errors.

    Raises
    ------
    ScenarioError
        As `check_name`.
    """
    try:
        return check_name(name)
    except ScenarioError as error:
        raise ScenarioError(f"{what}: {error}") from None


def check_apart(place: Path, what: str, folder: Path, content: str) -> None:
    """Check that a place to write to is neither a folder nor in it; neither need exist.

    Parameters
    ----------
    place
        File or folder to write to.
    what
        Name of the option or argument, for errors.
    folder
        The folder.
    content
        What the folder has, for errors, such as "dataset".

    Raises
    ------
    ScenarioError
        If it is; links are followed.
    """
    if Path(os.path.realpath(place)).is_relative_to(os.path.realpath(folder)):
        raise ScenarioError(f"{what}: expected a place apart from the {content} {folder}, got {place}.")


def hidden_beside(path: Path, suffix: str) -> Path:
    """Make the hidden name of a file or folder that belongs to `path` and is in the same folder."""
    name = f".{path.name}{suffix}"
    if len(os.fsencode(name)) > NAME_MAX:  # a name that is just short enough leaves no room for the suffix
        name = f".{hashlib.sha256(os.fsencode(path.name)).hexdigest()[:16]}{suffix}"
    return path.with_name(name)
