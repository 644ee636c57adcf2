"""Pages from templates: one Jinja2 environment with autoescape, and what every page knows.

Central name: :func:`render`. A view gives the names that its template uses; a name that is missing is an error.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from api.auth.sessions import csrf_token
from api.web import formatting
from api.web.assets import static_url
from bloghound import __version__
from storage.tables.base import utc_now

TEMPLATES = Path(__file__).parent / "templates"

NAVIGATION = (
    ("find", "/", "Find"),
    ("lists", "/lists", "Lists"),
    ("map", "/map", "Map"),
    ("crawl", "/crawl", "Crawl"),
    ("settings", "/settings", "Settings"),
)
"""Key (a view passes it as ``nav``), address, name."""

_FILTERS = {
    "number": formatting.number,
    "points": formatting.points,
    "percent": formatting.percent,
    "plural": formatting.plural,
    "day": formatting.day,
    "safe_link": formatting.safe_link,
    "language_name": formatting.language_name,
    "platform_name": formatting.platform_name,
    "address_shown": formatting.address_shown,
}


@cache
def environment() -> Environment:
    """The environment of all templates; everything is escaped unless we made the markup ourselves."""
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(_FILTERS)
    made.globals.update(
        foreign=formatting.foreign, static_url=static_url, navigation=NAVIGATION, version=__version__, nav=""
    )
    return made


def render(
    request: Request,
    template: str,
    *,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **context: Any,
) -> HTMLResponse:
    """The page that ``template`` makes of ``context``.

    Beside ``context`` a template knows ``request``, ``actor`` (None when nobody is signed in), ``csrf``, ``now`` and
    the globals ``static_url``, ``foreign``, ``navigation``, ``version``; ``date`` and ``ago`` are told relative to now.
    """
    now = utc_now()
    known = {
        "request": request,
        "actor": getattr(request.state, "actor", None),
        "csrf": csrf_token(request),
        "now": now,
        **_times(now),
    }
    page = environment().get_template(template).render(known | context)
    return HTMLResponse(page, status_code=status, headers=dict(headers or {}))


def _times(now: datetime) -> dict[str, Any]:
    return {"date": lambda value: formatting.date(value, now), "ago": lambda value: formatting.ago(value, now)}
