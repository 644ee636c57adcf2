"""From crawled sites to the next ones, best first: reads what ended, judges the links out of it, admits the best.

Candidates are kept in memory and made from the links in the database, where every worker's results stand; so a worker
that is killed, or comes later, knows what all the others found. Central names: :class:`Outward`, :func:`endorsements`.
"""

import asyncio
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from statistics import fmean

from bloghound.hosts import host_kind, shared_domains
from bloghound.urls import host_of, registrable_domain, site_of
from crawler.candidates import Budget, Candidate, Candidates, Endorsement, Judge, weight_of
from crawler.discovery import admit
from crawler.extract.verdict import LINK_FARM, SPAM_SUSPECTED
from crawler.ledger import Ledger
from crawler.plan import CrawlPlan
from storage import endorsements as stored
from storage import frontier
from storage.database import Connection
from storage.endorsements import EndedSite, InwardLink, OutwardLink, ReadableText
from storage.sites import NewSite
from storage.suppressions import Suppressions
from storage.tables.base import utc_now

SITES_PER_ROUND = 50
"""Ended sites taken up at a time, so that a worker that joins a large crawl late begins to work at once."""
LINKING_POSTS = 40
"""Posts of one site that are judged for their links: some 0.1 s of work; a site's last 40 tell what it links to."""
OWN_POSTS = 10
"""Newest posts that show what a site is about, for the links of its blogroll."""
BEST_POSTS = 3
"""A site is as much on topic as its best three posts on average: the best plain measure on the corpus's 32 briefs."""
FARM_WEIGHT = 0.01
"""What is left of a link out of a link farm or of generated pages: it comes after the least of everybody else's."""
_OVERLAP = timedelta(seconds=60)
"""Other workers' transactions become visible out of order; none takes as long as this."""
_UNTRUSTED = frozenset({LINK_FARM, SPAM_SUSPECTED})


@dataclass(frozen=True, slots=True)
class _Read:
    """A round of ended sites with the links out of them, and the texts by which the links are judged."""

    sites: list[EndedSite]
    links: dict[int, list[OutwardLink]]
    texts: dict[int, ReadableText]
    newest: dict[int, list[int]]


class Outward:
    """The way of one worker from the sites of a crawl to further ones."""

    def __init__(
        self, plan: CrawlPlan, ledger: Ledger, suppressions: Callable[[], Suppressions], admits: Callable[[str], bool]
    ) -> None:
        self._plan = plan
        self._ledger = ledger
        self._suppressions = suppressions
        self._admits = admits
        self._candidates = Candidates()
        self._seen: set[int] = set()
        self._waiting: list[EndedSite] = []
        self._since: datetime | None = None

    async def fill(self, places: int) -> int:
        """Admit up to so many of the best linked sites; how many came in."""
        if places <= 0 or self._plan.max_depth == 0:
            return 0
        await self._hear()
        came_in = 0
        while came_in < places and (self._candidates or self._waiting):
            await self._learn()
            taken = await self._ledger.write(partial(self._admit, places=places - came_in))
            if taken is None:
                break
            came_in += taken
        return came_in

    async def _hear(self) -> None:
        """Which sites ended since the last time, whoever visited them."""
        started = utc_now()
        ended = await self._ledger.read(
            lambda connection: stored.ended_sites(connection, self._plan.crawl_id, since=self._since)
        )
        self._since = started - _OVERLAP
        self._waiting += [site for site in ended if site.site_id not in self._seen]
        self._seen.update(site.site_id for site in ended)

    async def _learn(self) -> None:
        """Make candidates of what some of the ended sites link to."""
        now, self._waiting = self._waiting[:SITES_PER_ROUND], self._waiting[SITES_PER_ROUND:]
        sources = [site for site in now if speaks(site, self._plan)]
        if sources:
            read = await self._ledger.read(lambda connection: _read(connection, sources, self._plan))
            self._candidates.add(await asyncio.to_thread(_judged, read, self._plan.judge))

    def _admit(self, connection: Connection, *, places: int) -> int | None:
        """Admit the best candidates; None when the crawl is full."""
        left = self._plan.max_sites - frontier.count_in_crawl(connection, self._plan.crawl_id)
        if left <= 0:
            return None
        suppressed = self._suppressions()
        budget = Budget(self._plan.max_sites, *stored.admitted(connection, self._plan.crawl_id))
        chosen = self._candidates.take(
            min(places, left),
            budget,
            lambda one: one.site_key not in suppressed and self._admits(one.best.home_url),
        )
        return len(admit(connection, self._plan, [as_new_site(one) for one in chosen], now=utc_now()))


def speaks(site: EndedSite, plan: CrawlPlan) -> bool:
    """Whether the links of a site bring candidates: not at the crawl's last hop."""
    return site.depth < plan.max_depth


def as_new_site(candidate: Candidate) -> NewSite:
    """A candidate as it comes into the crawl: by the path of the link that says most for it."""
    best = candidate.best
    return NewSite(
        key=candidate.site_key,
        home_url=best.home_url,
        depth=best.depth,
        found_from_url=best.from_url,
        found_from_site_id=best.from_site_id,
        linkers=len(candidate.weights),
        priority=candidate.priority,
    )


def _read(connection: Connection, sites: Sequence[EndedSite], plan: CrawlPlan) -> _Read:
    links: dict[int, list[OutwardLink]] = {site.site_id: [] for site in sites}
    for link in stored.links_out_of(connection, list(links)):
        if not is_known_elsewhere(link.target_key):
            links[link.site_id].append(link)
    held = frontier.held_by(connection, [one.target_key for found in links.values() for one in found], plan.crawl_id)
    return _with_texts(
        connection, sites, {site_id: _within(found, held) for site_id, found in links.items()}, plan.judge
    )


def _with_texts(
    connection: Connection, sites: Sequence[EndedSite], links: Mapping[int, list[OutwardLink]], judge: Judge | None
) -> _Read:
    if judge is None:
        return _Read(list(sites), dict(links), {}, {})
    linking = [site_id for site_id, found in links.items() if found]
    newest = {site_id: stored.newest_posts(connection, site_id, limit=OWN_POSTS) for site_id in linking}
    wanted = {link.post_id for found in links.values() for link in found if link.post_id is not None}
    return _Read(list(sites), dict(links), stored.texts_of(connection, wanted.union(*newest.values())), newest)


def weigh(connection: Connection, found: Sequence[InwardLink], judge: Judge | None) -> list[Endorsement]:
    """What links say for the site that they lead to, site by site."""
    sites = {one.source.site_id: one.source for one in found}
    links: dict[int, list[OutwardLink]] = {site_id: [] for site_id in sites}
    for one in found:
        links[one.source.site_id].append(one.link)
    return _judged(_with_texts(connection, list(sites.values()), links, judge), judge)


def is_known_elsewhere(site_key: str) -> bool:
    """Whether a site is a platform, a shop, a social network or the like, which no link makes a candidate."""
    host, _, path = site_key.partition("/")
    return host_kind(host, f"/{path}") is not None


def _within(found: Sequence[OutwardLink], held: Collection[str]) -> list[OutwardLink]:
    """The links to sites that are not in the crawl yet; of posts those of the last ones."""
    new = [link for link in found if link.target_key not in held]
    last = set(sorted({link.post_id for link in new if link.post_id is not None})[-LINKING_POSTS:])
    return [link for link in new if link.post_id is None or link.post_id in last]


def _judged(read: _Read, judge: Judge | None) -> list[Endorsement]:
    found: list[Endorsement] = []
    for site in read.sites:
        links = read.links[site.site_id]
        relevance = None if judge is None or not links else _relevance(site, links, read, judge)
        found += endorsements(site, links, relevance)
    return found


def _relevance(site: EndedSite, links: Sequence[OutwardLink], read: _Read, judge: Judge) -> "Relevance":
    linking = {link.post_id for link in links if link.post_id is not None}
    wanted = [post_id for post_id in sorted(linking.union(read.newest[site.site_id])) if post_id in read.texts]
    posts = {post_id: judge(site.key, read.texts[post_id].title, read.texts[post_id].text) for post_id in wanted}
    return Relevance(site_relevance(posts.values()), posts)


@dataclass(frozen=True, slots=True)
class Relevance:
    """How much a site, and each of its posts that were judged, is about the niches."""

    site: float
    posts: Mapping[int, float]


def site_relevance(posts: Collection[float]) -> float:
    """How much a site is on topic, by its posts."""
    best = sorted(posts, reverse=True)[:BEST_POSTS]
    return fmean(best) if best else 0.0


def endorsements(site: EndedSite, links: Sequence[OutwardLink], relevance: Relevance | None) -> Iterator[Endorsement]:
    """What the links of a site say for others; ``relevance`` is None where no niche is known."""
    for link in links:
        target = site_of(link.target_url)
        yield Endorsement(
            site_key=target.key,
            home_url=target.home_url,
            domain=registrable_domain(target.home_url),
            linker=owner_of(site),
            from_site_id=site.site_id,
            from_url=link.page_url,
            depth=site.depth + 1,
            weight=trust_in(site) * weight_of(link.context, link.rel, relevance_of(link.post_id, relevance)),
            context=link.context,
            anchor=link.anchor,
        )


def trust_in(site: EndedSite) -> float:
    """What the word of a site is worth, from 0 to 1."""
    return 1.0 if _UNTRUSTED.isdisjoint(site.flags) else FARM_WEIGHT


def relevance_of(post_id: int | None, relevance: Relevance | None) -> float | None:
    """How much a link is on topic: the mean of its post's and its site's relevance; None where no niche is known.

    One post alone tells little, and a site may write of many things. A blogroll, and a post that was not judged, speaks
    with the voice of the site.
    """
    if relevance is None:
        return None
    post = relevance.site if post_id is None else relevance.posts.get(post_id, relevance.site)
    return (post + relevance.site) / 2


def owner_of(site: EndedSite) -> str:
    """Who links: the owner of a registrable domain, or where many share it the blogger."""
    is_shared = "/" in site.key or site.domain in shared_domains() or not host_of(site.home_url)
    return f"blogger {site.blogger_id}" if is_shared else site.domain
