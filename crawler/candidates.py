"""Which linked site to crawl next: what speaks for each, from whom, and how much on topic. Pure, in memory.

The links in the database are the truth, so a worker that starts makes its candidates anew from them. Central names:
:class:`Candidates`, :class:`Endorsement`, :func:`weight_of`.
"""

from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from heapq import nlargest

from bloghound.hosts import shared_domains
from bloghound.records import LinkContext

CONTEXT_WEIGHTS = {LinkContext.CONTENT: 1.0, LinkContext.BLOGROLL: 0.5}
"""A link in a text was placed for what it leads to; one in a blogroll may be years old. Others speak for nobody."""
OFF_TOPIC_WEIGHT = 0.05
"""What is left of a linker that has nothing to do with any niche: twenty of them speak as loud as one that has."""
MAX_SITES_PER_DOMAIN = 20
"""Sites of one registrable domain in one crawl, where it is no shared host: more are a company's, or a link farm."""
DEPTH_SHARE = 0.5
"""Share of the places that each further hop from the seeds may take of those of the hop before: the topic drifts."""
MAX_CANDIDATES = 50_000
"""Candidates kept, the best ones; some 40 MB."""

Judge = Callable[[str, str, str], float]
"""How much a post is about the niches in the database, from 0 to 1, by the key of its site, its title and its text.

Handed over by :mod:`bloghound.jobs`; it goes to the crawling process, so it must be picklable.
"""

# How an author marks a link that is no recommendation (the values that search engines agreed on in 2005 and 2019).
_WITHHELD = frozenset({"nofollow", "sponsored", "ugc"})


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A link that speaks for a site: where it stands, whose it is, and what it weighs."""

    site_key: str
    home_url: str
    domain: str
    linker: str
    """The linking owner: all sites of one registrable domain, or of one blogger, are one linker."""
    from_site_id: int
    from_url: str
    depth: int
    """Hops from a seed to the site if it comes in by this link."""
    weight: float
    context: LinkContext = LinkContext.CONTENT
    anchor: str = ""


@dataclass(slots=True)
class Candidate:
    """A linked site with the best word of each distinct linker."""

    site_key: str
    order: int
    """Its place in the order of discovery."""
    best: Endorsement
    weights: dict[str, float] = field(default_factory=dict)

    @property
    def priority(self) -> float:
        """The sum over distinct linkers."""
        return sum(self.weights.values())

    def add(self, endorsement: Endorsement) -> None:
        """Count one more link; of several from one linker the weightiest counts."""
        if endorsement.weight > self.weights.get(endorsement.linker, 0.0):
            self.weights[endorsement.linker] = endorsement.weight
        if endorsement.weight > self.best.weight:
            self.best = endorsement


@dataclass(frozen=True, slots=True)
class Budget:
    """How many sites a crawl may hold, and how many it holds already by registrable domain and by depth."""

    max_sites: int
    domains: Counter[str]
    depths: Counter[int]

    def takes(self, candidate: Candidate) -> bool:
        """Whether there is a place for a candidate."""
        domain, depth = candidate.best.domain, candidate.best.depth
        has_room = domain in shared_domains() or self.domains[domain] < MAX_SITES_PER_DOMAIN
        return has_room and self.depths[depth] < places_at(depth, self.max_sites)

    def count(self, candidate: Candidate) -> None:
        """Note that a candidate came in."""
        self.domains[candidate.best.domain] += 1
        self.depths[candidate.best.depth] += 1


def places_at(depth: int, max_sites: int) -> int:
    """How many sites of a crawl may be that many hops from a seed: all at one hop, half of that at each further one."""
    return max(1, int(max_sites * DEPTH_SHARE ** max(0, depth - 1)))


def weight_of(context: LinkContext, rel: Collection[str], relevance: float | None) -> float:
    """What one link says for its target, from 0 to 1; ``relevance`` is None where no niche is known."""
    if not _WITHHELD.isdisjoint(rel):
        return 0.0
    share = 1.0 if relevance is None else max(relevance, OFF_TOPIC_WEIGHT)
    return CONTEXT_WEIGHTS.get(context, 0.0) * share


class Candidates:
    """The linked sites that are not in the crawl yet."""

    def __init__(self, max_kept: int = MAX_CANDIDATES) -> None:
        self._max_kept = max_kept
        self._by_key: dict[str, Candidate] = {}
        self._seen = 0

    def __len__(self) -> int:
        return len(self._by_key)

    def add(self, endorsements: Iterable[Endorsement]) -> None:
        """Count links that speak for sites; one that weighs nothing makes no candidate."""
        for one in endorsements:
            if one.weight <= 0:
                continue
            if one.site_key not in self._by_key:
                self._seen += 1
                self._by_key[one.site_key] = Candidate(one.site_key, self._seen, one)
            self._by_key[one.site_key].add(one)
        if len(self._by_key) > 1.2 * self._max_kept:
            self._keep(self._best(self._max_kept))

    def _best(self, count: int) -> list[Candidate]:
        """By priority, then by nearness to the seeds, then in the order of discovery."""
        return nlargest(count, self._by_key.values(), key=lambda one: (one.priority, -one.best.depth, -one.order))

    def _keep(self, best: Iterable[Candidate]) -> None:
        self._by_key = {one.site_key: one for one in best}

    def take(self, places: int, budget: Budget, may_come: Callable[[Candidate], bool]) -> list[Candidate]:
        """The best candidates for which the budget and ``may_come`` have a place; they are candidates no more.

        Those for which there will never be one are dropped on the way.
        """
        taken: list[Candidate] = []
        while len(taken) < places and self._by_key:
            for candidate in self._best(places - len(taken)):
                del self._by_key[candidate.site_key]
                if budget.takes(candidate) and may_come(candidate):
                    budget.count(candidate)
                    taken.append(candidate)
        return taken
