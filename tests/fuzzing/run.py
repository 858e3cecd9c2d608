"""Run hypothesis over a reader, and keep the input that it fails on."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given, seed, settings

from tests.fuzzing.oracle import Target, check
from tests.fuzzing.targets import CORPUS, inputs_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def fuzz(target: Target, *, examples: int, from_seed: int, note: Callable[[bytes], object]) -> None:
    """Try mutated inputs on a reader.

    Parameters
    ----------
    target
        The reader.
    examples
        How many inputs.
    from_seed
        Decides which.
    note
        Called with every input before it is read; the last call has the input that failed, shrunk.

    Raises
    ------
    Exception
        What the reader failed with.
    """

    @seed(from_seed)
    @settings(
        max_examples=examples,
        deadline=None,  # a bound of our own, which doesn't fail on a machine that is busy
        database=None,
        phases=(Phase.generate, Phase.shrink),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(target.mutated([*inputs_of(target).values(), *target.seeds()]))
    def run(data: bytes) -> None:
        note(data)
        check(target, data)

    run()


def keep(target: Target, data: bytes, corpus: Path = CORPUS) -> str:
    """Keep an input that failed, and say how it is read again."""
    path = corpus / target.name / f"found-{hashlib.sha256(data).hexdigest()[:8]}"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    return (
        f"{target.name} fails on {len(data)} bytes: {data[:200]!r}; python -m tests.fuzzing {path} repeats it"
    )
