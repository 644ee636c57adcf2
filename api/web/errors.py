"""STUB by the coordinator, to be replaced by helper E."""

from fastapi import Request
from fastapi.responses import HTMLResponse


def error_page(request: Request, status: int, title: str, detail: str) -> HTMLResponse:
    """Stub."""
    return HTMLResponse(f"{status}", status_code=status)
