"""Write event files by fastgen's own encoder, which takes orders and routes instead of finished rows."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import TYPE_CHECKING

from fastgen.building.writing import file_metadata
from fastgen.dataset.layout import ROW_GROUP_ROWS, Layout
from fastgen.events.row_group import GroupEncoder, file_fields
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.file import FileWriter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from fastgen.building.plan import BuildPlan
    from fastgen.events.buffers import EventBuffers
    from fastgen.generating.maker import EventMaker
    from fastgen.parquet.file import Written

# Groups have equal numbers of orders, so their numbers of rows differ a little. The mean is below the limit,
# so that hardly any group exceeds it.
ROW_GROUP_MEAN = ROW_GROUP_ROWS * 31 // 32


class FastgenWriter:
    """Writes row groups that no two locations share; see `EventWriter`.

    Parameters
    ----------
    plan
        The plan.
    maker
        Makes the rows; its buffers have the chunk to write.
    """

    def __init__(self, plan: BuildPlan, maker: EventMaker) -> None:
        self._plan, self._maker = plan, maker
        self._codec = make_codec(plan.compression)

    def write(self, path: Path, chunks: Iterator[int], *, make_folder: bool) -> Written:
        """Write a file, whole or not at all."""
        plan, encoders = self._plan, dict[int, GroupEncoder]()
        with_location = plan.layout is Layout.SINGLE
        fields = file_fields(plan.table_form, with_location=with_location)
        with FileWriter(path, fields, self._codec, file_metadata(plan), make_folder=make_folder) as writer:
            for location_id in chunks:
                # An encoder belongs to one location. Only the present one is kept: it has memory of its own.
                if location_id not in encoders:
                    written_id = location_id if with_location else None
                    encoders = {location_id: GroupEncoder(plan.tables[location_id], written_id)}
                _write_groups(self._maker.buffers, encoders[location_id], writer)
            return writer.finish()


def _write_groups(buffers: EventBuffers, encoder: GroupEncoder, writer: FileWriter) -> None:
    """Write a chunk as row groups of equal numbers of orders."""
    n_orders = len(buffers.orders.draw)
    n_groups = math.ceil(buffers.count_rows(n_orders) / ROW_GROUP_MEAN) or 1
    edges = [n_orders * group // n_groups for group in range(n_groups + 1)]
    for first, last in pairwise(edges):
        if last > first:
            n_rows = buffers.count_rows(last) - buffers.count_rows(first)
            writer.add_group(n_rows, encoder.encode(buffers, first, last))
