"""A visit to a known site: what it begins with, and what its end says about the next one.

Central names: :func:`begin_again`, :func:`plan_next`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from bloghound.records import Outcome, SiteHealth
from bloghound.urls import canonical_url
from crawler import schedule
from crawler.intake import PRIORITY_HOME
from crawler.plan import CrawlPlan
from storage import claims, crawls, frontier, pages, posts, sites
from storage import schedule as stored
from storage.database import Connection
from storage.frontier import LeasedSite
from storage.schedule import PostPage
from storage.tables.base import utc_now

MAX_LOOKS = 50
"""Known posts looked at again in one visit: a minute and a half of a stranger's time."""
MAX_LEFT_OVER = 20
"""Pages taken up that earlier crawls left over: new posts are few, and a trap names new addresses without end."""


def begin_again(connection: Connection, site: LeasedSite, *, now: datetime) -> None:
    """Queue what a visit to a known site asks for: where new posts are named, and posts that are due for a look."""
    leads = stored.leads(connection, site.site_id, pages.ASKED_AGAIN)
    since = crawls.started_at(connection, site.crawl_id)
    wanted = schedule.leads_due(leads, now=now, since=since)
    wanted += stored.worth_a_look(connection, site.site_id, now=now, limit=MAX_LOOKS)
    wanted += stored.waiting(connection, site.site_id, limit=MAX_LEFT_OVER)
    wanted += claims.pages(connection, site.site_id, read_before=now - schedule.WORD_AGE)
    stored.requeue(connection, wanted)
    if not leads:
        queue_home(connection, site)
    frontier.begin_site(connection, site, now=now)


def queue_home(connection: Connection, site: LeasedSite) -> None:
    """Ask for the home page too, as where no feed says what is new."""
    home_url = canonical_url(sites.home_of(connection, site.site_id))
    pages.queue_home(connection, site.site_id, home_url, priority=PRIORITY_HOME)


def plan_next(
    connection: Connection,
    plan: CrawlPlan,
    site_id: int,
    health: SiteHealth | None,
    *,
    outcomes: Sequence[Outcome] = (),
    error_pages: Collection[str] = (),
) -> dict[str, Any]:
    """At the end of a site's crawl: mark what has vanished, and decide when to look again; columns of the site.

    ``outcomes`` are those of the visit's requests, ``error_pages`` addresses whose pages say that nothing is there.
    What is read from archives changes no schedule.
    """
    if plan.is_archived or health is None:
        return {}
    now = utc_now()
    look_at = None
    if health == SiteHealth.OK:
        look_at = _look_after_posts(connection, site_id, outcomes, error_pages, now)
    due_at = schedule.next_visit(
        health,
        stored.post_dates(connection, site_id, now=now, limit=schedule.RECENT_POSTS),
        now=now,
        failures=stored.failures_in_a_row(connection, site_id) + 1,
        next_look_at=look_at,
    )
    return {"next_due_at": due_at}


def _look_after_posts(
    connection: Connection, site_id: int, outcomes: Sequence[Outcome], error_pages: Collection[str], now: datetime
) -> datetime | None:
    """Write what becomes of posts whose pages were fetched; when the first of them is to be looked at again."""
    found = stored.post_pages(connection, site_id, since=now - schedule.LOOKS[-1])
    # Who asks not to be indexed later than at first asks it of what is stored as well.
    withdrawn = [page.post_id for page in found if page.outcome == Outcome.NOINDEX]
    posts.remove(connection, withdrawn)
    answers = schedule.site_answers(outcomes)
    looks = {
        page: schedule.next_look(page, answers=answers, is_error_page=page.url in error_pages)
        for page in found
        if page.outcome != Outcome.NOINDEX
    }
    _write(connection, looks, now)
    return min((look.next_fetch_at for look in looks.values() if look.next_fetch_at is not None), default=None)


def _write(connection: Connection, looks: dict[PostPage, schedule.Look], now: datetime) -> None:
    written = {
        page.page_id: (look.next_fetch_at, look.missing_since)
        for page, look in looks.items()
        if (look.next_fetch_at, look.missing_since) != (page.next_fetch_at, page.missing_since)
    }
    stored.set_looks(connection, written)
    for state in ("live", "vanished"):
        changed = [page.post_id for page, look in looks.items() if look.post_state == state != page.post_state]
        stored.set_states(connection, changed, state, now=now)
