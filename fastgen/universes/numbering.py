"""Fill the ids of orders into their table, which needs the counts of all sites, and so the end of a run."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from fastgen.dataset.seal import seal, unseal
from fastgen.errors import DamageError
from fastgen.files import hash_file, sync_folder, write_whole
from fastgen.kernels.order_ids import write_order_ids
from fastgen.paths import hidden_beside
from fastgen.rng import Purpose, stream
from fastgen.universes.part_files import site_folder, write_part
from fastgen.universes.run_folder import NUMBERED

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


def number_orders(tables: Path, site: str, seed: int, first_index: NDArray[np.int64]) -> None:
    """Fill in the ids of a site's orders, which are those of the dataset's events.

    Parameters
    ----------
    tables, site
        Folder of all tables, and name of the site.
    seed
        Seed of the dataset.
    first_index
        int64 (n_days,), index in the dataset of each day's first order; see `OrderSource`.

    Raises
    ------
    OutputError
        If a file can't be written.
    """
    address = stream(seed, 0, Purpose.ORDER_ID)
    numbered: dict[str, str] = {}
    staged: dict[Path, Path] = {}
    for path in sorted(site_folder(tables, "orders", site).glob("part-*.parquet")):
        orders = pl.read_parquet(path.absolute(), glob=False, hive_partitioning=False)
        index = first_index[orders["day"].to_numpy()] + orders["order_number"].to_numpy()
        view = np.empty((len(index), 2), np.int64)
        write_order_ids(address, index, view)
        # A view of 16 bytes: the length in 4 bytes, then at most 8 characters, and zeros.
        ids = [text[4:].rstrip(b"\0").decode() for text in view.view("V16").ravel().tolist()]
        with_ids = orders.with_columns(order_id=pl.Series(ids, dtype=pl.String))
        # A longer run finds those of the days before numbered already, and leaves their files as they are.
        if with_ids.equals(orders):
            numbered[path.name] = hash_file(path)
        else:
            staged[path] = hidden_beside(path, ".tmp")
            numbered[path.name] = write_part(with_ids, staged[path], name=path)
    # Before the files change: a run that is killed meanwhile finds some with ids and some without.
    text = json.dumps({"files": numbered}, indent=1) + "\n"
    write_whole(_numbered_path(tables, site), seal(text).encode())
    for path, temporary in staged.items():
        temporary.replace(path)
        sync_folder(path.parent)


def _numbered_path(tables: Path, site: str) -> Path:
    return tables.parent / NUMBERED / f"{site}.json"


def read_numbered(tables: Path, site: str) -> dict[str, str]:
    """Read the SHA-256 of a site's `orders` files with ids, by the name of the file."""
    path = _numbered_path(tables, site)
    try:
        numbered: dict[str, str] = json.loads(unseal(path.read_bytes().decode(), required=True))["files"]
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise DamageError(f"{path}: expected hashes of tables, got: {error}.") from None
    return numbered
