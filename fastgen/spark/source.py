"""The data source under its two names, which users pass to `format`."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from pyspark.sql.datasource import DataSource

from fastgen.dataset.index import read_index, select_ids, select_types
from fastgen.errors import FastgenError, ScenarioError
from fastgen.events.schema import SEQUENCE_KINDS, TableForm
from fastgen.spark.batch import BatchReader
from fastgen.spark.options import RAW, WIRE, read_batch_options, read_selection, read_stream_options
from fastgen.spark.schema import batch_schema, spark_schema
from fastgen.spark.stream import RefusedStream, make_stream_reader

if TYPE_CHECKING:
    from pyspark.sql.datasource import DataSourceReader, DataSourceStreamReader
    from pyspark.sql.types import StructType


class FastgenSource(DataSource):  # type: ignore[misc]  # PySpark counts as untyped here
    """The format "fastgen": events of a dataset, a window as a batch, or all of them as an endless stream.

    Attributes
    ----------
    default_schema
        Schema, if the option "schema" is not set.
    needs_anchor
        Whether a stream must state its anchor before PySpark 4.2; see `make_stream_reader`.
    """

    default_schema: ClassVar[str] = WIRE
    needs_anchor: ClassVar[bool] = True

    @classmethod
    def name(cls) -> str:
        """Name for `format`."""
        return "fastgen"

    def schema(self) -> str:
        """Return the columns. Spark calls it at `load()`, so wrong options are found here.

        Raises
        ------
        FastgenError
            If an option is impossible, or the dataset can't be read.
        """
        selection = read_selection(self.options, self.default_schema)
        index = read_index(selection.path)
        # Unknown locations and types are errors here, not only in a task.
        select_ids(index, selection.locations)
        select_types(index, selection.types)
        return spark_schema(batch_schema(raw=selection.raw, form=index.table_form))

    def reader(self, schema: StructType) -> DataSourceReader:
        """Make the reader of a batch."""
        self._check_schema(schema)
        return BatchReader(read_batch_options(self.options, self.default_schema))

    def streamReader(self, schema: StructType) -> DataSourceStreamReader:  # noqa: N802  # Spark's name
        """Make the reader of a stream; errors are raised later, at Spark's first call, by `RefusedStream`."""
        try:
            self._check_schema(schema)
            options = read_stream_options(self.options, self.default_schema)
            return make_stream_reader(options, needs_anchor=self.needs_anchor)
        except FastgenError as error:
            return RefusedStream(error)

    def _check_schema(self, schema: StructType) -> None:
        """Refuse another schema than the source's own: Spark passes on any schema that a user states."""
        raw = read_selection(self.options, self.default_schema).raw
        # Every form of the table is accepted, so that the manifest needn't be read again.
        forms = map(TableForm, SEQUENCE_KINDS * 2, (False, False, True, True))
        own = {spark_schema(batch_schema(raw=raw, form=form)).lower() for form in forms}
        given = ", ".join(f"{field.name} {field.dataType.simpleString()}" for field in schema)
        if given.lower() not in own:
            raise ScenarioError(f"schema: expected the source's own columns (leave it out), got {given}.")


class CaspersSource(FastgenSource):
    """The format "caspers", the older name: existing notebooks use it, and expect the stored columns."""

    default_schema: ClassVar[str] = RAW
    needs_anchor: ClassVar[bool] = False

    @classmethod
    def name(cls) -> str:
        """Name for `format`."""
        return "caspers"
