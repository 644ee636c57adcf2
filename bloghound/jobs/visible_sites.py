"""Sites as they may be shown: none that asked to be left out, neither in a listing nor as where another was found."""

from dataclasses import replace
from typing import Any

from bloghound.errors import AddressError, NotFoundError
from bloghound.settings import Settings
from bloghound.urls import site_of
from storage import health, suppressions
from storage.database import Connection
from storage.health import SiteRow, Step
from storage.suppressions import Suppressions
from storage.tables.base import utc_now


def page(
    connection: Connection, settings: Settings, *, limit: int, after_key: str | None, **wanted: Any
) -> list[SiteRow]:
    """Up to ``limit`` sites by key; ``wanted`` are the filters of :func:`storage.health.sites_by_key`."""
    suppressed, now = suppressions.load(connection, settings.secret_key()), utc_now()
    shown: list[SiteRow] = []
    while len(shown) < limit:
        rows = health.sites_by_key(connection, now=now, after_key=after_key, limit=limit, **wanted)
        shown += [row for row in rows if row.key not in suppressed]
        if len(rows) < limit:
            break
        after_key = rows[-1].key
    return shown[:limit]


def site(connection: Connection, settings: Settings, public_id: str) -> tuple[SiteRow, list[Step]]:
    """One site and the way to it, which begins after the last site that asked to be left out; raises NotFoundError."""
    row = health.site(connection, public_id, now=utc_now())
    suppressed = suppressions.load(connection, settings.secret_key())
    if row is None or row.key in suppressed:
        raise NotFoundError(f"There is no site {public_id!r}.")
    steps = health.path_to(connection, public_id)
    begin = max((number for number, step in enumerate(steps, 1) if step.key in suppressed), default=0)
    return row, [replace(step, found_from_url=shown_source(step.found_from_url, suppressed)) for step in steps[begin:]]


def shown_source(url: str | None, suppressed: Suppressions) -> str | None:
    """The address from which something was found; None where its site asked to be left out."""
    if url is None or not suppressed:
        return url
    try:
        return None if site_of(url).key in suppressed else url
    except AddressError:
        return url
