"""The style sheets and scripts of the pages, under an address that changes with their content."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import FastAPI
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

FOLDER = Path(__file__).parent / "static"
FOREVER = "public, max-age=31536000, immutable"
"""A year, as RFC 9111 caches go: another content has another address."""


@cache
def content_hash() -> str:
    """Twelve hex digits over the names and bytes of all files."""
    digest = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            digest.update(f"{path.relative_to(FOLDER)}\0".encode())
            digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def static_url(path: str) -> str:
    """The address of a static file, such as ``css/base.css``; modules find each other by relative addresses."""
    return f"/static/{content_hash()}/{path}"


class _LongLived(StaticFiles):
    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, kept by browsers for a year."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = FOREVER
        return response


def mount_static(app: FastAPI) -> None:
    """Serve the static files."""
    app.mount(f"/static/{content_hash()}", _LongLived(directory=FOLDER), name="static")
