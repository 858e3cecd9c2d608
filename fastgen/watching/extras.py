"""The extra that a watch needs."""

from __future__ import annotations

from fastgen.extras import require_extra


def require_serve_extra() -> None:
    """Check that the packages of the extra `serve` are installed, as `require_extra` does."""
    require_extra("serve", "A watch", ("jinja2", "starlette", "uvicorn"))
