"""A ranking as a value, and its JSON shape."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from ranking.credibility import Finding
from ranking.index.bloggers import BloggerEntry
from ranking.score import Score, Weights

SHOWN_GATE = 0.05
"""Below this share of its parts a blogger's place is an accident of the few others; it counts as outside the niche."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its value from 0 to 1, what it counts, and what it was computed from.

    ``contribution`` is gate · weight · value; ``percentile`` stands among the niche (relevance) or all bloggers;
    ``sample_size`` counts posts (relevance, engagement) or linking bloggers (reach); ``peers_median`` is the median of
    ``value`` among the same peers as far as the part is known of them, and None where it is of nobody.
    """

    value: float
    weight: float
    contribution: float
    percentile: float
    sample_size: int
    known: bool
    peers_median: float | None
    inputs: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Evidence:
    """A post that shows the blogger's relevance. ``similarity`` is the post's cosine with the brief, and None where
    the model cannot read the post or the brief; ``sentence`` is its best matching one."""

    url: str
    title: str
    published: str | None
    sentence: str
    similarity: float | None
    language: str | None


@dataclass(frozen=True, slots=True)
class Result:
    """A ranked blogger with parts, deductions and evidence; ``why`` says the most telling figures in one sentence."""

    rank: int
    blogger: BloggerEntry
    score: Score
    parts: Mapping[str, Part]
    evidence: tuple[Evidence, ...]
    flags: tuple[str, ...]
    why: str

    def as_dict(self) -> dict[str, Any]:
        """The result in the stable JSON shape."""
        return {
            "rank": self.rank,
            "blogger": {
                "id": self.blogger.public_id,
                "name": self.blogger.name,
                "home": self.blogger.home_url,
                "sites": list(self.blogger.sites),
                "platforms": list(self.blogger.platforms),
                "languages": list(self.blogger.languages),
                "followers": self.blogger.followers,
                "posts": self.blogger.posts,
                "posts_per_month": self.blogger.posts_per_month,
                "first_post": self.blogger.first_post,
                "last_post": self.blogger.last_post,
            },
            "score": self.score.total,
            "parts": {name: _fields(part) for name, part in self.parts.items()},
            "deductions": [{**_fields(one), "evidence": list(one.evidence)} for one in self.score.deductions],
            "evidence": [_fields(one) for one in self.evidence],
            "flags": list(self.flags),
            "why": self.why,
        }


class Place(NamedTuple):
    """Where a blogger stands in an order: what the next page starts after, whoever comes or goes meanwhile."""

    score: float
    site_key: str


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to a brief.

    ``total`` counts the bloggers that pass the filters and are at least hardly in the niche (:data:`SHOWN_GATE`), of
    everybody and by estimated relevance outside the few hundred nearest; ``facets`` counts their languages and
    platforms. Neither depends on the weights, and no filter makes them more. ``ranked`` counts all that could be asked
    for by paging on; ``last`` is the place of the last of ``results`` where others follow it.
    """

    query: str
    generation: str
    formula: str
    warnings: tuple[str, ...]
    total: int
    ranked: int
    facets: Mapping[str, Mapping[str, int]]
    weights: Weights
    results: tuple[Result, ...]
    last: Place | None

    def as_dict(self) -> dict[str, Any]:
        """The ranking in the stable JSON shape."""
        return {
            "query": self.query,
            "generation": self.generation,
            "formula": self.formula,
            "warnings": list(self.warnings),
            "total": self.total,
            "facets": {name: dict(counts) for name, counts in self.facets.items()},
            "weights": asdict(self.weights),
            "results": [result.as_dict() for result in self.results],
        }


def _fields(value: Part | Evidence | Finding) -> dict[str, Any]:
    """The fields as they are; ``asdict`` copies every value in them, which takes ten times as long."""
    return {name: getattr(value, name) for name in value.__slots__}
