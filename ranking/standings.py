"""What is kept of a ranked blogger, so that a later ranking can be compared with it when its generation is gone.

Only figures and the numbers of posts are kept: no text, no address. Central name: :class:`Standing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ranking.score import PARTS

if TYPE_CHECKING:
    from ranking.ranking import Result

_NO_EVIDENCE = frozenset({"gate", "on_topic_posts", "posts"})
"""Inputs of relevance that are kept under names of their own."""
DECIMALS = 6
"""Of figures that only explain; those that the score is recomputed from are kept to the last digit."""


@dataclass(frozen=True, slots=True)
class Deducted:
    """A credibility finding: ``count`` of ``of`` posts or sites, and what it cost."""

    finding: str
    count: int
    of: int
    amount: float


@dataclass(frozen=True, slots=True)
class Readers:
    """One measure of engagement: the median over the ``posts`` that show it, and the share of them with any."""

    median: float
    share_with_any: float
    posts: int


@dataclass(frozen=True, slots=True)
class Standing:
    """A blogger's score in one ranking and what it was made of.

    ``values`` are the parts, from 0 to 1; ``evidence`` is what relevance was made of (None: the model cannot read it);
    ``readers`` holds the measures that any post shows; ``best`` are ids of the posts that match the niche best.
    """

    score: float
    gate: float
    values: Mapping[str, float]
    deductions: tuple[Deducted, ...]
    evidence: Mapping[str, float | None]
    on_topic: int
    posts: int
    readers: Mapping[str, Readers]
    niche_linkers: int
    linkers: int
    sites: int
    last_post: str | None
    best: tuple[int, ...]

    @property
    def own_posts(self) -> tuple[object, ...]:
        """What changes when the blogger's posts do: how many count, when the newest was written, which are best."""
        return self.posts, self.last_post, self.best

    def as_json(self) -> dict[str, Any]:
        """The same as JSON values, which :func:`standing_from` reads."""
        return asdict(self)


def standing_of(result: "Result", best: Sequence[int]) -> Standing:
    """What is kept of a result; ``best`` are the ids of its evidence's posts."""
    relevance, engagement, reach = (result.parts[part].inputs for part in PARTS)
    return Standing(
        score=result.score.total,
        gate=result.score.gate,
        values={part: result.parts[part].value for part in PARTS},
        deductions=tuple(Deducted(one.finding, one.count, one.of, one.amount) for one in result.score.deductions),
        evidence={name: _rounded(figure) for name, figure in relevance.items() if name not in _NO_EVIDENCE},
        on_topic=relevance["on_topic_posts"],
        posts=relevance["posts"],
        readers={
            name: Readers(round(one["median"], DECIMALS), round(one["share_with_any"], DECIMALS), one["posts"])
            for name, one in engagement.items()
            if one["posts"] and one["weight"]
        },
        niche_linkers=reach["niche_linkers"],
        linkers=reach["distinct_linkers"],
        sites=len(result.blogger.sites),
        last_post=result.blogger.last_post,
        best=tuple(best),
    )


def standing_from(figures: Mapping[str, Any]) -> Standing:
    """The standing that was kept as :meth:`Standing.as_json`."""
    made = {
        "deductions": tuple(Deducted(**one) for one in figures["deductions"]),
        "readers": {name: Readers(**one) for name, one in figures["readers"].items()},
        "best": tuple(figures["best"]),
    }
    return Standing(**{**figures, **made})


def _rounded(figure: float | None) -> float | None:
    return None if figure is None else round(figure, DECIMALS)
