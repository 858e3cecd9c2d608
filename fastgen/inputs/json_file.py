"""Read files of JSON that people write."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.errors import ScenarioError
from fastgen.files import open_regular
from fastgen.records import parse_document

if TYPE_CHECKING:
    from pathlib import Path


def read_json_file(path: Path, what: str, max_bytes: int) -> object:
    """Read a JSON file.

    Parameters
    ----------
    path
        The file.
    what
        What it is, for the error of one that can't be read.
    max_bytes
        Size of the largest file; a larger one is something else, and is not read to its end.

    Raises
    ------
    ScenarioError
        If it can't be read, is too large, or is not JSON in UTF-8. The message doesn't name the file.
    """
    try:
        with open_regular(path) as file:
            data = file.read(max_bytes + 1)
        if len(data) > max_bytes:
            raise ValueError(f"more than {max_bytes:,} bytes")  # noqa: TRY301
        # utf-8-sig: editors on Windows may write a byte order mark.
        raw = parse_document(data.decode("utf-8-sig"))
    except OSError as error:
        raise ScenarioError(f"expected a readable {what}, got: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise ScenarioError(f"expected UTF-8, got byte {error.start} that is not.") from None
    except ValueError as error:
        raise ScenarioError(f"expected JSON, got an error: {str(error).removesuffix('.')}.") from None
    return raw
