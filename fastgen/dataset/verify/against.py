"""Compare a dataset's digest with golden checksums, or with another dataset's manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastgen.dataset.checksums import CHECKSUMS_FORMAT, Golden, describe_golden, make_golden, parse_checksums
from fastgen.dataset.layout import MANIFEST
from fastgen.dataset.manifest import FORMAT, Manifest, parse_manifest
from fastgen.errors import DataError
from fastgen.files import read_regular
from fastgen.records import parse_json

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from fastgen.dataset.verify.report import Tally
    from fastgen.events.digest import DayDigest

# Fields that determine a dataset's content, to name those that differ.
_CAUSES = ("stream_version", "scenario_hash", "dimensions_hash", "networks")


class Reference:
    """What a dataset is compared with.

    Parameters
    ----------
    path
        A checksums file, a manifest, or the folder of a dataset.

    Raises
    ------
    DataError
        If it is none of the three.
    """

    def __init__(self, path: Path) -> None:
        self._name = str(path / MANIFEST) if path.is_dir() else str(path)
        text = _read_text(path / MANIFEST if path.is_dir() else path)
        self._goldens: dict[str, Golden] = {}
        self._manifest: Manifest | None = None
        # A damaged file of a known kind goes to that kind's parser, whose error says what is wrong with it.
        if _format_of(text) == CHECKSUMS_FORMAT or _is_damaged(text, CHECKSUMS_FORMAT):
            self._goldens = parse_checksums(text, self._name)
        elif _format_of(text) is None and not _is_damaged(text, FORMAT):
            raise DataError(f"{self._name}: expected checksums or a manifest, got a file of another kind.")
        else:
            self._manifest = parse_manifest(text, self._name)

    def choose(self, manifest: Manifest) -> tuple[str, Golden]:
        """Find the pinned dataset with the parameters of a manifest.

        Raises
        ------
        DataError
            If the file pins no dataset of the same parameters.
        """
        # A manifest stands for one dataset, which is compared in any case: `check` names what differs.
        if self._manifest is not None:
            return self._name, make_golden(self._manifest)
        mine = make_golden(manifest)
        for name, golden in self._goldens.items():
            if golden.parameters == mine.parameters:
                return f"{name!r} in {self._name}", golden
        known = "; ".join(f"{name!r}: {describe_golden(g)}" for name, g in self._goldens.items())
        raise DataError(
            f"{self._name}: expected a dataset of {describe_golden(mine)}, got {known or 'none'}."
        )

    def check(self, manifest: Manifest, days: Sequence[DayDigest], digest: str, tally: Tally) -> None:
        """Check that the digest of the rows on disk is the pinned one."""
        name, golden = self.choose(manifest)
        if digest == golden.digest:
            tally.add("against", 1)
            return
        mine = make_golden(manifest)
        causes = [cause for cause in _CAUSES if getattr(mine, cause) != getattr(golden, cause)]
        hint = f"; {', '.join(causes)} differ" if causes else ""
        # Checksums have no digests of days, a manifest has.
        if self._manifest is not None and not causes:
            theirs = {(d.location_id, d.day): d.digest for d in self._manifest.days}
            other = [d for d in days if theirs.get((d.location_id, d.day)) != d.digest]
            if other:
                hint = f"; first differing: location {other[0].location_id}, day {other[0].day}"
        got = digest or "rows that can't be read"
        tally.add("against", 1, 1, f"{name}: expected {golden.digest}, got {got}{hint}.")


def _read_text(path: Path) -> str:
    try:
        return read_regular(path).decode()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "bytes that are not UTF-8"
        raise DataError(f"{path}: expected checksums or a manifest, got: {reason}.") from None


def _format_of(text: str) -> object:
    try:
        raw = parse_json(text)
    except ValueError:
        return None
    return raw.get("format") if isinstance(raw, dict) else None


def _is_damaged(text: str, wanted: str) -> bool:
    """Say whether a text is a damaged file of a format: it names the format, but is not valid JSON."""
    return _format_of(text) is None and f'"{wanted}"' in text
