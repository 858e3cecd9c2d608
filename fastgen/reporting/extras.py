"""The extra that reports need."""

from __future__ import annotations

from fastgen.extras import require_extra


def require_report_extra() -> None:
    """Check that the packages of the extra `report` are installed, as `require_extra` does."""
    require_extra("report", "A report", ("altair", "jinja2", "scipy", "vl_convert"))
