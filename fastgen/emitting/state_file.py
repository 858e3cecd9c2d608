"""Keep a producer's state in one small file, which is replaced as a whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
import stat
from typing import TYPE_CHECKING, Any, NamedTuple

from fastgen.errors import DamageError, DataError
from fastgen.files import write_whole
from fastgen.records import parse_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastgen.emitting.sink import SinkState

# A state lists the files of one window, about 25 bytes each: this is room for 40 million.
_MAX_BYTES = 1_000_000_000
# Names become parts of paths, so none may lead out of its folder.
_NAME = re.compile(r"-|[A-Za-z0-9][A-Za-z0-9.-]{0,99}")


class StateFile(NamedTuple):
    """The form of a kind of state files: a JSON object with a checksum over all other fields.

    Attributes
    ----------
    format, version
        They are the first two fields of every such file.
    owner
        Whose state it is, for errors, such as "replay".
    """

    format: str
    version: int
    owner: str

    def write(self, path: Path, fields: Mapping[str, Any]) -> None:
        """Replace a state file.

        Raises
        ------
        OutputError
            If it can't be written; the old state is kept then.
        """
        body = {"format": self.format, "format_version": self.version, **fields}
        text = json.dumps({**body, "sha256": checksum(body)}, indent=1) + "\n"
        write_whole(path, text.encode())

    def read(self, path: Path) -> dict[str, Any] | None:
        """Read the fields of a state file; None if there is none.

        Raises
        ------
        DamageError
            If it is damaged, or no such state.
        DataError
            If another version of fastgen wrote it.
        """
        try:
            found = path.stat()
            if not stat.S_ISREG(found.st_mode) or found.st_size > _MAX_BYTES:
                raise self.damage(path, "a state file, got a folder, a device or a far larger file")
            text = path.read_text(encoding="utf-8")
        except (FileNotFoundError, NotADirectoryError):
            return None
        except (OSError, ValueError) as error:
            raise self.damage(path, f"a readable state file, got {error}") from None
        try:
            return self._check(path, parse_json(text))
        except (ValueError, KeyError) as error:
            raise self.damage_by(path, error) from None

    def _check(self, path: Path, raw: Any) -> dict[str, Any]:
        if not isinstance(raw, dict) or raw.get("format") != self.format:
            raise self.damage(path, f"the state of a {self.owner}, got something else")
        if raw["format_version"] != self.version:
            raise DataError(
                f"{path}: expected format_version {self.version}, got {raw['format_version']!r}: "
                "another version of fastgen wrote it."
            )
        # After format and version: another version may compute its checksum in another way.
        if raw.pop("sha256") != checksum(raw):
            raise self.damage(path, "a whole state file, got a damaged one (sha256 differs)")
        return {key: value for key, value in raw.items() if key not in {"format", "format_version"}}

    def damage(self, path: Path, what: str) -> DamageError:
        """Make the error of a damaged state."""
        return DamageError(
            f"{path}: expected {what}. Put it back, or begin anew: remove it and what the {self.owner} has "
            "written."
        )

    def damage_by(self, path: Path, error: Exception) -> DamageError:
        """Make the error of a state whose fields are wrong."""
        reason = f"no {error}" if isinstance(error, KeyError) else str(error).removesuffix(".")
        return self.damage(path, f"a whole state file, got a damaged one ({reason})")


def check_names(state: SinkState) -> None:
    """Refuse names of files that no sink makes; they come from a state file.

    Raises
    ------
    ValueError
        If there is one.
    """
    for name in (state.folder_id, *state.pending):
        if not _NAME.fullmatch(name):
            raise ValueError(f"the name {name!r}")


def checksum(body: Mapping[str, Any]) -> str:
    """Hash all fields of a state file but the checksum itself."""
    # Sorted, so that the order of the fields in the file doesn't matter.
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
