"""Publish a dataset as tables of a lakehouse or a database, with views on them.

`run` has the function that users call, and `target` reads where it publishes to. `tables` streams the rows,
with the help of `order_items` and `times`; `views` has the SQL. `folder` writes Delta tables (`delta`) or
plain files (`parquet_files`), and `duckdb_file` writes a database. `publication` records what has been
published, so that the next run completes what a killed one began.
"""
