"""A ranking as a value, and its JSON shape."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ranking.index.segment import BloggerEntry
from ranking.score import Score


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: its value from 0 to 1, what it counts, and what it was computed from.

    ``contribution`` is gate · weight · value; ``percentile`` stands among the candidates (relevance) or all bloggers;
    ``sample_size`` counts posts (relevance, engagement) or linking bloggers (reach).
    """

    value: float
    weight: float
    contribution: float
    percentile: float
    sample_size: int
    known: bool
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


@dataclass(frozen=True, slots=True)
class Result:
    """A ranked blogger with parts, deductions and evidence."""

    rank: int
    blogger: BloggerEntry
    score: Score
    parts: Mapping[str, Part]
    evidence: tuple[Evidence, ...]
    flags: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """The result in the stable JSON shape."""
        return {
            "rank": self.rank,
            "blogger": {
                "id": self.blogger.public_id,
                "name": self.blogger.name,
                "home": self.blogger.home_url,
                "sites": list(self.blogger.sites),
                "languages": list(self.blogger.languages),
                "followers": self.blogger.followers,
            },
            "score": self.score.total,
            "parts": {name: asdict(part) for name, part in self.parts.items()},
            "deductions": [{**asdict(one), "evidence": list(one.evidence)} for one in self.score.deductions],
            "evidence": [asdict(one) for one in self.evidence],
            "flags": list(self.flags),
        }


@dataclass(frozen=True, slots=True)
class Ranking:
    """The answer to a brief."""

    query: str
    generation: str
    formula: str
    warnings: tuple[str, ...]
    results: tuple[Result, ...]

    def as_dict(self) -> dict[str, Any]:
        """The ranking in the stable JSON shape."""
        return {
            "query": self.query,
            "generation": self.generation,
            "formula": self.formula,
            "warnings": list(self.warnings),
            "results": [result.as_dict() for result in self.results],
        }
