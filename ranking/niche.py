"""A niche beyond its brief: bloggers to look for more of, bloggers to look away from, and what to leave out.

Examples move the brief's vector (J. J. Rocchio, "Relevance feedback in information retrieval", in Salton (ed.), *The
SMART Retrieval System*, 1971); the words that are looked up stay those of the brief, so a niche without a brief is
found by meaning alone and scores lower for it.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bloghound.errors import AddressError
from bloghound.urls import site_of
from ranking.brief import Brief
from ranking.index.generation import Generation
from ranking.index.post_list import PostRows
from ranking.index.text import PostsText
from ranking.terms import query_terms, telling_words

ALPHA, BETA, GAMMA = 1.0, 0.25, 0.05
"""Weights of the brief, the liked and the disliked examples: a third of the "reasonable values" for the examples of
Manning, Raghavan & Schütze, *Introduction to Information Retrieval*, 2008, section 9.1.1. A blogger's mean direction is
of all that the blogger writes about; with those values an example made the rest of the corpus's lists worse
(``bench/relevance.py``: MAP 0.76 where it was 0.78), with a third it helps a vague brief and harms no exact one."""

EXCLUDED_SHARE = 0.5
"""A blogger at least half of whose posts on the niche hold an excluded term writes about another niche; a word that
slips in now and then says nothing."""

MAX_NAMED = 5
"""Examples or terms that a warning names."""


@dataclass(frozen=True, slots=True)
class NicheTerms:
    """What a niche adds to its brief.

    Examples and ``exclude_sites`` are public ids of bloggers, site keys or addresses; an example that the generation
    does not hold is told in a warning. A blogger is left out when at least half of its posts on the niche hold one of
    ``exclude_terms``: all words of a term but its stop words, in any order and inflection. ``languages`` are as in the
    filters.
    """

    examples_like: tuple[str, ...] = ()
    examples_unlike: tuple[str, ...] = ()
    exclude_terms: tuple[str, ...] = ()
    exclude_sites: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class FoundSites:
    """Bloggers of a generation by what somebody called them, and the names that it does not hold."""

    bloggers: tuple[int, ...]
    unknown: tuple[str, ...]


def found_sites(positions: Mapping[str, int], names: Iterable[str]) -> FoundSites:
    """The bloggers with these ids, site keys or addresses; ``positions`` is :attr:`Generation.positions`."""
    places = {name: positions.get(name, positions.get(_key_of(name), -1)) for name in names}
    known = dict.fromkeys(place for place in places.values() if place >= 0)
    return FoundSites(tuple(known), tuple(name for name, place in places.items() if place < 0))


def with_examples(brief: Brief, generation: Generation, niche: NicheTerms) -> Brief:
    """The brief with its vector moved toward the liked examples and away from the disliked ones."""
    like = found_sites(generation.positions, niche.examples_like)
    unlike = found_sites(generation.positions, niche.examples_unlike)
    liked, disliked = (
        {generation.bloggers[one].site_key: generation.vector_of(one) for one in found.bloggers}
        for found in (like, unlike)
    )
    unread = [key for key, vector in (*liked.items(), *disliked.items()) if not vector.any()]
    warnings = _not_counting("Examples that this index does not hold", (*like.unknown, *unlike.unknown))
    warnings += _not_counting("Examples that the embedding model cannot read", unread)
    vector = moved(brief.vector, list(liked.values()), list(disliked.values()))
    if brief.vector is None and vector is not None and brief.text:
        warnings += ("The brief's meaning is taken from the examples: the embedding model does not know its language.",)
        return replace(brief, vector=vector, warnings=warnings)
    return replace(brief, vector=vector, warnings=brief.warnings + warnings)


def moved(
    vector: NDArray[np.float32] | None, like: Sequence[NDArray[np.float32]], unlike: Sequence[NDArray[np.float32]]
) -> NDArray[np.float32] | None:
    """α · brief + β · mean of the liked − γ · mean of the disliked, as a unit vector; unreadable examples (zeros) do
    not count. Without a brief the liked ones alone give the direction; None where nothing does."""
    liked, disliked = ([row for row in rows if row.any()] for rows in (like, unlike))
    if vector is not None and not liked and not disliked:
        return vector
    if vector is None and not liked:
        return None
    total = ALPHA * np.asarray(vector, np.float64) if vector is not None else np.zeros(len(liked[0]))
    total = total + (BETA * np.mean(liked, axis=0, dtype=np.float64) if liked else 0)
    total = total - (GAMMA * np.mean(disliked, axis=0, dtype=np.float64) if disliked else 0)
    norm = float(np.linalg.norm(total))
    return np.asarray(total / norm, np.float32) if norm > 0 else None


def excluded_posts(
    text: PostsText, families: Iterable[str], terms: Iterable[str], posts: PostRows
) -> NDArray[np.bool_]:
    """Which of these posts hold one of the terms, shape (m,)."""
    kinds, found = tuple(families), np.zeros(len(posts.rows), np.bool_)
    for term in terms:
        found |= text.holding(list(query_terms(telling_words(term, kinds), kinds).values()), posts)
    return found


def with_terms_checked(brief: Brief, families: Iterable[str], terms: Iterable[str]) -> Brief:
    """The brief with a warning of the excluded terms that exclude nobody, since they hold no word or stop words only:
    every text of a language holds these."""
    kinds = tuple(families)
    empty = [repr(term) for term in terms if not telling_words(term, kinds)]
    return replace(brief, warnings=brief.warnings + _not_counting("Excluded terms without a telling word", empty))


def mostly_excluded(
    holds: NDArray[np.bool_], on_topic: NDArray[np.bool_], offsets: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Which bloggers are left out: of their posts on the niche (of all, when none is) half or more hold a term.

    The posts of the i-th blogger are ``offsets[i]`` to ``offsets[i + 1]``.
    """
    sizes = np.diff(offsets)
    owners = np.repeat(np.arange(len(sizes)), sizes)
    topical, held, both = (
        np.bincount(owners, weights=posts, minlength=len(sizes)) for posts in (on_topic, holds, on_topic & holds)
    )
    looked_at, found = np.where(topical > 0, topical, sizes), np.where(topical > 0, both, held)
    return np.asarray((found > 0) & (found >= EXCLUDED_SHARE * looked_at), np.bool_)


def _key_of(name: str) -> str:
    try:
        return site_of(name.strip()).key
    except AddressError:
        return ""


def _not_counting(what: str, names: Sequence[str]) -> tuple[str, ...]:
    if not names:
        return ()
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return (f"{what} do not count: {', '.join(names[:MAX_NAMED])}{more}.",)
