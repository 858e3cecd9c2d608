"""Make order_items of created orders: one row for each line of items_json."""

from __future__ import annotations

import polars as pl
import pyarrow as pa

from fastgen.publishing.times import add_times, hours_of_day, time_fields

SOURCE_COLUMNS = ("order_id", "location_id", "event_type_id", "ts_seconds", "items_json")
PRICE = pa.decimal128(12, 2)
AMOUNT = pa.decimal128(18, 2)

# `line` counts the lines of an order from 1; `hour` is the hour of `ts`, in the dataset's clock.
ORDER_ITEMS = pa.schema(
    [
        pa.field("order_id", pa.string(), nullable=False),
        pa.field("location_id", pa.int8(), nullable=False),
        pa.field("line", pa.int16(), nullable=False),
        pa.field("ts_seconds", pa.int64(), nullable=False),
        *time_fields(),
        pa.field("hour", pa.int8(), nullable=False),
        pa.field("item_id", pa.int64(), nullable=False),
        pa.field("category_id", pa.int64(), nullable=False),
        pa.field("menu_id", pa.int64(), nullable=False),
        pa.field("brand_id", pa.int64(), nullable=False),
        pa.field("name", pa.string(), nullable=False),
        pa.field("price", PRICE, nullable=False),
        pa.field("qty", pa.int32(), nullable=False),
        pa.field("extended_price", AMOUNT, nullable=False),
    ]
)

_LINE = pl.List(
    pl.Struct(
        {
            **dict.fromkeys(("id", "category_id", "menu_id", "brand_id"), pl.Int64),
            "name": pl.String,
            "price": pl.Float64,
            "qty": pl.Int64,
        }
    )
)


def explode_items(created: pa.RecordBatch) -> pa.RecordBatch:
    """Explode the items of created orders.

    Parameters
    ----------
    created
        Rows of order_created, with order_id, location_id, ts_seconds and items_json.

    Returns
    -------
    pyarrow.RecordBatch
        Rows of `ORDER_ITEMS`, an order's lines in the order of its items_json. Prices are decimals, in whole
        cents, so that sums are exact in every engine.

    Raises
    ------
    ValueError
        If an items_json is not an array of lines.
    """
    frame = pl.from_arrow(created.select(["order_id", "location_id", "ts_seconds", "items_json"]))
    if not isinstance(frame, pl.DataFrame):  # it is one, but the function's type allows a series
        raise TypeError("expected a frame of a batch")
    try:
        lines = (
            frame.with_columns(pl.col("items_json").str.json_decode(_LINE).alias("items"))
            .with_columns(pl.int_ranges(1, pl.col("items").list.len() + 1).alias("line"))
            .drop("items_json")
            .explode("items", "line")
            .unnest("items")
            .rename({"id": "item_id"})
            # A price has two decimals, and a quantity one digit: rounding gives the right number of cents.
            .with_columns((pl.col("price") * pl.col("qty")).round(2).alias("extended_price"))
        )
    except pl.exceptions.PolarsError as error:
        raise ValueError(f"items_json: {error}") from None
    table = lines.to_arrow(compat_level=pl.CompatLevel.oldest()).combine_chunks()
    (batch,) = table.to_batches() or [pa.RecordBatch.from_pylist([], table.schema)]
    batch = add_times(batch).append_column("hour", hours_of_day(batch.column("ts_seconds")))
    columns = [batch.column(field.name).cast(field.type) for field in ORDER_ITEMS]
    # A missing key decodes to null.
    if any(column.null_count for column in columns):
        raise ValueError("items_json: a key is missing or null")
    return pa.RecordBatch.from_arrays(columns, schema=ORDER_ITEMS)
