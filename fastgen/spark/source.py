"""The data source under its two names: what Spark finds by `format`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pyspark.sql.datasource import DataSource

from fastgen.dataset.index import read_index, select_ids, select_types
from fastgen.errors import FastgenError, ScenarioError
from fastgen.events.schema import SEQUENCE_KINDS
from fastgen.spark.batch import BatchReader
from fastgen.spark.options import RAW, WIRE, read_batch_options, read_selection, read_stream_options
from fastgen.spark.schema import batch_schema, spark_schema
from fastgen.spark.stream import RefusedStream, make_stream_reader

if TYPE_CHECKING:
    from pyspark.sql.datasource import DataSourceReader, DataSourceStreamReader
    from pyspark.sql.types import StructType


class FastgenSource(DataSource):  # type: ignore[misc]  # PySpark counts as untyped here
    """Events of a dataset, a window of it as a batch, or all of it as an endless stream."""

    default_schema: ClassVar[str] = WIRE
    needs_anchor: ClassVar[bool] = True

    @classmethod
    def name(cls) -> str:
        """Name for `format`."""
        return "fastgen"

    def schema(self) -> str:
        """Columns; Spark asks at `load()`, so that wrong options are found here.

        Raises
        ------
        FastgenError
            If an option is impossible, or the dataset can't be read.
        """
        wanted = read_selection(self.options, self.default_schema)
        index = read_index(wanted.path)
        select_ids(index, wanted.locations)
        select_types(wanted.types)
        return spark_schema(batch_schema(raw=wanted.raw, sequence_kind=index.sequence_kind))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Read a batch."""
        self._check_schema(schema)
        return BatchReader(read_batch_options(self.options, self.default_schema))

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802  # Spark's name
        """Read a stream; what is wrong comes up at Spark's first question, see `RefusedStream`."""
        try:
            self._check_schema(schema)
            options = read_stream_options(self.options, self.default_schema)
            return make_stream_reader(options, needs_anchor=self.needs_anchor)
        except FastgenError as error:
            return RefusedStream(error)

    def _check_schema(self, schema: StructType) -> None:
        """Spark passes on whatever schema a user states."""
        raw = read_selection(self.options, self.default_schema).raw
        own = {spark_schema(batch_schema(raw=raw, sequence_kind=kind)).lower() for kind in SEQUENCE_KINDS}
        given = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in schema)
        if given.lower() not in own:
            raise ScenarioError(f"schema: expected the source's own columns (leave it out), got {given}.")


class CaspersSource(FastgenSource):
    """The same under its older name, for notebooks that have it: they expect the stored columns."""

    default_schema: ClassVar[str] = RAW
    needs_anchor: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        """Name for `format`."""
        return "caspers"
