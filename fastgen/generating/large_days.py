"""Digest a location-day that is too large for memory, through a temporary file.

A digest runs over all rows of one column, then over those of the next one. Events are made with all their
columns, for one range of orders after another. So they are first written to a file, which is then read
column by column. A build digests its files of such days by the same function.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.dataset.layout import ROW_GROUP_ROWS
from fastgen.dataset.manifest_entries import FileEntry
from fastgen.dataset.reading.digest_file import digest_file_days
from fastgen.dataset.reading.event_file import EventFile
from fastgen.errors import OutputError
from fastgen.events.digest import DayDigest
from fastgen.events.row_group import GroupEncoder, file_fields
from fastgen.generating.maker import cut_day
from fastgen.parquet.codecs import make_codec
from fastgen.parquet.file import FileWriter

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastgen.generating.maker import EventMaker
    from fastgen.generating.simulation import Simulation
    from fastgen.parquet.file import Written

_NAME = "day.parquet"


def digest_large_day(simulation: Simulation, maker: EventMaker, location_id: int, day: int) -> DayDigest:
    """Digest a location-day in bounded memory.

    Its file takes about 8 bytes an event in the system's folder for temporary files, which TMPDIR names.

    Parameters
    ----------
    simulation
        The simulation.
    maker
        Makes its events.
    location_id, day
        The location-day.

    Raises
    ------
    OutputError
        If the file can't be written.
    """
    with _temporary_folder() as folder:
        written = _write_day(simulation, maker, location_id, day, folder / _NAME)
        maker.free()  # room for the columns read back
        n_orders = int(simulation.source.n_orders[location_id][day])
        # Its last two fields are what the file is read for.
        undigested = DayDigest(location_id, day, n_orders, written.rows, 0, "")
        with EventFile(folder, FileEntry(_NAME, *written)) as file:
            return digest_file_days(file, [undigested])[0]


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="fastgen-", ignore_cleanup_errors=True)
    except OSError as error:
        raise OutputError(f"TMPDIR: expected a folder for a temporary file, got {error}.") from None
    with folder as name:
        yield Path(name)


def _write_day(simulation: Simulation, maker: EventMaker, location_id: int, day: int, path: Path) -> Written:
    # The column location_id is left out, as in the files of a build: the digest has it as a number.
    encoder = GroupEncoder(simulation.tables[location_id], None)
    fields = file_fields(simulation.table_form, with_location=False)
    with FileWriter(path, fields, make_codec("zstd"), {}) as writer:
        for some in cut_day(simulation, location_id, day, ROW_GROUP_ROWS):
            maker.begin(location_id, [some])
            maker.buffers.expand(0, some.n_orders)
            n_rows = maker.buffers.count_rows(some.n_orders)
            writer.add_group(n_rows, encoder.encode(maker.buffers, 0, some.n_orders))
        return writer.finish()
