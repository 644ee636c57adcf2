"""What a crawl takes for on topic: the niches that teams keep, as a callable that travels to the crawling process.

Central names: :class:`NicheJudge`, :func:`judge_of_niches`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from bloghound.errors import AddressError
from bloghound.urls import canonical_url, site_of
from ranking.word_judge import WordJudge
from storage import niches
from storage.database import Connection


@dataclass(frozen=True)
class NicheJudge:
    """Judges posts against the briefs of niches; called with a site's key, and a post's title and text."""

    briefs: tuple[str, ...]
    like: frozenset[str] = frozenset()
    """Keys of sites that teams named as examples of a niche: on topic whatever they write."""
    unlike: frozenset[str] = frozenset()
    """Keys of sites that they named as counter-examples or want left out: what they link to is no find."""

    @cached_property
    def _words(self) -> WordJudge:
        return WordJudge(self.briefs)

    def __call__(self, site_key: str, title: str, text: str) -> float:
        """From 0 to 1: how much a post is about the niche that it suits best. Raises EncoderError."""
        if site_key in self.unlike:
            return 0.0
        return 1.0 if site_key in self.like else self._words.relevance(title, text)


def judge_of_niches(connection: Connection) -> NicheJudge | None:
    """The judge for all niches in the database, of whatever team; None where no niche has a brief."""
    kept = niches.every(connection)
    briefs = tuple(dict.fromkeys(niche.brief.strip() for niche in kept if niche.brief.strip()))
    if not briefs:
        return None
    like = _keys([address for niche in kept for address in niche.examples_like])
    unlike = _keys([address for niche in kept for address in (*niche.examples_unlike, *niche.exclude_sites)])
    # What one team looks for stays on topic, though another team wants to hear nothing of it.
    return NicheJudge(briefs, like, unlike - like)


def _keys(addresses: Sequence[str]) -> frozenset[str]:
    """The keys of the sites that teams named; what is no address names none."""
    found = set()
    for address in addresses:
        try:
            found.add(site_of(canonical_url(address)).key)
        except AddressError:
            continue
    return frozenset(found)
