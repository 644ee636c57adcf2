"""Kept rankings of niches, and what changed between two of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, Field

from api.http.paging import Page
from bloghound.jobs.niche_changes import NicheChanges, ShownChange, ShownPlace
from ranking.because import Reason, ReasonKind
from ranking.changes import ChangeKind
from ranking.score import PARTS
from ranking.standings import Standing
from storage.niche_rankings import NamedPost, StoredRanking
from storage.shown_bloggers import ShownBlogger

OUTDATED = "The niche was changed since its newest ranking was made; the new one follows."


class RankingRef(BaseModel):
    """A kept ranking: of which generation and formula, and when."""

    generation: str
    formula: str
    model: str
    as_of: datetime = Field(description="When the generation was begun.")
    ranked_at: datetime
    weights: dict[str, float] = Field(description="As shares of 1.")
    total: int = Field(description="About how many bloggers of the niche may be shown by now; the first 200 are kept.")

    @classmethod
    def of(cls, stored: StoredRanking) -> "RankingRef":
        """As stored."""
        return cls(
            generation=stored.generation_public_id,
            formula=stored.formula,
            model=stored.model,
            as_of=stored.as_of,
            ranked_at=stored.made_at,
            weights=dict(stored.weights),
            total=stored.total,
        )


class FailedRankingOut(BaseModel):
    """A newer generation in which the niche could not be ranked."""

    generation: str
    reason: str
    tried_at: datetime

    @classmethod
    def of(cls, stored: StoredRanking | None) -> "FailedRankingOut | None":
        """As stored; None for None."""
        if stored is None:
            return None
        return cls(generation=stored.generation_public_id, reason=stored.problem, tried_at=stored.made_at)


class ListedBlogger(BaseModel):
    """A blogger by name."""

    id: str
    name: str
    home: str
    languages: list[str]

    @classmethod
    def of(cls, blogger: ShownBlogger) -> "ListedBlogger":
        """As stored."""
        languages = list(blogger.languages)
        return cls(id=blogger.public_id, name=blogger.name, home=blogger.home_url, languages=languages)


class NamedPostOut(BaseModel):
    """A post that shows it."""

    url: str
    title: str
    published: datetime | None
    language: str | None

    @classmethod
    def among(cls, posts: Mapping[int, NamedPost], ids: Iterable[int]) -> "list[NamedPostOut]":
        """Those that are still live."""
        known = (posts[one] for one in ids if one in posts)
        return [cls(url=one.url, title=one.title, published=one.published, language=one.language) for one in known]


class KeptPartOut(BaseModel):
    """One part of a kept score."""

    value: float = Field(description="From 0 to 1.")
    weight: float
    contribution: float = Field(description="gate · weight · value.")


class KeptDeductionOut(BaseModel):
    """A finding of a kept score."""

    finding: str
    count: int
    of: int
    amount: float


class KeptReadersOut(BaseModel):
    """A measure of engagement, over the `posts` that show it."""

    median: float
    share_with_any: float
    posts: int


class KeptScoreOut(BaseModel):
    """What a score was made of: the contributions minus the deductions are the score."""

    gate: float
    parts: dict[str, KeptPartOut]
    deductions: list[KeptDeductionOut]
    evidence: dict[str, float | None] = Field(description="What relevance was made of.")
    on_topic_posts: int
    posts: int
    readers: dict[str, KeptReadersOut]
    niche_linkers: int = Field(description="Bloggers of the niche who link here.")
    distinct_linkers: int

    @classmethod
    def of(cls, standing: Standing, weights: Mapping[str, float]) -> "KeptScoreOut":
        """As kept, with the contributions computed again."""
        parts = {
            part: KeptPartOut(
                value=standing.values[part],
                weight=weights[part],
                contribution=standing.gate * weights[part] * standing.values[part],
            )
            for part in PARTS
        }
        return cls(
            gate=standing.gate,
            parts=parts,
            deductions=[
                KeptDeductionOut(finding=one.finding, count=one.count, of=one.of, amount=one.amount)
                for one in standing.deductions
            ],
            evidence=dict(standing.evidence),
            on_topic_posts=standing.on_topic,
            posts=standing.posts,
            readers={
                name: KeptReadersOut(median=one.median, share_with_any=one.share_with_any, posts=one.posts)
                for name, one in standing.readers.items()
            },
            niche_linkers=standing.niche_linkers,
            distinct_linkers=standing.linkers,
        )


class PlaceOut(BaseModel):
    """A blogger's place; null figures are those of a blogger of whom a site was removed since."""

    rank: int
    blogger: ListedBlogger
    score: float | None
    made_of: KeptScoreOut | None
    best_posts: list[NamedPostOut]

    @classmethod
    def of(cls, place: ShownPlace, weights: Mapping[str, float], posts: Mapping[int, NamedPost]) -> "PlaceOut":
        """As kept."""
        standing = place.standing
        return cls(
            rank=place.rank,
            blogger=ListedBlogger.of(place.blogger),
            score=standing.score if standing else None,
            made_of=KeptScoreOut.of(standing, weights) if standing else None,
            best_posts=NamedPostOut.among(posts, standing.best if standing else ()),
        )


class RankingPage(Page[PlaceOut]):
    """One page of a kept ranking; bloggers who may not be shown have no place."""

    niche_id: str
    ranking: RankingRef
    outdated: bool = Field(description=OUTDATED)
    problem: FailedRankingOut | None = Field(description="Why a newer generation has no ranking of this niche.")


class ReasonOut(BaseModel):
    """One reason for a move."""

    kind: ReasonKind
    text: str
    amount: float | None = Field(description="What it moved the score by; null where that is not counted.")
    posts: list[NamedPostOut]

    @classmethod
    def of(cls, reason: Reason, posts: Mapping[int, NamedPost]) -> "ReasonOut":
        """As found."""
        amount = reason.amount or None
        return cls(kind=reason.kind, text=reason.text, amount=amount, posts=NamedPostOut.among(posts, reason.posts))


class PassedOut(BaseModel):
    """Somebody who came past, or was passed."""

    id: str
    name: str


class ChangeOut(BaseModel):
    """What became of one blogger. `terms` sum to `score_difference`; both are null where one score is not known."""

    change: ChangeKind
    blogger: ListedBlogger
    rank_before: int | None
    rank: int | None
    places: int | None = Field(description="Places won (positive) or lost.")
    score_before: float | None
    score: float | None
    score_difference: float | None
    terms: dict[str, float] | None = Field(
        description="`relevance`, `engagement`, `reach`, `gate`, `weights`, `deductions`."
    )
    because: list[ReasonOut] = Field(description="The weightiest first.")
    passed: list[PassedOut] = Field(description="The first of those who came past it; whom it came past, if it rose.")

    @classmethod
    def of(cls, shown: ShownChange, of: NicheChanges) -> "ChangeOut":
        """As found."""
        change = shown.change
        both = change.rank is not None and change.rank_before is not None
        return cls(
            change=change.kind,
            blogger=ListedBlogger.of(shown.blogger),
            rank_before=change.rank_before,
            rank=change.rank,
            places=(change.rank_before or 0) - (change.rank or 0) if both else None,
            score_before=change.before.score if change.before else None,
            score=change.after.score if change.after else None,
            score_difference=change.score_difference,
            terms=dict(change.terms) or None,
            because=[ReasonOut.of(one, of.posts) for one in change.because],
            passed=[PassedOut(id=one, name=of.names[one]) for one in change.passed],
        )


class ChangesPage(Page[ChangeOut]):
    """One page of what changed between two kept rankings of a niche."""

    niche_id: str
    since: RankingRef | None = Field(description="null: this is the niche's first ranking.")
    to: RankingRef
    outdated: bool = Field(description=OUTDATED)
    causes: list[ReasonOut] = Field(description="What moved everybody at once; then nobody's own evidence is named.")
    counts: dict[str, int] = Field(description="Bloggers by `change`, on all pages.")
    problem: FailedRankingOut | None = Field(description="Why a newer generation has no ranking of this niche.")
