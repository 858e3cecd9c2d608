"""Route tables of several speeds become one: each row is that of its own table."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from fastgen.errors import DataError
from fastgen.model.route_table import RouteRequest, RouteTable
from fastgen.roads.cache import is_whole
from fastgen.roads.concatenation import concatenate_tables
from fastgen.roads.routes import compute_route_table
from tests.small_town import KITCHENS, make_town

SPEEDS = (25.0, 3.0, 9.5)


@pytest.fixture(scope="module")
def tables() -> list[RouteTable]:
    town = make_town(9)
    requests = [RouteRequest(*KITCHENS["sf"], 4.0, mph, 60, "distance", "Main St") for mph in SPEEDS]
    return [replace(compute_route_table(town, one, "town"), warning="It leaks.") for one in requests]


def row(table: RouteTable, i: int) -> list[object]:
    """List all that a table says of a customer."""
    pings, text = (slice(start[i], start[i + 1]) for start in (table.ping_start, table.text_start))
    street = table.street[i]
    return [
        *(getattr(table, key)[i] for key in ("lat", "lon", "dist_mm", "drive_us", "undirected")),
        *(getattr(table, key)[pings].tolist() for key in ("ping_lat", "ping_lon", "ping_progress")),
        table.text[text].tobytes(),
        table.street_text[table.street_start[street] : table.street_start[street + 1]].tobytes(),
    ]


def test_every_row_is_that_of_its_table(tables: list[RouteTable]) -> None:
    joined = concatenate_tables(tables, "town")
    n = tables[0].n_customers
    assert joined.n_customers == 3 * n
    for number, table in enumerate(tables):
        assert [row(joined, number * n + i) for i in range(n)] == [row(table, i) for i in range(n)]
    assert joined.max_pings == max(table.max_pings for table in tables)


def test_what_is_true_of_the_network_stays(tables: list[RouteTable]) -> None:
    joined = concatenate_tables(tables, "town")
    assert is_whole(joined)
    for key in ("network_hash", "provenance", "kitchen_dist_m", "warning"):
        assert getattr(joined, key) == getattr(tables[0], key)
    assert joined.warning == "It leaks."


def test_rows_of_a_customer_are_neighbours_by_path(tables: list[RouteTable]) -> None:
    joined, n = concatenate_tables(tables, "town"), tables[0].n_customers
    assert sorted(joined.by_path.tolist()) == list(range(3 * n))
    np.testing.assert_array_equal(
        joined.by_path.reshape(n, 3) % n, np.repeat(tables[0].by_path, 3).reshape(n, 3)
    )


def test_arrays_are_of_the_kind_that_kernels_are_compiled_for(tables: list[RouteTable]) -> None:
    arrays = vars(concatenate_tables(tables, "town")).items()
    joined = {key: value for key, value in arrays if isinstance(value, np.ndarray)}
    assert len(joined) == 15
    for key, array in joined.items():
        assert array.dtype == getattr(tables[0], key).dtype, key
        # Streets are those of the first table, which this test has not from the cache.
        assert not array.flags.writeable or key in {"street_start", "street_text"}


def test_one_table_is_not_copied(tables: list[RouteTable]) -> None:
    assert concatenate_tables(tables[:1], "town") is tables[0]


def test_texts_beyond_the_reach_of_offsets_are_refused(tables: list[RouteTable]) -> None:
    # A view of one byte: nothing of that size is allocated.
    huge = replace(tables[0], text=np.broadcast_to(np.uint8(0), 2**30))
    message = "^the town: expected routes of at most 2 GiB of text, got 2147483648 bytes for 2 modes and"
    with pytest.raises(DataError, match=message):
        concatenate_tables([huge, huge], "the town")
