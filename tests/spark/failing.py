"""A source whose tasks fail at their first try, in the middle of their rows."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from fastgen.spark.batch import BatchReader
from fastgen.spark.options import read_batch_options
from fastgen.spark.source import FastgenSource

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pyarrow as pa
    from pyspark.sql.datasource import DataSourceReader, InputPartition
    from pyspark.sql.types import StructType


class FailingReader(BatchReader):
    """Remembers in a folder which tasks have failed: the one that FASTGEN_TEST_TRIES names."""

    def read(self, partition: InputPartition) -> Iterator[pa.RecordBatch]:
        tried = Path(os.environ["FASTGEN_TEST_TRIES"]) / f"location-{partition.location_id}"
        for number, record_batch in enumerate(super().read(partition)):
            yield record_batch.slice(0, record_batch.num_rows // 2)
            if number == 0 and not tried.exists():
                tried.touch()
                message = "the first try of a task fails"
                raise OSError(message)
            yield record_batch.slice(record_batch.num_rows // 2)


class FailingSource(FastgenSource):
    """Batches by the reader above."""

    @classmethod
    def name(cls) -> str:
        return "fastgen-failing"

    def reader(self, schema: StructType) -> DataSourceReader:  # noqa: ARG002  # Spark's signature
        return FailingReader(read_batch_options(self.options))
