"""Fuzz the readers for as long as asked: python -m tests.fuzzing [--minutes N] [--seed N] [READER ...].

`python -m tests.fuzzing FILE ...` reads inputs that were kept once more. Each round is a process of its own:
one that crashes or hangs takes no other with it, and the input that it was at is kept.
"""

from __future__ import annotations

import argparse
import itertools
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.fuzzing.oracle import Target, check
from tests.fuzzing.run import fuzz, keep
from tests.fuzzing.targets import TARGETS

# A round lasts some seconds; what takes this long hangs where no alarm reaches it.
ROUND_TIMEOUT_S = 1800
BY_NAME = {target.name: target for target in TARGETS}


def main() -> int:
    """Do as asked; return 1 if an input failed."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzzing", description=__doc__)
    parser.add_argument("what", nargs="*", metavar="READER|FILE", help="default: every reader")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--round", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    files = [Path(name) for name in asked.what if name not in BY_NAME]
    for path in files:
        check(BY_NAME[path.parent.name], path.read_bytes())
        sys.stdout.write(f"{path}: well\n")
    if files:
        return 0
    targets = [BY_NAME[name] for name in asked.what] or list(TARGETS)
    if asked.round is not None:
        (target,) = targets
        fuzz(target, examples=target.examples, from_seed=asked.seed, note=asked.round.write_bytes)
        return 0
    end, n_failed = time.monotonic() + 60 * asked.minutes, 0
    for number, target in enumerate(itertools.cycle(targets)):
        if time.monotonic() > end:
            break
        n_failed += not _round(target, asked.seed + number)
    return int(n_failed > 0)


def _round(target: Target, from_seed: int) -> bool:
    """Fuzz a reader in a process of its own; keep and say what failed."""
    began = time.monotonic()
    with tempfile.NamedTemporaryFile() as current:
        options = ["--seed", str(from_seed), "--round", current.name]
        command = [sys.executable, "-W", "error", "-m", "tests.fuzzing", target.name, *options]
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, timeout=ROUND_TIMEOUT_S, check=False
            )
            reason = "" if done.returncode == 0 else f"{done.stderr[-2000:]}exit code {done.returncode}\n"
        except subprocess.TimeoutExpired:
            reason = f"no end after {ROUND_TIMEOUT_S} s\n"
        data = Path(current.name).read_bytes()
        if reason and data:  # none: the process failed before it read any
            reason += f"{keep(target, data)}\n"
    verdict = "failed" if reason else "well"
    seconds = time.monotonic() - began
    sys.stdout.write(f"{reason}{target.name}, seed {from_seed}, {seconds:.0f} s: {verdict}\n")
    sys.stdout.flush()
    return not reason


if __name__ == "__main__":
    sys.exit(main())
