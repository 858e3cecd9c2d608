"""Read a faults file: TOML with a seed and a list of faults, strictly."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastgen.dataset.layout import check_no_part
from fastgen.errors import ScenarioError
from fastgen.faults.fault import Fault
from fastgen.faults.kinds import KINDS, ROW_FIELDS
from fastgen.files import check_file, check_place
from fastgen.inputs.scenario_file import canonical_tree, read_toml
from fastgen.model.field_kinds import integer
from fastgen.model.fields import apply, did_you_mean, from_dict, shown, shown_key, to_dict
from fastgen.paths import check_input

# Most faults of a file: each takes a pass over the events that are hit.
MAX_FAULTS = 1000
SEED_MAX = 2**64 - 1
LINE_FORMATS = ("jsonl", "jsonl.gz")
_KEYS = ("seed", "faults", "dq")
_SEED = integer("another seed, other events are hit", 0, SEED_MAX)["spec"]


@dataclass(frozen=True)
class FaultPlan:
    """The faults of a stream, in the order in which they act on an event.

    Attributes
    ----------
    seed
        Decides which events are hit.
    faults
        The faults; the number of each is its position, from 1 on.
    source
        Name of the file, for errors; no ledger is written over it.
    """

    seed: int
    faults: tuple[Fault, ...]
    source: str = "faults"

    @property
    def digest(self) -> str:
        """SHA-256 of seed and faults, whatever the file's comments and order of keys, hexadecimal."""
        # The order of the faults is part of it, that of their keys isn't.
        tree = {"seed": self.seed, "faults": [to_dict(fault) for fault in self.faults]}
        return hashlib.sha256(json.dumps(tree, sort_keys=True).encode()).hexdigest()

    @property
    def max_delay_s(self) -> int:
        """Most seconds by which an event, or a copy of it, can be emitted late."""
        return sum(fault.longest_delay_s for fault in self.faults)

    def check_format(self, name: str) -> None:
        """Refuse a format whose columns can't have these faults.

        Raises
        ------
        ScenarioError
            For the first such fault.
        """
        if name in LINE_FORMATS:
            return
        for number, fault in enumerate(self.faults, start=1):
            in_row = fault.field in ROW_FIELDS or fault.level == "row"
            if KINDS[fault.kind].breaks_lines or in_row:
                what = f"kind {fault.kind}" + (f" of the column {fault.field}" if in_row else "")
                raise ScenarioError(
                    f"{self.source}: fault {number}: kind: expected faults of whole rows or of fields of the "
                    f"body with format {name}, got {what}, which needs lines, as jsonl has them."
                )


def load_faults(path: str | Path) -> FaultPlan:
    """Load a faults file.

    Raises
    ------
    ScenarioError
        "FILE: fault NUMBER: KEY: expected ..., got VALUE."
    """
    path = check_input(path, "faults")
    raw = read_toml(path, "faults")
    return _make(raw, str(path), raw.get("seed"))


def load_plan(faults: str | Path | FaultPlan | None) -> FaultPlan | None:
    """Load the faults that a program names: a file, a plan as it is, or none; errors as `load_faults`."""
    return faults if faults is None or isinstance(faults, FaultPlan) else load_faults(faults)


def check_ledger_path(ledger: str | Path, *taken: Path) -> Path:
    """Check that a ledger can be written to a file.

    Parameters
    ----------
    ledger
        The file.
    taken
        Files and folders of the run: the ledger may be none of them, nor be in one.

    Raises
    ------
    ScenarioError
        If it can't be a file, or is one of these.
    OutputError
        If there is no folder for it, or none that can be written to.
    """
    path = check_file(ledger, "ledger")
    check_no_part(path, "ledger")
    # Links are followed: the same place may have two names.
    there = Path(os.path.realpath(path))
    places = {place: Path(os.path.realpath(place)) for place in taken}
    for place, real in places.items():
        if real in (there, *there.parents):
            raise ScenarioError(f"ledger: expected a file apart from {place}, got {path}.")
    # A run makes the folders above its own files before it writes its ledger.
    made = any(there.parent in real.parents for real in places.values())
    return path if made and not there.parent.exists() else check_place(path, "ledger")


def load_scenario_faults(path: Path) -> FaultPlan | None:
    """Load the faults of a scenario file, whose seed is the scenario's; None: it has none.

    Parameters
    ----------
    path
        The scenario file.

    Raises
    ------
    ScenarioError
        As `load_faults`.
    """
    raw = read_toml(path)
    if "faults" not in raw:
        return None
    return _make({"faults": raw["faults"]}, str(path), raw.get("seed", canonical_tree()["seed"]))


def faults_of_dq(dq: object) -> list[dict[str, Any]]:
    """Convert the older form of null faults, {event type: {field of the body: probability}}.

    Returns
    -------
    list
        A table of a faults file for each.

    Raises
    ------
    ScenarioError
        If it has another form.
    """
    found = []
    if not isinstance(dq, Mapping):
        raise ScenarioError(f"dq: expected a table of event types, got {shown(dq)}.")
    for name, fields in dq.items():
        if not isinstance(fields, Mapping):
            raise ScenarioError(f"dq.{name}: expected a table of fields, got {shown(fields)}.")
        found += [
            {"kind": "null", "types": [name], "field": key, "probability": share}
            for key, share in fields.items()
        ]
    return found


def nulls_of_dq(dq: object) -> tuple[Fault, ...]:
    """Make the null faults of the older form that can hit an event; errors as `faults_of_dq`."""
    return _faults([table for table in faults_of_dq(dq) if table["probability"] != 0])


def _make(raw: dict[str, Any], source: str, seed: object) -> FaultPlan:
    try:
        return FaultPlan(_checked_seed(seed), _faults(_tables(raw)), source)
    except ScenarioError as error:
        raise ScenarioError(f"{source}: {error}") from None


def _checked_seed(seed: object) -> int:
    if seed is None:
        raise ScenarioError(f"seed: expected {_SEED.expected('seed')}, got nothing: the key is missing.")
    checked: int = apply(_SEED.check, "seed", _SEED, seed)
    return checked


def _tables(raw: dict[str, Any]) -> list[Any]:
    """List the tables of the faults, those of the older form last."""
    for key in raw:
        if key not in _KEYS:
            raise ScenarioError(f"{shown_key(key)}: unknown key, {did_you_mean(key, _KEYS)}")
    tables = raw.get("faults", [])
    if not isinstance(tables, list):
        raise ScenarioError(f"faults: expected tables [[faults]], got {shown(tables)}.")
    tables = [*tables, *faults_of_dq(raw.get("dq", {}))]
    if not 1 <= len(tables) <= MAX_FAULTS:
        raise ScenarioError(f"faults: expected 1 to {MAX_FAULTS} tables [[faults]], got {len(tables)}.")
    return tables


def _faults(tables: list[Any]) -> tuple[Fault, ...]:
    faults: list[Fault] = []
    added: set[str] = set()
    # Numbers begin with 1, as people count the tables of a file.
    for number, table in enumerate(tables, start=1):
        try:
            if not isinstance(table, Mapping):
                raise ScenarioError(f"expected a table, got {shown(table)}.")  # noqa: TRY301
            fault = from_dict(Fault, table)
            fault.check_field(added)
        except ScenarioError as error:
            raise ScenarioError(f"fault {number}: {error}") from None
        added |= fault.added_fields
        faults.append(fault)
    return tuple(faults)
