"""Open a dataset to read: one on disk, or one that is made while it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastgen.dataset.index import DatasetIndex, make_index, read_index
from fastgen.dataset.manifest import Manifest, read_stamped
from fastgen.dataset.reading.table_files import read_table_file
from fastgen.paths import check_input

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.dataset.manifest_entries import FileEntry


@dataclass(frozen=True)
class OpenDataset:
    """A dataset that is open for reading.

    Attributes
    ----------
    manifest
        Its manifest, without the location-days.
    index
        Its calendar, and the parts of its events.
    read_table
        Reads the Parquet bytes of a dimension table that the manifest lists.
    is_unwritten
        Whether the dataset was never written; the index's folder is then only a name for errors.
    """

    manifest: Manifest
    index: DatasetIndex
    read_table: Callable[[FileEntry], bytes]
    is_unwritten: bool = False


def open_dataset(dataset: str | Path | OpenDataset) -> OpenDataset:
    """Open a dataset that `build` made; an open one is returned as it is.

    Raises
    ------
    DataError
        If there is no finished dataset.
    DamageError
        If its manifest is damaged.
    """
    if isinstance(dataset, OpenDataset):
        return dataset
    folder = check_input(dataset, "dataset")
    manifest, stamp = read_stamped(folder, with_days=False)
    return OpenDataset(
        manifest, make_index(manifest, stamp, folder), lambda entry: read_table_file(folder, entry)
    )


def index_of(dataset: str | Path | OpenDataset) -> DatasetIndex:
    """Return the index of a dataset; errors as `open_dataset`."""
    return dataset.index if isinstance(dataset, OpenDataset) else read_index(dataset)
