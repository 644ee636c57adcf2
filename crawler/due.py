"""Sites whose time for another visit has come, taken into a crawl of their own. Central name: :func:`collect`."""

from datetime import datetime, timedelta

from bloghound.settings import Settings
from crawler.plan import RECRAWL
from storage import crawls, frontier, schedule, suppressions
from storage.database import Connection
from storage.sites import NewSite

CLAIM = timedelta(days=1)
"""A claimed site that nobody visits, as when its crawl is given up, is due again after this."""
COLLECTING = timedelta(hours=1)
"""A re-crawl takes in what becomes due for so long: less than the shortest time after which a site is due again."""
MAX_SITES = 1_000_000
"""A re-crawl has a place for whatever is due, and for the sites to which those have moved."""
LOG_OUTLIVES_ARCHIVE = timedelta(days=2)
"""Erasure finds a site's archived answers by the log; archives are removed when they are looked at, daily at least."""
PRUNED_AT_ONCE = 1
"""Re-crawls removed in one transaction: one has some 10,000 lines, and hours pass between two of them."""
MAX_SITES_AT_ONCE = 500
"""Sites claimed in one transaction, which others wait for: some milliseconds."""


def collect(connection: Connection, settings: Settings, *, now: datetime) -> int:
    """Take the sites that are due, the longest due first, into a re-crawl; how many were due.

    At most MAX_SITES_AT_ONCE: whoever wants all asks until it is 0. Whoever is not to be stored is left out. The log of
    an old re-crawl goes when the archives of its answers have gone.
    """
    if settings.archive_retention_days:
        kept = timedelta(days=settings.archive_retention_days) + LOG_OUTLIVES_ARCHIVE
        crawls.prune(connection, RECRAWL, before=now - kept, limit=PRUNED_AT_ONCE)
    due = schedule.claim_due(connection, now=now, until=now + CLAIM, limit=MAX_SITES_AT_ONCE)
    suppressed = suppressions.load(connection, settings.secret_key())
    wanted = {site.site_id: NewSite(site.key, site.home_url) for site in due if site.key not in suppressed}
    if wanted:
        frontier.admit(connection, _crawl_for(connection, settings, now), wanted, now=now)
    return len(due)


def _crawl_for(connection: Connection, settings: Settings, now: datetime) -> int:
    known = crawls.unfinished_ids(connection, RECRAWL, since=now - COLLECTING)
    if known:
        return known[-1]
    options = {
        "seeds": [],
        "archives": [],
        "max_sites": MAX_SITES,
        "max_pages_per_site": settings.max_pages_per_site,
        "max_depth": 0,
        "begun_at": now.isoformat(),
    }
    return crawls.begin(connection, RECRAWL, options, now=now).crawl_id
