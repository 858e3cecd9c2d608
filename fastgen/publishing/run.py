"""Publish a dataset: the six dimension tables, order_items, events, and views on them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.manifest import read_stamped
from fastgen.files import check_input
from fastgen.publishing.folder import publish_folder
from fastgen.publishing.publication import Publication
from fastgen.publishing.tables import open_tables
from fastgen.publishing.target import Form, check_apart, parse_target
from fastgen.publishing.views import VIEWS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Published(NamedTuple):
    """What a run published.

    Attributes
    ----------
    target
        Where to, as given.
    digest
        The dataset's digest.
    tables
        All tables there are now.
    made
        Those that this run made; none: everything was there.
    views
        The views, or the names of those in the scripts beside the tables.
    events, seconds
        Rows of the events, and how long it took.
    """

    target: str
    digest: str
    tables: tuple[str, ...]
    made: tuple[str, ...]
    views: tuple[str, ...]
    events: int
    seconds: float


def publish(
    dataset: str | Path,
    to: str,
    *,
    overwrite: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> Published:
    """Publish a dataset as tables.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made.
    to
        "delta:PATH", "parquet:PATH" or "duckdb:FILE".
    overwrite
        Replace whatever tables are there, and make this dataset's anew.
    announce
        Called with a line on what is written.

    Raises
    ------
    ScenarioError
        If `to` is none of these.
    DataError
        If there is no dataset, or a package is missing.
    DamageError
        If the dataset is damaged, or was built anew meanwhile.
    OutputError
        If other tables are there, another run publishes there, or the disk refuses.
    """
    began, folder = time.perf_counter(), check_input(dataset, "dataset")
    target = parse_target(to)
    manifest, stamp = read_stamped(folder, with_days=False)
    check_apart(target, folder)
    tables, publication = open_tables(folder), Publication.of(manifest, target.form)
    stamp.check()  # the tables are of this very manifest
    if target.form is Form.DUCKDB:
        from fastgen.publishing.duckdb_file import publish_duckdb  # noqa: PLC0415  # an extra

        made = publish_duckdb(target.path, tables, publication, announce, overwrite=overwrite)
    else:
        made = publish_folder(target, tables, publication, announce, overwrite=overwrite)
    return Published(
        target=str(target),
        digest=manifest.digest,
        tables=tuple(table.name for table in tables),
        made=made,
        views=VIEWS,
        events=manifest.rows,
        seconds=time.perf_counter() - began,
    )
