"""Find the result tables that the run of a universe has written beside the events of its dataset."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from fastgen.dataset.layout import UNIVERSE
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.dataset.seal import unseal
from fastgen.errors import DamageError
from fastgen.files import read_regular
from fastgen.records import make_record, parse_json

if TYPE_CHECKING:
    from pathlib import Path

    from fastgen.dataset.manifest_entries import Source

# The record of the run, in the folder `UNIVERSE` of a dataset.
RUN = "run.json"
# What a site is, and what it did, in files of some days each.
SITE_TABLES = ("kitchens", "stations", "persons", "disturbances")
DAY_TABLES = ("orders", "order_lines", "steps", "metrics", "station_metrics")
# In the order in which they are published.
RESULT_TABLES = (*SITE_TABLES, *DAY_TABLES)


class ResultFile(NamedTuple):
    """A file of a result table: its table and site, its path, and what the run has noted about it."""

    table: str
    site: str
    path: Path
    entry: FileEntry


def find_result_tables(dataset: Path, source: Source | None) -> list[ResultFile]:
    """List the files of a dataset's result tables; none where no universe was run, or none to its end.

    Parameters
    ----------
    dataset
        Folder of the dataset.
    source
        Source of its orders, as its manifest has it.

    Raises
    ------
    DamageError
        If the record of the run is damaged.
    """
    if source is None:
        return []
    folder = dataset / UNIVERSE
    path = folder / RUN
    try:
        raw = parse_json(unseal(read_regular(path).decode()))
        # Another build may have replaced the events since.
        entries = raw["tables"] if raw["source"] == source.name else []
        return [_make_file(folder, make_record(FileEntry, entry)) for entry in entries]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DamageError(f"{path}: expected the record of a run, got: {error}.") from None


def _make_file(folder: Path, entry: FileEntry) -> ResultFile:
    # tables/NAME/site=SITE/part-FIRST-LAST.parquet
    _, table, site, _ = entry.path.split("/")
    return ResultFile(table, unquote(site.removeprefix("site=")), folder / entry.path, entry)
