"""The reference of the API at ``/docs``: Swagger UI from a package, without a CDN and without inline scripts."""

from functools import cache
from importlib.util import find_spec
from pathlib import Path

from fastapi import APIRouter, FastAPI
from fastapi.responses import HTMLResponse, Response
from fastapi.staticfiles import StaticFiles

ASSETS = "/docs/assets"

_PAGE = f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Bloghound API</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{ASSETS}/swagger-ui.css">
</head>
<body>
<main id="reference">
<noscript>This page draws <a href="/openapi.json">the OpenAPI document</a> by script.</noscript>
</main>
<script src="{ASSETS}/swagger-ui-bundle.js"></script>
<script src="/docs/start.js"></script>
</body>
</html>
"""

_SCRIPT = """SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#reference",
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
"""

router = APIRouter(include_in_schema=False)


@router.get("/docs")
async def docs() -> Response:
    """The page."""
    return HTMLResponse(_PAGE)


@router.get("/docs/start.js")
async def start_script() -> Response:
    """What an inline script would do, if the page's policy allowed any."""
    return Response(_SCRIPT, media_type="text/javascript", headers={"Cache-Control": "public, max-age=3600"})


@cache
def _assets() -> Path:
    # fastapi-offline carries Swagger UI's files; nothing of its code is used.
    spec = find_spec("fastapi_offline")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("the package fastapi-offline, which carries Swagger UI, is not installed")
    return Path(spec.origin).parent / "static"


def mount_assets(app: FastAPI) -> None:
    """Serve Swagger UI's own files."""
    app.mount(ASSETS, StaticFiles(directory=_assets()), name="docs-assets")
