"""Pages: the addresses of a site and its place in the queue of what is still to be fetched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, bindparam, delete, func, or_, select, update

from bloghound.urls import fold_url
from storage.tables import Page
from storage.tables.base import CLOCKS_DIFFER, table_of
from storage.upserts import batches, upsert

_PAGE = table_of(Page)

# Kinds that lead to posts: every crawl asks for them again, while a post's own page is asked for again only when due.
LEADING_KINDS = ("home", "feed", "sitemap", "listing", "profile")
ASKED_AGAIN = (*LEADING_KINDS, "comments")
"""Kinds that may have changed at every visit: what leads to posts, and the feed of all comments."""

MAX_WAITING_PAGES = 2000
"""Addresses of a site kept from one crawl to the next: several crawls' work; a trap names new ones without end."""

_BEST_FIRST = (_PAGE.c.priority.desc(), _PAGE.c.depth, _PAGE.c.id)


@dataclass(frozen=True, slots=True)
class NewPage:
    """An address to be fetched; the highest ``priority`` comes first, then the smallest ``depth``."""

    url: str
    kind: str = ""
    priority: int = 0
    depth: int = 0
    found_from: str | None = None


@dataclass(frozen=True, slots=True)
class QueuedPage:
    """An address that is due."""

    page_id: int
    url: str
    kind: str
    depth: int
    attempts: int
    found_from: str | None
    etag: str | None
    last_modified: str | None


def enqueue(connection: Connection, site_id: int, pages: Sequence[NewPage]) -> None:
    """Put addresses into a site's queue; those already known, done or not, stay as they are."""
    rows = [
        {
            "site_id": site_id,
            "url": page.url,
            "folded_url": fold_url(page.url),
            "kind": page.kind,
            "priority": page.priority,
            "depth": page.depth,
            "found_from": page.found_from,
        }
        for page in pages
    ]
    upsert(connection, _PAGE, rows, key=["site_id", "folded_url"])


def requeue_leading(connection: Connection, site_id: int, *, now: datetime, since: datetime | None = None) -> None:
    """At the start of a new crawl of a known site: ask for what leads to posts, what is due, and what was waiting.

    What leads to posts and was fetched ``since`` a time, by another crawl, is not asked for again.
    """
    leads: ColumnElement[bool] = _PAGE.c.kind.in_(ASKED_AGAIN)
    if since is not None:
        leads = and_(leads, or_(_PAGE.c.fetched_at.is_(None), _PAGE.c.fetched_at < since))
    connection.execute(
        update(_PAGE)
        .where(
            _PAGE.c.site_id == site_id,
            _PAGE.c.state != "queued",
            or_(_PAGE.c.state == "waiting", leads, _PAGE.c.next_fetch_at <= now),
        )
        .values(state="queued", attempts=0, next_fetch_at=None)
    )


def queue_home(connection: Connection, site_id: int, url: str, *, priority: int, since: datetime | None = None) -> None:
    """Put the address where a site's visit begins into its queue, as its one home page, known before or not.

    One that was fetched ``since`` a time, by another crawl, is not asked for again.
    """
    address = fold_url(url)
    connection.execute(
        update(_PAGE)
        .where(_PAGE.c.site_id == site_id, _PAGE.c.kind == "home", _PAGE.c.folded_url != address)
        .values(kind="listing", priority=priority - 1)
    )
    home = {"site_id": site_id, "url": url, "folded_url": address, "kind": "home", "priority": priority}
    fetched_at = connection.execute(
        select(_PAGE.c.fetched_at).where(_PAGE.c.site_id == site_id, _PAGE.c.folded_url == address)
    ).scalar()
    is_fresh = since is not None and fetched_at is not None and fetched_at >= since
    mark(connection, [home if is_fresh else home | {"state": "queued"}])


def due(connection: Connection, site_id: int, *, now: datetime, limit: int) -> list[QueuedPage]:
    """The next addresses of a site to fetch, best first."""
    columns = [
        _PAGE.c[name] for name in ("id", "url", "kind", "depth", "attempts", "found_from", "etag", "last_modified")
    ]
    rows = connection.execute(
        select(*columns)
        .where(
            _PAGE.c.site_id == site_id,
            _PAGE.c.state == "queued",
            or_(_PAGE.c.next_fetch_at.is_(None), _PAGE.c.next_fetch_at <= now),
        )
        .order_by(*_BEST_FIRST)
        .limit(limit)
    ).all()
    return [QueuedPage(*row) for row in rows]


def bring_forward(connection: Connection, site_id: int, *, now: datetime) -> None:
    """Let pages be due now whose waiting time was set by a clock that was ahead and has been put back since."""
    is_ahead = _PAGE.c.fetched_at > now + CLOCKS_DIFFER
    waiting = and_(_PAGE.c.site_id == site_id, _PAGE.c.state == "queued", _PAGE.c.next_fetch_at > now, is_ahead)
    connection.execute(update(_PAGE).where(waiting).values(next_fetch_at=now))


def queue_state(connection: Connection, site_id: int) -> tuple[int, datetime | None]:
    """How many addresses of a site are queued, and when the first of those that must wait is due."""
    row = connection.execute(
        select(func.count(), func.min(_PAGE.c.next_fetch_at)).where(
            _PAGE.c.site_id == site_id, _PAGE.c.state == "queued"
        )
    ).one()
    return row[0], row[1]


def mark(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Write what came of fetched addresses: rows of page columns, keyed by ``site_id`` and ``folded_url``."""
    if not rows:
        return
    names = sorted({name for row in rows for name in row})
    defaults: dict[str, Any] = dict.fromkeys(names)
    update_names = [name for name in names if name not in {"site_id", "folded_url"}]
    upsert(
        connection,
        _PAGE,
        [defaults | {"depth": 0, "priority": 0, "attempts": 0} | dict(row) for row in rows],
        key=["site_id", "folded_url"],
        update=update_names,
    )


@dataclass(frozen=True, slots=True)
class Trail:
    """How a page was found, and which text it had: ``words`` of it, and its hash, None where it has none."""

    found_from: str | None
    text_hash: str | None
    words: int


def trails(connection: Connection, site_id: int) -> dict[str, Trail]:
    """The trail of every page of a site that was fetched, by folded address."""
    rows = connection.execute(
        select(_PAGE.c.folded_url, _PAGE.c.found_from, _PAGE.c.content_hash, _PAGE.c.signals).where(
            _PAGE.c.site_id == site_id, _PAGE.c.outcome.is_not(None)
        )
    )
    return {row[0]: Trail(row[1], row[2], int((row[3] or {}).get("words", 0))) for row in rows}


def signals(connection: Connection, site_id: int) -> list[tuple[str, str, dict[str, Any]]]:
    """Address, kind and stored signals of every page of a site whose decision may be made again."""
    rows = connection.execute(
        select(_PAGE.c.url, _PAGE.c.kind, _PAGE.c.signals)
        .where(_PAGE.c.site_id == site_id, _PAGE.c.signals.is_not(None))
        .order_by(_PAGE.c.id)
    ).all()
    return [(row.url, row.kind, row.signals) for row in rows if row.signals]


def outcomes(connection: Connection, site_id: int) -> list[tuple[str, str, str]]:
    """Address, outcome and kind of every page of a site that was fetched, in the order they were found."""
    query = (
        select(_PAGE.c.url, _PAGE.c.outcome, _PAGE.c.kind)
        .where(_PAGE.c.site_id == site_id, _PAGE.c.outcome.is_not(None))
        .order_by(_PAGE.c.id)
    )
    return [(row.url, row.outcome, row.kind) for row in connection.execute(query)]


def set_kinds(connection: Connection, site_id: int, kinds: Mapping[str, str]) -> None:
    """Write the kinds decided for pages, by address."""
    rows = [{"of_site": site_id, "address": fold_url(url), "decided": kind} for url, kind in sorted(kinds.items())]
    if rows:
        by_address = (_PAGE.c.site_id == bindparam("of_site"), _PAGE.c.folded_url == bindparam("address"))
        connection.execute(update(_PAGE).where(*by_address).values(kind=bindparam("decided")), rows)


def keep_waiting(connection: Connection, site_id: int) -> None:
    """At the end of a site's crawl: what is still queued waits for the next crawl, the best MAX_WAITING_PAGES of it.

    Pages that lead there may not have changed by then, and would not name it again (304).
    """
    connection.execute(
        update(_PAGE).where(_PAGE.c.site_id == site_id, _PAGE.c.state == "queued").values(state="waiting")
    )
    surplus = (
        select(_PAGE.c.id)
        .where(_PAGE.c.site_id == site_id, _PAGE.c.state == "waiting")
        .order_by(*_BEST_FIRST)
        .offset(MAX_WAITING_PAGES)
    )
    ids = connection.execute(surplus).scalars().all()
    for batch in batches(ids):
        connection.execute(delete(_PAGE).where(_PAGE.c.id.in_(batch)))
