"""Run builds in processes of their own, under every circumstance that must not change their content."""

from __future__ import annotations

import json
import locale
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
Circumstance = tuple[dict[str, str], dict[str, Any]]  # environment, options


def numpy_groups() -> list[str]:
    """NumPy's own dispatch groups that this machine has."""
    from tests.build_once import dispatched  # noqa: PLC0415  # heavy

    return [name for name, on in dispatched().items() if on]


def has_locale(name: str) -> bool:
    """Whether the machine has a locale."""
    before = locale.setlocale(locale.LC_ALL)
    try:
        locale.setlocale(locale.LC_ALL, name)
    except locale.Error:
        return False
    finally:
        locale.setlocale(locale.LC_ALL, before)
    return True


def masked_features() -> dict[str, Circumstance]:
    """Processors with fewer features: for NumPy, for the compiler, for the C library, and for all of them."""
    groups = numpy_groups()
    off: Circumstance = (
        ({"NPY_DISABLE_CPU_FEATURES": " ".join(groups)}, {"disabled": groups}) if groups else ({}, {})
    )
    generic: Circumstance = ({"NUMBA_CPU_NAME": "generic"}, {"cpu_name": "generic"})
    plain_libc = {"GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX2,-FMA,-AVX512F"}
    together = ({**off[0], **generic[0], **plain_libc}, {**off[1], **generic[1]})
    return {"numpy": off, "numba": generic, "glibc": (plain_libc, {}), "all three": together}


def run_build(roads: Path | None, out: Path, circumstance: Circumstance, **options: Any) -> str:
    """Build under a circumstance; return the digest."""
    environment, own = circumstance
    run = subprocess.run(
        [
            sys.executable,
            "-m",
            "tests.build_once",
            str(roads or "-"),
            str(out),
            json.dumps({**options, **own}),
        ],
        env={**os.environ, **environment},
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    return run.stdout.strip()
