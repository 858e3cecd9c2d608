"""The rooms stay apart: imports run downward, the pure floors stay pure, everything says what it is for."""

from __future__ import annotations

import ast
import builtins
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

import fastgen
from fastgen.jit import OUTSIDE

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(fastgen.__file__).parent
# Higher floors first; rooms of one floor do not import each other.
FLOORS = (
    ("__init__", "__main__", "universe"),
    ("cli",),
    ("spark", "live_kitchens", "watching"),
    ("universes",),
    ("building", "replaying", "publishing", "reporting"),
    ("emitting", "generating"),
    ("faults",),
    ("wire",),
    ("dataset", "cooking"),
    ("events", "templates"),
    ("orders", "queueing", "roads", "inputs"),
    ("parquet",),
    ("kernels", "model"),
    ("files", "records", "loading", "jit"),
    ("extras", "paths"),
    ("rng", "units", "errors", "version"),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
KNOW_A_SOURCE = (
    *("generating.simulation", "generating.inputs", "cli.scenario"),
    *("cooking.asked", "cooking.source"),
    "templates.arrays",  # customers of a universe eat at the hours of the statistical ones
    "reporting.model",  # what a dataset of the statistical source is compared with
)
PURE = ("orders", "queueing", "events", "kernels", "model", "rng", "units", "errors", "version")
IMPURE_MODULES = {
    *("os", "sys", "io", "pathlib", "shutil", "tempfile", "subprocess", "glob", "locale"),
    *("time", "random", "secrets", "uuid", "logging", "socket", "mmap", "threading"),
    *("polars", "osmnx", "networkx", "click", "rich", "pyspark", "pandas", "requests"),
}
IMPURE_CALLS = {"print", "open", "input", "breakpoint", "exec", "eval"}
CLOCKS = {"now", "utcnow", "today", "getenv", "environ"}

MODULE_LINES = 300
FUNCTION_LINES = 50


class Module(NamedTuple):
    """One source file: its dotted name within the package, and its text."""

    name: str
    tree: ast.Module
    n_lines: int

    @property
    def room(self) -> str:
        return self.name.split(".")[0]

    @property
    def is_of_kernels(self) -> bool:
        """Whether it stands where compiled code does: in `kernels`, or a room's own folder of that name."""
        return "kernels" in self.name.split(".")

    @property
    def is_pure(self) -> bool:
        return self.room in PURE or self.is_of_kernels


def _modules() -> Iterator[Module]:
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        parts = parts[:-1] if len(parts) > 1 and parts[-1] == "__init__" else parts
        text = path.read_text(encoding="utf-8")
        yield Module(".".join(parts), ast.parse(text), text.count("\n"))


MODULES = list(_modules())
# By the name that an import has: that of the package itself is "fastgen".
BY_NAME = {f"fastgen.{module.name}".removesuffix(".__init__"): module for module in MODULES}


def names(module: Module) -> str:
    return module.name


def imports(module: Module) -> Iterator[str]:
    """Name every module that a module imports, at its top or later, but not for type checks alone."""
    for_types = {
        id(inner)
        for node in ast.walk(module.tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    for node in ast.walk(module.tree):
        if id(node) in for_types:
            continue
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module.name}: relative import"
            yield str(node.module)
            # `from fastgen import building` names a room too.
            if node.module == "fastgen":
                yield from (f"fastgen.{a.name}" for a in node.names if a.name in FLOOR_OF)


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_imports_run_downward_and_siblings_stay_apart(module: Module) -> None:
    own = FLOOR_OF[module.room]
    for imported in imports(module):
        if imported.split(".")[0] != "fastgen" or imported == "fastgen":
            continue
        room = imported.split(".")[1]
        assert room == module.room or FLOOR_OF[room] > own, f"{module.name} imports {imported}"


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_only_what_makes_a_simulation_knows_a_source_of_orders(module: Module) -> None:
    """All other modules know the protocol, `OrderSource`; `scenario check` says how many orders to expect."""
    if module.room != "orders" and module.name not in KNOW_A_SOURCE:
        assert [name for name in imports(module) if name.startswith("fastgen.orders")] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.room == "dataset"], ids=names)
def test_info_and_verify_share_the_reading_room_alone(module: Module) -> None:
    """`reading` serves both; neither it nor one of the two knows the other."""
    users = ("dataset.info", "dataset.verify")
    mine = next((user for user in users if module.name.startswith(user)), None)
    if mine is None and not module.name.startswith("dataset.reading"):
        return
    others = tuple(f"fastgen.{user}" for user in users if user != mine)
    assert [name for name in imports(module) if name.startswith(others)] == []


@pytest.mark.parametrize("module", [m for m in MODULES if m.is_pure], ids=names)
def test_pure_floors_know_no_files_clock_environment_or_terminal(module: Module) -> None:
    for imported in imports(module):
        top = imported.split(".")[0]
        assert top not in IMPURE_MODULES, f"{module.name} imports {imported}"
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id not in IMPURE_CALLS, f"{module.name} calls {node.func.id}"
        if isinstance(node, ast.Attribute):
            assert node.attr not in CLOCKS, f"{module.name} uses {node.attr}"


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_kernels_stand_where_the_stamp_of_their_cache_sees_them(module: Module) -> None:
    assert module.is_of_kernels or "fastgen.jit" not in imports(module)


@pytest.mark.parametrize("module", [m for m in MODULES if m.is_of_kernels], ids=names)
def test_the_stamp_of_the_cache_covers_what_kernels_import(module: Module) -> None:
    stamped = {name.removesuffix(".py").replace("/", ".") for name in OUTSIDE}
    for imported in imports(module):
        name = imported.removeprefix("fastgen.")
        if name != imported and "kernels" not in name.split("."):
            assert name in stamped, f"{module.name} imports {imported}"


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_only_the_command_line_prints(module: Module) -> None:
    if module.room == "cli" or module.name.endswith("__main__"):
        return
    called = {
        n.func.id for n in ast.walk(module.tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
    }
    assert "print" not in called


def _imported_at_start(name: str) -> Iterator[str]:
    """Name what a module imports at its top; Python then also imports the packages that it is in."""
    if name not in BY_NAME:
        return
    for node in BY_NAME[name].tree.body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_help_imports_light_modules_only() -> None:
    """Follow what the command line imports at its start: commands import what is heavy when they run."""
    reached, to_follow = set[str](), ["fastgen.cli"]
    while to_follow:
        name = to_follow.pop()
        if name not in reached:
            reached |= {name}
            to_follow += [name.rpartition(".")[0], *_imported_at_start(name)]
    assert {"fastgen.cli.build", "fastgen.loading", "click"} <= reached
    heavy = {"numpy", "polars", "pyarrow", "numba", "rich", "osmnx"}
    assert [name for name in sorted(reached) if name.split(".")[0] in heavy] == []
    rooms = {name.split(".")[1] for name in reached if name in BY_NAME and "." in name}
    assert rooms == {"cli", "version", "errors", "loading"}


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_public_things_and_kernels_say_what_they_are(module: Module) -> None:
    assert ast.get_docstring(module.tree), module.name
    silent = [name for name, node in _definitions(module.tree) if not ast.get_docstring(node)]
    assert silent == []


def _definitions(
    tree: ast.Module | ast.ClassDef,
) -> Iterator[tuple[str, ast.FunctionDef | ast.ClassDef]]:
    """Name public functions, classes and methods, and every kernel."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            compiled = [d.id for d in node.decorator_list if isinstance(d, ast.Name)]
            overloaded = "overload" in compiled
            if not overloaded and (not node.name.startswith("_") or {"jit", "inline"} & set(compiled)):
                yield node.name, node
            if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                yield from ((f"{node.name}.{name}", inner) for name, inner in _definitions(node))


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_modules_and_functions_fit_on_a_few_screens(module: Module) -> None:
    assert module.n_lines <= MODULE_LINES
    functions = [n for n in ast.walk(module.tree) if isinstance(n, ast.FunctionDef)]
    long = {f.name: _code_lines(f) for f in functions if _code_lines(f) > FUNCTION_LINES}
    # Kernels are one loop over many arrays; cutting them up costs time.
    assert module.is_of_kernels or not long


def _code_lines(function: ast.FunctionDef) -> int:
    """Count a function's lines from its first statement on, the docstring left out."""
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return (function.end_lineno or 0) - body[0].lineno + 1 if body else 0


@pytest.mark.parametrize("module", MODULES, ids=names)
def test_names_say_what_a_module_is_about(module: Module) -> None:
    assert module.name.split(".")[-1] not in {"utils", "common", "helpers", "manager", "misc"}
    assert module.name.split(".")[-1] not in dir(builtins)


def test_errors_have_one_home() -> None:
    """Every class of exceptions stands in errors.py."""
    bases = {
        "Exception",
        "BaseException",
        "ValueError",
        "RuntimeError",
        "FastgenError",
        "OSError",
        "TypeError",
    }
    for module in MODULES:
        if module.name != "errors":
            for node in ast.walk(module.tree):
                if isinstance(node, ast.ClassDef):
                    assert not bases & {ast.unparse(base) for base in node.bases}, (
                        f"{module.name}.{node.name}"
                    )


def test_map_names_every_room() -> None:
    shown = fastgen.__doc__ or ""
    rooms = {module.room for module in MODULES} - {"__init__", "__main__"}
    assert [room for room in sorted(rooms) if room not in shown] == []
    assert rooms <= set(FLOOR_OF)
