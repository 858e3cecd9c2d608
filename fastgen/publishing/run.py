"""Publish a dataset as tables: the six dimension tables, order_items and events, with views on them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from fastgen.dataset.opened import OpenDataset, open_dataset
from fastgen.publishing.folder import check_tables_folder, places_of_tables, publish_folder
from fastgen.publishing.publication import Publication
from fastgen.publishing.tables import open_tables
from fastgen.publishing.target import Form, check_apart, parse_target
from fastgen.publishing.universe_tables import list_results
from fastgen.publishing.views import view_names

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from fastgen.publishing.target import Target


class Published(NamedTuple):
    """Result of a publication.

    Attributes
    ----------
    target
        The target, as given.
    digest
        The dataset's digest.
    tables
        All tables of the publication.
    made
        Tables that this run wrote; empty if all were there already.
    views
        Names of the views, in the database or in the scripts beside the tables.
    events, seconds
        Number of events, and duration.
    """

    target: str
    digest: str
    tables: tuple[str, ...]
    made: tuple[str, ...]
    views: tuple[str, ...]
    events: int
    seconds: float


def publish(
    dataset: str | Path | OpenDataset,
    to: str,
    *,
    overwrite: bool = False,
    announce: Callable[[str], None] = lambda _: None,
) -> Published:
    """Publish a dataset as tables.

    Parameters
    ----------
    dataset
        Folder that `fastgen build` made, or a dataset that is open.
    to
        "delta:PATH", "parquet:PATH" or "duckdb:FILE".
    overwrite
        Replace all tables that are there.
    announce
        Called with a line before each table is written.

    Raises
    ------
    ScenarioError
        If `to` is none of these.
    DataError
        If there is no dataset, or a package is missing.
    DamageError
        If the dataset is damaged, or is built again meanwhile.
    OutputError
        If other tables are there, another run publishes there, or a file can't be written.
    """
    began = time.perf_counter()
    target = parse_target(to)
    opened = open_dataset(dataset)
    manifest = opened.manifest
    # Before any table is read: an occupied target is reported at once.
    check_target(target, opened, overwrite=overwrite)
    tables = open_tables(opened)
    results = [file.entry for file in list_results(opened)]
    publication = Publication.of(manifest, target.form, results)
    # Each form's package is loaded only for that form: both are extras.
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
        views=view_names(may_end_early=manifest.table_form.may_end_early),
        events=manifest.rows,
        seconds=time.perf_counter() - began,
    )


def check_target(target: Target, dataset: OpenDataset, *, overwrite: bool) -> None:
    """Refuse a target that can't take the tables of a dataset; create and change nothing.

    The dataset's digest needn't be known: whether the target has the tables of another dataset is checked
    when it is published.

    Raises
    ------
    ScenarioError
        If the target is in the folder of a dataset, has this one in it, or is no possible path.
    OutputError
        If something else is there and `overwrite` is not set, or nothing can be written there.
    """
    # A dataset that was never written has no folder to stay out of.
    apart_from = None if dataset.is_unwritten else dataset.index.folder
    if target.form is Form.DUCKDB:
        from fastgen.publishing.duckdb_file import check_duckdb_file, places_of_file  # noqa: PLC0415  # an extra

        check_apart(target, places_of_file(target.path), apart_from)
        check_duckdb_file(target.path, overwrite=overwrite)
    else:
        check_apart(target, places_of_tables(target.path), apart_from)
        check_tables_folder(target, overwrite=overwrite)
