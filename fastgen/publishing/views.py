"""Make the downstream tables as views, in SQL for DuckDB and Spark.

The SELECTs are in `sql/`, the same for both engines, on order_items, events and the dimension tables. How a
view reads files differs between the engines, and is written here.
"""

from __future__ import annotations

from importlib import resources
from typing import TYPE_CHECKING

from fastgen.publishing.target import Form

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

# In the order in which they are created.
VIEWS = ("order_header", "item_sales", "brand_sales", "location_sales")
# Of datasets whose orders may end early also these.
VIEWS_OF_ENDINGS = ("order_status",)
# Scripts in the folder of the tables, by engine.
VIEW_FILES = {"duckdb": "views_duckdb.sql", "spark": "views_spark.sql"}
_WITH_TS = ("order_items", "events")
# DuckDB would show the stored instants in the session's time zone, beside a date and an hour in UTC. So `ts`
# becomes a TIMESTAMP without a zone, as in a DuckDB file. Spark has no such type: see docs/lakehouse.md.
_PLAIN_TS = "make_timestamp(ts_seconds * 1000000)"


def view_names(*, may_end_early: bool) -> tuple[str, ...]:
    """Name the views of a dataset, whose orders may end early or not."""
    return (*VIEWS, *VIEWS_OF_ENDINGS) if may_end_early else VIEWS


def load_views(*, may_end_early: bool) -> dict[str, str]:
    """Load the SELECT of every view of a dataset by name."""
    folder, names = resources.files("fastgen.publishing") / "sql", view_names(may_end_early=may_end_early)
    return {name: (folder / f"{name}.sql").read_text(encoding="utf-8") for name in names}


def view_script(
    engine: str, form: Form, folder: Path, tables: Sequence[str], *, may_end_early: bool = False
) -> str:
    """Write the SQL statements that create views on a folder of tables, each ended by a semicolon.

    Parameters
    ----------
    engine
        "duckdb" or "spark".
    form
        Form of the tables.
    folder
        Their folder; the statements have its absolute path.
    tables
        Their names.
    may_end_early
        Whether the orders of the dataset may end early.
    """
    base = [_table_view(engine, form, folder.absolute() / name, name) for name in tables]
    views = load_views(may_end_early=may_end_early)
    create = "CREATE OR REPLACE VIEW" if engine == "duckdb" else "CREATE OR REPLACE TEMPORARY VIEW"
    derived = [f"{create} {name} AS\n{select.strip()}" for name, select in views.items()]
    return "".join(f"{statement};\n\n" for statement in (*base, *derived))


def _table_view(engine: str, form: Form, path: Path, name: str) -> str:
    if engine == "spark":
        quoted = str(path).replace("\\", "\\\\").replace("'", "\\'")
        return f"CREATE OR REPLACE TEMPORARY VIEW {name} USING {form} OPTIONS (path '{quoted}')"
    quoted = str(path).replace("'", "''")
    # By default DuckDB replaces columns by the values in the names of folders above, such as date=2026-03-01.
    files = f"read_parquet('{quoted}/*.parquet', hive_partitioning = false)"
    read = f"delta_scan('{quoted}')" if form is Form.DELTA else files
    select = f" SELECT * REPLACE ({_PLAIN_TS} AS ts)" if name in _WITH_TS else ""
    return f"CREATE OR REPLACE VIEW {name} AS{select} FROM {read}"
