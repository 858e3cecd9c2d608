"""Run the command line as `python -m fastgen`."""

from __future__ import annotations

from fastgen.cli import main

main()
