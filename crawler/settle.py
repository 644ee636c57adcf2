"""The second look at a site, when all its pages are known: which pages are posts, and is this a blog at all?

Central names: :func:`settle_site` and :func:`end_of_site`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bloghound.records import Outcome
from crawler.extract.classify import decide_page, learn_site
from crawler.extract.reservations import TdmRule, is_tdm_reserved
from crawler.extract.verdict import SiteVerdict, judge_site
from crawler.parsed import PageKind, PostSignals
from crawler.visits import PageRecord, VisitEnd, site_health
from storage import links, pages, posts, sites, statements
from storage.database import Connection
from storage.tables.base import utc_now


@dataclass(frozen=True, slots=True)
class Settled:
    """What the second look found: posts that stand, the verdict on the site, and columns learned about it."""

    live_posts: int
    verdict: SiteVerdict
    facts: dict[str, Any]
    error_pages: frozenset[str] = frozenset()
    """Addresses whose pages, though served as if all were well, say that nothing is there."""


def settle_site(connection: Connection, site_id: int, *, tdm_rules: Sequence[TdmRule] = ()) -> Settled:
    """Decide every page of a site again with the whole site known, and write what follows.

    Candidates become posts or go, posts that are none go, and where ``tdm_rules`` (the site's tdmrep.json) reserve text
    mining the words of posts go.
    """
    home_url = sites.home_of(connection, site_id)
    stored = pages.signals(connection, site_id)
    signals = [(url, PostSignals.from_dict(found)) for url, _, found in stored]
    feed_urls = posts.feed_addresses(connection, site_id)
    context = learn_site(signals, feed_urls, home_url)
    decisions = {url: decide_page(url, found, context) for url, found in signals}
    # A post at such an address was read there before: it may have vanished, but it was one.
    others = [(url, found) for url, found in signals if decisions[url].kind == PageKind.OTHER]
    errors = frozenset(url for url, found in others if decide_page(url, found, None).kind == PageKind.OTHER)
    is_post = {url: one.kind == PageKind.POST for url, one in decisions.items() if url not in errors}
    posts.settle(connection, site_id, is_post)
    changed = {url: decisions[url].kind.value for url, kind, _ in stored if decisions[url].kind.value != kind}
    pages.set_kinds(connection, site_id, {url: kind for url, kind in changed.items() if url != home_url})
    posts.drop_undated_feed_entries(connection, site_id)
    _reserve(connection, site_id, tdm_rules)
    kinds = {url: one.kind for url, one in decisions.items()}
    feed_links = links.count_out_of_feeds(connection, site_id)
    verdict = judge_site(signals, kinds, feed_posts=len(feed_urls), external_links=feed_links)
    facts: dict[str, Any] = {"flags": list(verdict.flags), "language": _main_language(connection, site_id)}
    if is_tdm_reserved(tdm_rules, home_url):
        facts["tdm_reserved"] = True
    return Settled(posts.count_live(connection, site_id), verdict, facts, errors)


def _reserve(connection: Connection, site_id: int, tdm_rules: Sequence[TdmRule]) -> None:
    if tdm_rules:
        addresses = posts.addresses_of(connection, site_id)
        reserved = [post_id for post_id, url in addresses if is_tdm_reserved(tdm_rules, url)]
        posts.reserve(connection, reserved, now=utc_now())
        sources = statements.sources(connection, site_id)
        statements.drop_of_pages(connection, site_id, [url for url in sources if is_tdm_reserved(tdm_rules, url)])


def _main_language(connection: Connection, site_id: int) -> str | None:
    return next(iter(posts.languages(connection, site_id)), None)


def end_of_site(connection: Connection, site_id: int, settled: Settled) -> VisitEnd:
    """How a site is after an import, from the outcomes of its stored pages."""
    records = [PageRecord(url, Outcome(outcome)) for url, outcome, _ in pages.outcomes(connection, site_id)]
    reason = "" if settled.verdict.is_blog else settled.verdict.reason
    home_url = sites.home_of(connection, site_id)
    return site_health(records, home_url, live_posts=settled.live_posts, not_a_blog=reason)
